"""Builds an application's image on a container engine, runs it, and looks at what it does."""

import itertools
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import probes
from applications import stand_ins

BUILD_SECONDS = 1800
HEALTH_SECONDS = 60
# An error counts once it has lasted: a proxy whose server is still starting answers with errors, too.
SETTLE_SECONDS = 10
COMPILERS = ("gcc", "cc", "g++", "make", "rustc", "javac", "go")
CONFINED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@dataclass
class Seen:
    """What one image did. A status is a number, or in words why there is none."""

    built: bool = False
    megabytes: int | None = None
    user: str | None = None
    compilers: list = field(default_factory=list)
    status: int | str | None = None
    write: str | None = None
    health: str | None = None
    confined_status: int | str | None = None
    confined_write: str | None = None


class Engine:
    """All that it makes is named after this process, and gone when it is left."""

    def __init__(self, commands):
        self.commands = commands
        self.name = f"harden-ecosystem-{os.getpid()}"
        self.numbers = itertools.count()

    def __enter__(self):
        self.commands.text_of("docker", "network", "create", self.name)
        return self

    def __exit__(self, *_):
        self.commands.run("docker", "network", "rm", self.name, tidying=True)

    def answers(self):
        try:
            return self.commands.run("docker", "info", "--format", "{{.ServerVersion}}").returncode == 0
        except FileNotFoundError:
            return False

    @contextmanager
    def built(self, app, dockerfile, context):
        """The image's name, None where there is none, and what the build said; the image is gone afterwards."""
        image = f"{self.name}/{app.name}-{next(self.numbers)}"
        options = [f"--build-context={base}=docker-image://{other}" for base, other in stand_ins(app).items()]
        options += [f"--build-arg={key}={value}" for key, value in app.arguments.items()]
        try:
            done = self.commands.run(
                "docker", "build", "--progress=plain", *options, "--tag", image, "--file", dockerfile, context,
                timeout=BUILD_SECONDS,
            )
            yield (image if done.returncode == 0 else None), done.stderr
        finally:
            self.commands.run("docker", "image", "rm", image, tidying=True)

    def observe(self, app, image, log):
        """What the image does as it is and confined; and its page's digests, one each."""
        configuration = self.inspect("image", image)
        seen = Seen(built=True, megabytes=round(configuration["Size"] / 1e6))
        has_health = has_healthcheck(configuration)
        with self.started(app, image, hasty_health(has_health)) as container:
            seen.status, digest = self.await_status(app, container, log)
            if is_http(seen.status):
                seen.write = self.write(app, container, log)
                seen.health = self.await_health(container) if has_health else None
            seen.user = self.user_of(container, configuration)
            seen.compilers = self.compilers_in(container, configuration)
        with self.started(app, image, CONFINED) as container:
            seen.confined_status, confined_digest = self.await_status(app, container, log)
            if is_http(seen.confined_status):
                seen.confined_write = self.write(app, container, log)
        return seen, (digest, confined_digest)

    def digest(self, app, image):
        with self.started(app, image) as container:
            return self.await_status(app, container, print_nothing)[1]

    @contextmanager
    def started(self, app, image, options=()):
        """A container; it is gone afterwards, and its anonymous volumes with it."""
        name = f"{self.name}-{app.name}-{next(self.numbers)}"
        environment = [f"--env={key}={value}" for key, value in app.environment.items()]
        try:
            # It may fail, where the program cannot be executed; the container's state tells.
            self.commands.run(
                "docker", "run", "--detach", "--name", name, "--network", self.name,
                "--publish", f"127.0.0.1::{app.port}", *environment, *options, image,
            )
            yield name
        finally:
            self.commands.run("docker", "rm", "--force", "--volumes", name, tidying=True)

    def await_status(self, app, container, log):
        """The status and the page's digest; or in words why there is none."""
        deadline = time.monotonic() + app.wait
        answer, since = None, time.monotonic()
        while time.monotonic() < deadline:
            found = self.inspect("container", container)
            if not found["State"]["Running"]:
                log(self.logs(container))
                return f"exit {found['State']['ExitCode']}", None
            new = probes.ask(base_url(app, found) + app.path)
            if new is None or answer is None or new.status != answer.status:
                answer, since = new, time.monotonic()
            if answer and (answer.status < 400 or time.monotonic() - since > SETTLE_SECONDS):
                return answer.status, answer.digest
            time.sleep(0.5)
        log(self.logs(container))
        return (answer.status, answer.digest) if answer else ("no answer", None)

    def write(self, app, container, log):
        if not app.write:
            return None
        wrong = probes.write(base_url(app, self.inspect("container", container)), app.write)
        if wrong:
            log(f"{wrong}\n{self.logs(container)}")
        return "fails" if wrong else "ok"

    def await_health(self, container):
        """What the image's own check says of a server that answers."""
        deadline = time.monotonic() + HEALTH_SECONDS
        while True:
            health = self.inspect("container", container)["State"]["Health"]["Status"]
            if health != "starting" or time.monotonic() > deadline:
                return health
            time.sleep(1)

    def user_of(self, container, configuration):
        """The user id as seen inside; the image's word where there is no `id` or nothing runs."""
        done = self.commands.run("docker", "exec", container, "id", "-u")
        return done.stdout.strip() if done.returncode == 0 else configuration["Config"].get("User") or "0"

    def compilers_in(self, container, configuration):
        script = f"for name in {' '.join(COMPILERS)}; do command -v $name >/dev/null && echo $name; done; true"
        done = self.commands.run("docker", "exec", container, "sh", "-c", script)
        return done.stdout.split() if done.returncode == 0 else self.files_of_compilers(container, configuration)

    def files_of_compilers(self, container, configuration):
        """Asked of the file system: there is no shell, or nothing runs."""
        variables = dict(variable.split("=", 1) for variable in configuration["Config"].get("Env") or ())
        directories = variables.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
        return [name for name in COMPILERS if any(self.has_file(container, f"{d}/{name}") for d in directories)]

    def has_file(self, container, path):
        return self.commands.run("docker", "cp", f"{container}:{path}", "-", binary=True).returncode == 0

    def logs(self, container):
        done = self.commands.run("docker", "logs", "--tail", "30", container)
        return f"{self.inspect('container', container)['State']['Error']}\n{done.stdout}{done.stderr}"

    def inspect(self, kind, name):
        return json.loads(self.commands.text_of("docker", kind, "inspect", name))[0]


def base_url(app, container):
    published = (container["NetworkSettings"]["Ports"] or {}).get(f"{app.port}/tcp")
    # The port 0 refuses: right after its start a container may have none.
    return f"http://127.0.0.1:{published[0]['HostPort'] if published else 0}"


def is_http(status):
    return isinstance(status, int)


def has_healthcheck(configuration):
    test = (configuration["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    return test != ["NONE"]


def hasty_health(has_health):
    """The image's own check, asked more often than it says, so that nobody waits half a minute for the first answer."""
    return ("--health-interval=3s", "--health-start-interval=3s") if has_health else ()


def print_nothing(_text):
    pass
