//! `harden observe` on small programs: what is seen is right, it unblocks what was held, and nothing is left behind.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{self, Command, Output, Stdio};

use harden::evidence::{Evidence, Observed};
use tempfile::TempDir;

use crate::docker::{Result, docker};

pub const BASE: &str = "python:3.12-slim";

/// Listens for others on one port and for itself on another, and writes beside its code and elsewhere.
const SERVER: &str = r#"
import http.server, os, socket, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("hits.txt", "a") as hits:
            hits.write(self.path + "\n")
        self.send_response(200)
        self.end_headers()

os.makedirs("/srv/" + "reports", exist_ok=True)
open("/srv/" + "reports/today", "w").close()
own = socket.create_server(("127.0.0.1", 8124))
port = int(sys.argv[0].count("app.py")) * 8123
http.server.HTTPServer(("0.0.0.0", port), Handler).serve_forever()
"#;

const DOCKERFILE: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY app.py .\nCMD [\"python\", \"app.py\"]\n";

fn project(dockerfile: &str, program: &str) -> Result<TempDir> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    for (name, text) in [("Dockerfile", dockerfile), ("app.py", program)] {
        fs::write(folder.path().join(name), text).map_err(|error| error.to_string())?;
    }
    Ok(folder)
}

fn harden(folder: &Path, args: &[&str]) -> Result<Output> {
    let output = Command::new(env!("CARGO_BIN_EXE_harden")).args(args).current_dir(folder).output();
    output.map_err(|error| error.to_string())
}

fn observe(folder: &Path, args: &[&str]) -> Result<Observed> {
    let output = harden(folder, &[&["observe", "--for", "4s", "--port", "8123"], args].concat())?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let evidence = fs::read_to_string(folder.join("harden.evidence.toml")).map_err(|error| error.to_string())?;
    Evidence::parse(&evidence)?.of("Dockerfile", None).cloned().ok_or(evidence)
}

type Check = fn() -> Result<()>;

/// The checks, by their names.
pub const CHECKS: [(&str, Check); 9] = [
    ("what_is_seen_is_right", what_is_seen_is_right),
    ("what_native_modules_are_linked_with_is_kept", what_native_modules_are_linked_with_is_kept),
    ("a_secret_of_a_command_line_is_not_written_down", a_secret_of_a_command_line_is_not_written_down),
    ("what_was_seen_unblocks_what_was_held", what_was_seen_unblocks_what_was_held),
    ("what_needs_root_says_for_what", what_needs_root_says_for_what),
    ("a_program_that_fails_is_no_evidence", a_program_that_fails_is_no_evidence),
    ("an_interrupted_build_leaves_nothing_behind", an_interrupted_build_leaves_nothing_behind),
    ("an_interrupted_run_leaves_nothing_behind", an_interrupted_run_leaves_nothing_behind),
    ("an_interrupted_run_without_root_leaves_nothing_behind", an_interrupted_run_without_root_leaves_nothing_behind),
];

/// Those that hold where the engine's processes are processes of this machine.
pub const LOCAL_CHECKS: [(&str, Check); 2] = [
    ("a_program_that_lives_for_a_moment_is_seen", a_program_that_lives_for_a_moment_is_seen),
    ("enter_ends_the_time_at_a_terminal", enter_ends_the_time_at_a_terminal),
];

fn what_is_seen_is_right() -> Result<()> {
    let folder = project(DOCKERFILE, SERVER)?;
    let observed = observe(folder.path(), &[])?;
    assert_eq!(observed.ports, Some([8123].into()));
    assert_eq!(observed.writes, Some(["/app", "/srv/reports"].map(str::to_owned).into()));
    assert_eq!(observed.root, Some(false));
    assert!(observed.programs.is_some_and(|programs| programs.contains("/usr/local/bin/python3.12")));
    assert_eq!(observed.libraries, Some([].into()));
    assert_eq!(observed.processes.first().map(|process| process.user), Some(0));
    Ok(())
}

fn what_was_seen_unblocks_what_was_held() -> Result<()> {
    // Nobody reads a script that Python writes.
    let script = "RUN python -c \"open('/start.sh', 'w').write('exec python app.py')\"\nCMD [\"sh\", \"/start.sh\"]";
    let folder = project(&DOCKERFILE.replace("CMD [\"python\", \"app.py\"]", script), SERVER)?;
    let reasons = ["drop_root: /start.sh runs at start and is not at hand", "add_healthcheck: no port is known"];
    let before = harden(folder.path(), &["--diff"])?;
    let before = String::from_utf8_lossy(&before.stderr);
    assert!(reasons.iter().all(|reason| before.contains(reason)), "{before}");
    observe(folder.path(), &[])?;
    let after = harden(folder.path(), &["--write"])?;
    let after = String::from_utf8_lossy(&after.stderr);
    assert!(!reasons.iter().any(|reason| after.contains(reason)), "{after}");
    let hardened = fs::read_to_string(folder.path().join("Dockerfile")).map_err(|error| error.to_string())?;
    assert!(["8123", "/srv/reports", "USER 1000:1000"].iter().all(|part| hardened.contains(part)), "{hardened}");
    // Looked at anew it does the same, and is the user's.
    let again = observe(folder.path(), &[])?;
    assert_eq!(again.processes.first().map(|process| process.user), Some(1000));
    assert_eq!(again.writes, Some(["/app", "/srv/reports"].map(str::to_owned).into()));
    Ok(())
}

fn a_program_that_lives_for_a_moment_is_seen() -> Result<()> {
    let moment = "subprocess.run(['sleep', '0.1', '--'])";
    let program = SERVER.replace("self.send_response", &format!("{moment}\n        self.send_response"));
    let folder = project(DOCKERFILE, &format!("import subprocess{program}"))?;
    let programs = observe(folder.path(), &[])?.programs;
    assert!(programs.as_ref().is_some_and(|programs| programs.contains("/usr/bin/sleep")), "{programs:?}");
    Ok(())
}

