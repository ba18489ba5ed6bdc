//! What a hardened image promises, each shown on running containers.

use crate::docker::{Container, Result, Volume, docker, has_program, image_size};
use crate::examples::{Data, Example};
use crate::http::Response;

pub struct Claim {
    pub name: &'static str,
    /// The examples that it is made for.
    pub is_about: fn(&Example) -> bool,
    pub holds: fn(&Example) -> Result<()>,
}

pub const CLAIMS: [Claim; 11] = [
    Claim { name: "answers_as_the_original_does", is_about: all, holds: answers_as_the_original_does },
    Claim { name: "runs_as_uid_1000", is_about: all, holds: runs_as_uid_1000 },
    Claim { name: "has_no_compiler", is_about: those_with_build_tools, holds: has_no_compiler },
    Claim {
        name: "is_smaller_than_the_original",
        is_about: those_with_build_tools,
        holds: is_smaller_than_the_original,
    },
    Claim {
        name: "answers_on_a_read_only_root_without_capabilities",
        is_about: those_without_data,
        holds: answers_on_a_read_only_root_without_capabilities,
    },
    Claim {
        name: "writes_on_a_read_only_root_without_capabilities",
        is_about: those_with_data,
        holds: writes_on_a_read_only_root_without_capabilities,
    },
    Claim { name: "keeps_its_data_over_a_restart", is_about: those_with_data, holds: keeps_its_data_over_a_restart },
    Claim {
        name: "takes_over_a_volume_of_the_original",
        is_about: those_with_data,
        holds: takes_over_a_volume_of_the_original,
    },
    Claim {
        name: "its_health_check_tells_a_frozen_server",
        is_about: those_with_a_health_check,
        holds: its_health_check_tells_a_frozen_server,
    },
    Claim {
        name: "its_health_check_follows_port_where_the_server_does",
        is_about: those_with_a_health_check,
        holds: its_health_check_follows_port_where_the_server_does,
    },
    Claim {
        name: "answers_with_caches_in_mounts_and_no_rights_lent",
        is_about: those_of_cached_tools,
        holds: answers_with_caches_in_mounts_and_no_rights_lent,
    },
];

/// What fetches by pip and apt, and what by npm.
fn those_of_cached_tools(example: &Example) -> bool {
    matches!(example.name, "flask-psycopg2" | "express-api")
}

fn all(_: &Example) -> bool {
    true
}

fn those_with_build_tools(example: &Example) -> bool {
    !example.build_tools.is_empty()
}

fn those_with_data(example: &Example) -> bool {
    example.data.is_some()
}

fn those_without_data(example: &Example) -> bool {
    example.data.is_none()
}

fn those_with_a_health_check(example: &Example) -> bool {
    example.health_check
}

const LOCKED_DOWN: [&str; 7] =
    ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

fn answers_as_the_original_does(example: &Example) -> Result<()> {
    let images = example.images()?;
    let original = conversation(example, &Container::start(&images.before, example.port, &[])?)?;
    let hardened = conversation(example, &Container::start(&images.after, example.port, &[])?)?;
    assert_eq!(original, hardened);
    Ok(())
}

fn answers_with_caches_in_mounts_and_no_rights_lent(example: &Example) -> Result<()> {
    const TRANSFORMS: [&str; 5] =
        ["cache_mounts", "apt_cache_mounts", "strip_setuid", "sort_packages", "one_command_per_line"];
    let (dockerfile, image) = example.on_request(&TRANSFORMS)?;
    assert!(dockerfile.contains("--mount=type=cache") && dockerfile.contains("chmod a-s"), "{dockerfile}");
    let original = conversation(example, &Container::start(&example.images()?.before, example.port, &[])?)?;
    let container = Container::start(&image, example.port, &[])?;
    assert_eq!(original, conversation(example, &container)?);
    assert_eq!(container.exec(Some("0"), "find / -xdev -perm /6000 -type f")?, "");
    // The base image has a lock of apt's.
    let cached =
        "find /root/.npm /root/.cache /var/cache/apt /var/lib/apt/lists -type f ! -name lock 2>/dev/null || true";
    assert_eq!(container.exec(Some("0"), cached)?, "");
    Ok(())
}

