//! What a hardened image promises, each shown on running containers.

use crate::docker::{Container, Result, Volume, docker, image_size};
use crate::examples::Example;
use crate::http::Response;

pub type Claim = fn(&Example) -> Result<()>;

pub const CLAIMS: [(&str, Claim); 9] = [
    ("answers_as_the_original_does", answers_as_the_original_does),
    ("runs_as_uid_1000", runs_as_uid_1000),
    ("has_no_compiler", has_no_compiler),
    ("is_smaller_than_the_original", is_smaller_than_the_original),
    ("writes_on_a_read_only_root_without_capabilities", writes_on_a_read_only_root_without_capabilities),
    ("keeps_its_data_over_a_restart", keeps_its_data_over_a_restart),
    ("takes_over_a_volume_of_the_original", takes_over_a_volume_of_the_original),
    ("its_health_check_tells_a_frozen_server", its_health_check_tells_a_frozen_server),
    ("its_health_check_follows_port_where_the_server_does", its_health_check_follows_port_where_the_server_does),
];

const LOCKED_DOWN: [&str; 7] =
    ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

fn answers_as_the_original_does(example: &Example) -> Result<()> {
    let images = example.images()?;
    let original = conversation(example, &Container::start(&images.before, example.port, &[])?)?;
    let hardened = conversation(example, &Container::start(&images.after, example.port, &[])?)?;
    assert_eq!(original, hardened);
    Ok(())
}

fn runs_as_uid_1000(example: &Example) -> Result<()> {
    let container = Container::start(&example.images()?.after, example.port, &[])?;
    container.await_answer(&example.ready)?;
    assert_eq!(container.exec(None, "id -u; id -g")?, "1000\n1000");
    assert_eq!(container.exec(None, "grep Uid: /proc/1/status")?, "Uid:\t1000\t1000\t1000\t1000");
    Ok(())
}

fn has_no_compiler(example: &Example) -> Result<()> {
    let images = example.images()?;
    let compilers = |image| {
        let script = "for tool in gcc cc g++ make; do command -v $tool || true; done";
        docker(&["run", "--rm", "--entrypoint", "sh", image, "-c", script])
    };
    assert_ne!(compilers(&images.before)?, "", "the original has compilers to lose");
    assert_eq!(compilers(&images.after)?, "");
    Ok(())
}

fn is_smaller_than_the_original(example: &Example) -> Result<()> {
    let images = example.images()?;
    let (before, after) = (image_size(&images.before)?, image_size(&images.after)?);
    assert!(after < before, "{after} bytes after, {before} before");
    Ok(())
}

fn writes_on_a_read_only_root_without_capabilities(example: &Example) -> Result<()> {
    let volume = Volume::create()?;
    let mount = volume.at(example.data_directory);
    let options = [&LOCKED_DOWN[..], &["--volume", &mount]].concat();
    let container = Container::start(&example.images()?.after, example.port, &options)?;
    write_and_read_back(example, &container)
}

fn keeps_its_data_over_a_restart(example: &Example) -> Result<()> {
    let volume = Volume::create()?;
    let options = ["--volume", &volume.at(example.data_directory)];
    let container = Container::start(&example.images()?.after, example.port, &options)?;
    write_and_read_back(example, &container)?;
    container.restart()?;
    assert_reads_what_was_written(example, &container)
}

fn takes_over_a_volume_of_the_original(example: &Example) -> Result<()> {
    let images = example.images()?;
    let volume = Volume::create()?;
    let mount = volume.at(example.data_directory);
    let original = Container::start(&images.before, example.port, &["--volume", &mount])?;
    write_and_read_back(example, &original)?;
    drop(original);

    let give = ["run", "--rm", "--user", "0", "--volume", &mount, "--entrypoint", "chown", &images.after];
    docker(&[&give[..], &["--recursive", "1000:1000", example.data_directory]].concat())?;

    let hardened = Container::start(&images.after, example.port, &["--volume", &mount])?;
    assert_reads_what_was_written(example, &hardened)
}

fn its_health_check_tells_a_frozen_server(example: &Example) -> Result<()> {
    // Under `--init` the server isn't process 1, which no signal from inside can stop.
    let options = ["--init", "--health-interval=1s", "--health-timeout=3s", "--health-retries=2"];
    // The kernel still accepts connections for a frozen server until its queue is full; to a TCP probe that is the end.
    let short_queue = ["--env", "GUNICORN_CMD_ARGS=--backlog=1"];
    let container = Container::start(&example.images()?.after, example.port, &[&options[..], &short_queue].concat())?;
    container.await_health("healthy")?;
    container.exec(Some("0"), "kill -STOP -1")?;
    container.await_health("unhealthy")?;
    container.exec(Some("0"), "kill -CONT -1")?;
    container.await_health("healthy")
}

fn its_health_check_follows_port_where_the_server_does(example: &Example) -> Result<()> {
    let port = if example.follows_port { 9090 } else { example.port };
    let options = ["--env", "PORT=9090", "--health-interval=1s"];
    let container = Container::start(&example.images()?.after, port, &options)?;
    container.await_answer(&example.ready)?;
    container.await_health("healthy")
}

/// Every answer of the application, from an empty database on.
fn conversation(example: &Example, container: &Container) -> Result<Vec<Response>> {
    let mut answers = vec![container.await_answer(&example.ready)?];
    for request in example.others.iter().chain([&example.read, &example.write, &example.read]) {
        answers.push(container.send(request)?);
    }
    Ok(answers)
}

fn write_and_read_back(example: &Example, container: &Container) -> Result<()> {
    container.await_answer(&example.ready)?;
    let empty = container.send(&example.read)?;
    assert!(!empty.body.contains(example.written), "nothing was written yet: {empty:?}");
    assert_eq!(container.send(&example.write)?.status, 201);
    assert_reads_what_was_written(example, container)
}

fn assert_reads_what_was_written(example: &Example, container: &Container) -> Result<()> {
    container.await_answer(&example.ready)?;
    let answer = container.send(&example.read)?;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(example.written), "{answer:?}");
    Ok(())
}
