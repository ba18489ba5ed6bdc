//! The `docker` command line, and containers and volumes that are gone when their value is.

use std::net::SocketAddr;
use std::process::{self, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Request, Response};

/// Long enough for a loaded machine; nothing waits longer than it has to.
const PATIENCE: Duration = Duration::from_secs(180);

/// The exit codes of `docker run` that are not the program's own.
const ENGINE_FAILED: i32 = 125;
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

pub type Result<T> = std::result::Result<T, String>;

pub fn docker<S: AsRef<str>>(args: &[S]) -> Result<String> {
    let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
    let output = Command::new("docker").args(&args).output().map_err(|error| format!("docker: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("docker {}: {}\n{}", args.join(" "), output.status, String::from_utf8_lossy(&output.stderr).trim()))
    }
}

pub fn engine_answers() -> Result<()> {
    docker(&["info", "--format", "{{.ServerVersion}}"]).map(drop)
}

/// Whether the engine's processes are processes of this machine.
pub fn is_on_this_machine() -> bool {
    let here = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    docker(&["info", "--format", "{{.Name}}"]).is_ok_and(|name| name == here.trim())
}

pub fn image_size(image: &str) -> Result<u64> {
    let size = docker(&["image", "inspect", "--format", "{{.Size}}", image])?;
    size.parse().map_err(|error| format!("the size {size:?} of {image}: {error}"))
}

/// Whether the engine has `image` already: a test that was not asked for loads no gigabyte.
pub fn has_image(image: &str) -> bool {
    docker(&["image", "inspect", "--format", "{{.Id}}", image]).is_ok()
}

/// Whether `docker` has a command that is installed on its own, such as `compose`.
pub fn has_plugin(name: &str) -> bool {
    docker(&[name, "version"]).is_ok()
}

/// Whether `program` is on the PATH of a container of `image`, which may have no shell to ask.
pub fn has_program(image: &str, program: &str) -> Result<bool> {
    let mut run = Command::new("docker");
    run.args(["run", "--rm", "--network", "none", "--entrypoint", program, image, "--version"]);
    let output = run.output().map_err(|error| format!("docker: {error}"))?;
    match output.status.code() {
        Some(NOT_FOUND) => Ok(false),
        None | Some(ENGINE_FAILED | NOT_EXECUTABLE) => {
            Err(format!("{program} in {image}: {}", String::from_utf8_lossy(&output.stderr).trim()))
        }
        Some(_) => Ok(true),
    }
}

fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("harden-test-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

pub struct Volume {
    name: String,
}

impl Volume {
    pub fn create() -> Result<Self> {
        let volume = Self { name: unique_name() };
        docker(&["volume", "create", &volume.name])?;
        Ok(volume)
    }

    /// The value of `docker run --volume`.
    pub fn at(&self, directory: &str) -> String {
        format!("{}:{directory}", self.name)
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        remove(&["volume", "rm", "--force", &self.name]);
    }
}

pub struct Container {
    name: String,
    port: u16,
}

impl Container {
    /// `docker run` with the image's `port` published on a free one.
    pub fn start(image: &str, port: u16, options: &[&str]) -> Result<Self> {
        let container = Self { name: unique_name(), port };
        let publish = format!("127.0.0.1::{port}");
        let run = ["run", "--detach", "--name", &container.name, "--publish", &publish];
        docker(&[&run[..], options, &[image]].concat())?;
        Ok(container)
    }

    pub fn exec(&self, user: Option<&str>, script: &str) -> Result<String> {
        let user: Vec<&str> = user.into_iter().flat_map(|user| ["--user", user]).collect();
        docker(&[&["exec"], &user[..], &[&self.name, "sh", "-c", script]].concat())
    }

    /// The user and the group of each process; asked of the engine, since the image may have no shell.
    pub fn process_ids(&self) -> Result<Vec<(String, String)>> {
        let table = docker(&["top", &self.name, "-o", "pid,uid,gid"])?;
        let ids = |row: &str| {
            let mut fields = row.split_whitespace().skip(1).map(str::to_owned);
            fields.next().zip(fields.next()).ok_or_else(|| format!("a row of docker top: {row:?}"))
        };
        table.lines().skip(1).map(ids).collect()
    }

    pub fn restart(&self) -> Result<()> {
        docker(&["restart", &self.name]).map(drop)
    }

    /// The engine may choose another port at every start, so it is asked each time.
    fn address(&self) -> Result<SocketAddr> {
        let published = docker(&["port", &self.name, &self.port.to_string()])?;
        published.parse().map_err(|error| format!("the published port {published:?}: {error}"))
    }

    /// Sends once: a write that is sent again would be another write.
    pub fn send(&self, request: &Request) -> Result<Response> {
        request.send(self.address()?).map_err(|error| format!("{request}: {error}"))
    }

    /// Right after a start nobody listens yet.
    pub fn await_answer(&self, request: &Request) -> Result<Response> {
        self.wait_for("an answer", || self.send(request))
    }

    pub fn await_health(&self, expected: &str) -> Result<()> {
        self.wait_for(&format!("the health status {expected:?}"), || {
            let status = docker(&["inspect", "--format", "{{.State.Health.Status}}", &self.name])?;
            if status == expected { Ok(()) } else { Err(format!("it is {status:?}")) }
        })
    }

    /// Asks again and again, until there is an answer, the container has stopped or patience ends.
    fn wait_for<T>(&self, what: &str, mut ask: impl FnMut() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) if start.elapsed() > PATIENCE || !self.is_running() => {
                    return Err(format!("waited in vain for {what}: {error}\n{}", self.logs()));
                }
                Err(_) => thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn is_running(&self) -> bool {
        docker(&["inspect", "--format", "{{.State.Running}}", &self.name]).is_ok_and(|running| running == "true")
    }

    fn logs(&self) -> String {
        let output = Command::new("docker").args(["logs", "--tail", "40", &self.name]).output();
        output.map_or_else(
            |error| error.to_string(),
            |output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        remove(&["rm", "--force", "--volumes", &self.name]);
    }
}

/// A leftover is worth a line, not a second panic.
pub fn remove(args: &[&str]) {
    if let Err(error) = docker(args) {
        eprintln!("{error}");
    }
}