fn runs_as_uid_1000(example: &Example) -> Result<()> {
    let container = Container::start(&example.images()?.after, example.port, &[])?;
    container.await_answer(&example.ready)?;
    let processes = container.process_ids()?;
    assert!(!processes.is_empty(), "a server that answers has a process");
    for (user, group) in processes {
        assert_eq!((user.as_str(), group.as_str()), ("1000", "1000"));
    }
    Ok(())
}

fn has_no_compiler(example: &Example) -> Result<()> {
    let images = example.images()?;
    for tool in example.build_tools {
        assert!(has_program(&images.before, tool)?, "the original has no {tool} to lose");
        assert!(!has_program(&images.after, tool)?, "{tool} is still there");
    }
    Ok(())
}

fn is_smaller_than_the_original(example: &Example) -> Result<()> {
    let images = example.images()?;
    let (before, after) = (image_size(&images.before)?, image_size(&images.after)?);
    assert!(after < before, "{after} bytes after, {before} before");
    Ok(())
}

fn answers_on_a_read_only_root_without_capabilities(example: &Example) -> Result<()> {
    let images = example.images()?;
    let original = conversation(example, &Container::start(&images.before, example.port, &[])?)?;
    let hardened = conversation(example, &Container::start(&images.after, example.port, &LOCKED_DOWN)?)?;
    assert_eq!(original, hardened);
    Ok(())
}

fn writes_on_a_read_only_root_without_capabilities(example: &Example) -> Result<()> {
    let data = example.data()?;
    let volume = Volume::create()?;
    let mount = volume.at(data.directory);
    let options = [&LOCKED_DOWN[..], &["--volume", &mount]].concat();
    let container = Container::start(&example.images()?.after, example.port, &options)?;
    write_and_read_back(example, data, &container)
}

fn keeps_its_data_over_a_restart(example: &Example) -> Result<()> {
    let data = example.data()?;
    let volume = Volume::create()?;
    let options = ["--volume", &volume.at(data.directory)];
    let container = Container::start(&example.images()?.after, example.port, &options)?;
    write_and_read_back(example, data, &container)?;
    container.restart()?;
    assert_reads_what_was_written(example, data, &container)
}

fn takes_over_a_volume_of_the_original(example: &Example) -> Result<()> {
    let (images, data) = (example.images()?, example.data()?);
    let volume = Volume::create()?;
    let mount = volume.at(data.directory);
    let original = Container::start(&images.before, example.port, &["--volume", &mount])?;
    write_and_read_back(example, data, &original)?;
    drop(original);

    let give = ["run", "--rm", "--user", "0", "--volume", &mount, "--entrypoint", "chown", &images.after];
    docker(&[&give[..], &["--recursive", "1000:1000", data.directory]].concat())?;

    let hardened = Container::start(&images.after, example.port, &["--volume", &mount])?;
    assert_reads_what_was_written(example, data, &hardened)
}

fn its_health_check_tells_a_frozen_server(example: &Example) -> Result<()> {
    // Under `--init` the server isn't process 1, which no signal from inside can stop.
    let options = ["--init", "--health-interval=1s", "--health-timeout=10s", "--health-retries=2"];
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
    let about_data = example.data.iter().flat_map(|data| [&data.read, &data.write, &data.read]);
    for request in example.others.iter().chain(about_data) {
        answers.push(container.send(request)?);
    }
    Ok(answers)
}

fn write_and_read_back(example: &Example, data: &Data, container: &Container) -> Result<()> {
    container.await_answer(&example.ready)?;
    let empty = container.send(&data.read)?;
    assert!(!empty.body.contains(data.written), "nothing was written yet: {empty:?}");
    assert_eq!(container.send(&data.write)?.status, 201);
    assert_reads_what_was_written(example, data, container)
}

fn assert_reads_what_was_written(example: &Example, data: &Data, container: &Container) -> Result<()> {
    container.await_answer(&example.ready)?;
    let answer = container.send(&data.read)?;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(data.written), "{answer:?}");
    Ok(())
}