/// `script` is a terminal for the program that it runs.
fn enter_ends_the_time_at_a_terminal() -> Result<()> {
    let folder = project(DOCKERFILE, SERVER)?;
    let observe = format!("{} observe --for 60m --port 8123", env!("CARGO_BIN_EXE_harden"));
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--command", &observe, "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (stdout, mut keys) = (script.stdout.take().ok_or("no stdout")?, script.stdin.take().ok_or("no stdin")?);
    // A line that moves is written over itself.
    let mut lines = BufReader::new(stdout).split(b'\r').map_while(std::io::Result::ok);
    let mut lines = lines.by_ref().map(|line| String::from_utf8_lossy(&line).into_owned());
    assert!(lines.any(|line| line.contains("is at http://")), "it never answered");
    keys.write_all(b"\n").map_err(|error| error.to_string())?;
    let rest: Vec<String> = lines.collect();
    assert!(script.wait().is_ok_and(|status| status.success()), "{rest:?}");
    let evidence = fs::read_to_string(folder.path().join("harden.evidence.toml")).map_err(|error| error.to_string())?;
    let observed = Evidence::parse(&evidence)?.of("Dockerfile", None).cloned().ok_or("no evidence")?;
    assert!(observed.seconds < 3600 && observed.ports == Some([8123].into()), "{evidence}");
    Ok(())
}

fn what_native_modules_are_linked_with_is_kept() -> Result<()> {
    // Nothing imports the module: here it is a library under a name that Python's modules have.
    let dockerfile = DOCKERFILE.replace(
        "WORKDIR",
        "RUN apt-get update && apt-get install -y libpq-dev && ln -s /usr/local/lib/python3.12/site-packages /here && \
         cp $(find / -xdev -name 'libpq.so.5.*') /here/_driver.cpython-312-x86_64-linux-gnu.so\nWORKDIR",
    );
    let folder = project(&dockerfile, SERVER)?;
    let libraries = observe(folder.path(), &[])?.libraries;
    assert!(libraries.as_ref().is_some_and(|all| all.contains("libldap-2.5-0")), "{libraries:?}");
    Ok(())
}

fn a_secret_of_a_command_line_is_not_written_down() -> Result<()> {
    let folder = project(DOCKERFILE, SERVER)?;
    let observed = observe(folder.path(), &["--command=python", "--command=app.py", "--command=--token=hunter2"])?;
    assert_eq!(observed.command.as_deref(), Some("python app.py --token=***"));
    assert_eq!(observed.processes.first().map(|process| process.command.as_str()), Some("python app.py --token=***"));
    Ok(())
}

fn what_needs_root_says_for_what() -> Result<()> {
    let program = format!("open('/etc/' + 'server.conf', 'w').close()\n{SERVER}");
    let folder = project(DOCKERFILE, &program)?;
    let observed = observe(folder.path(), &[])?;
    assert_eq!(observed.root, Some(true));
    let reasons: Vec<&String> = observed.root_for.iter().collect();
    assert!(reasons.iter().any(|reason| reason.contains("/etc/server.conf")), "{reasons:?}");
    let held = harden(folder.path(), &["--diff"])?;
    assert!(String::from_utf8_lossy(&held.stderr).contains("must start as root: observed without root's rights"));
    Ok(())
}

fn a_program_that_fails_is_no_evidence() -> Result<()> {
    let folder = project(DOCKERFILE, "import sys\nsys.exit('no settings')\n")?;
    let output = harden(folder.path(), &["observe", "--for", "4s"])?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("ends with exit code 1") && said.contains("no settings"), "{said}");
    assert!(!folder.path().join("harden.evidence.toml").exists());
    Ok(())
}

fn an_interrupted_build_leaves_nothing_behind() -> Result<()> {
    interrupted_at("building", &DOCKERFILE.replace("CMD", "RUN sleep 60\nCMD"), "building the image")
}

fn an_interrupted_run_leaves_nothing_behind() -> Result<()> {
    interrupted_at("running", DOCKERFILE, "is at http://")
}

fn an_interrupted_run_without_root_leaves_nothing_behind() -> Result<()> {
    interrupted_at("without-root", DOCKERFILE, "without root")
}

/// Interrupts as a terminal does, once `told` was told.
fn interrupted_at(phase: &str, dockerfile: &str, told: &str) -> Result<()> {
    let folder = project(dockerfile, SERVER)?;
    let label = format!("harden-test={}-{phase}", process::id());
    let mut child = Command::new(env!("CARGO_BIN_EXE_harden"))
        .args(["observe", "--for", "3s", "--port", "8123"])
        .args([format!("--run-arg=--label={label}"), format!("--build-option=--label={label}")])
        .current_dir(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let stderr = child.stderr.take().ok_or("no stderr")?;
    let mut lines = BufReader::new(stderr).lines().map_while(std::io::Result::ok);
    assert!(lines.any(|line| line.contains(told)), "{told} was never told");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.is_ok_and(|status| status.success()));
    let rest: Vec<String> = lines.collect();
    let code = child.wait().map_err(|error| error.to_string())?.code();
    assert_eq!(code, Some(2), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("interrupted")), "{rest:?}");
    let filter = format!("label={label}");
    assert_eq!(docker(&["ps", "--all", "--quiet", "--filter", &filter])?, "");
    assert_eq!(docker(&["images", "--quiet", "--filter", &filter])?, "");
    assert!(!folder.path().join("harden.evidence.toml").exists());
    Ok(())
}
