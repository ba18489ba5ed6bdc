"""Builds an application's image on a container engine, runs it, and looks at what it does."""

import itertools
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

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
    def __init__(self, commands):
        self.commands = commands
        self.numbers = itertools.count()

    def answers(self):
        return self.commands.run("docker", "info", "--format", "{{.ServerVersion}}").returncode == 0

    @contextmanager
    def built(self, app, dockerfile, context):
        """The image's name and what the build said; the image is gone afterwards. The name is None where there is none."""
        image = f"harden-ecosystem/{self.unique(app)}"
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
        """What the image does when it is run as it is, and when it is run confined; and its page's digests, one each."""
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
        """A container on a network of its own; both are gone afterwards, and its anonymous volumes with them."""
        name = f"harden-ecosystem-{self.unique(app)}"
        environment = [f"--env={key}={value}" for key, value in app.environment.items()]
        try:
            self.commands.text_of("docker", "network", "create", name)
            self.commands.text_of(
                "docker", "create", "--name", name, "--network", name,
                "--publish", f"127.0.0.1::{app.port}", *environment, *options, image,
            )
            # It may fail, where the program cannot be executed; the container's state tells.
            self.commands.run("docker", "start", name)
            yield name
        finally:
            self.commands.run("docker", "rm", "--force", "--volumes", name, tidying=True)
            self.commands.run("docker", "network", "rm", name, tidying=True)

    def unique(self, app):
        return f"{app.name}-{os.getpid()}-{next(self.numbers)}"

    def await_status(self, app, container, log):
        """The status and the page's digest; or in words why there is none."""
        deadline = time.monotonic() + app.wait
        answer, since = None, time.monotonic()
        while time.monotonic() < deadline:
            state = self.inspect("container", container)["State"]
            if not state["Running"]:
                log(self.logs(container))
                return f"exit {state['ExitCode']}", None
            new = probes.ask(self.url(app, container))
            if new is None or answer is None or new.status != answer.status:
                answer, since = new, time.monotonic()
            if answer and (answer.status < 400 or time.monotonic() - since > SETTLE_SECONDS):
                return answer.status, answer.digest
            time.sleep(0.5)
        log(self.logs(container))
        return (answer.status, answer.digest) if answer else ("no answer", None)

    def url(self, app, container):
        published = self.commands.run("docker", "port", container, f"{app.port}/tcp").stdout.split()
        # The port 0 refuses: right after its start a container may have none.
        return f"http://{published[0] if published else '127.0.0.1:0'}{app.path}"

    def write(self, app, container, log):
        if not app.write:
            return None
        address = urlsplit(self.url(app, container)).netloc
        wrong = probes.write(f"http://{address}", app.write)
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
        variables = dict(variable.split("=", 1) for variable in configuration["Config"].get("Env") or ())
        directories = variables.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
        return [name for name in COMPILERS if any(self.has_file(container, f"{d}/{name}") for d in directories)]

    def has_file(self, container, path):
        """Asked of the file system, not of a shell: an image need not have one."""
        return self.commands.run("docker", "cp", f"{container}:{path}", "-", binary=True).returncode == 0

    def logs(self, container):
        done = self.commands.run("docker", "logs", "--tail", "30", container)
        return f"{self.inspect('container', container)['State']['Error']}\n{done.stdout}{done.stderr}"

    def inspect(self, kind, name):
        return json.loads(self.commands.text_of("docker", kind, "inspect", name))[0]


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
