"""The list of applications, and their sources at the commit that it names."""

import io
import re
import tarfile
import tomllib
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path

STEP_KEYS = {"request", "json", "form", "text", "headers", "status", "contains", "take"}


class ListError(Exception):
    """The list, or what it names, can't be used."""


@dataclass(frozen=True)
class Application:
    """One entry of the list; README.md explains its keys."""

    name: str
    repository: str
    commit: str
    proves: str
    port: int
    path: str = "/"
    dockerfile: str = "Dockerfile"
    context: str = "."
    bases: dict = field(default_factory=dict)
    arguments: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    wait: int = 40
    body_varies: str = ""
    write: list = field(default_factory=list)


def load(path):
    try:
        entries = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ListError(f"{path}: {error}") from error
    return [application(name, entry) for name, entry in sorted(entries.items())]


def application(name, entry):
    known = fields(Application)
    needed = {f.name for f in known if f.default is MISSING and f.default_factory is MISSING}
    missing = needed - {"name"} - entry.keys()
    unknown = entry.keys() - {f.name for f in known}
    unknown |= {key for step in entry.get("write", []) for key in step.keys() - STEP_KEYS}
    if missing or unknown:
        problems = [f"no {key}" for key in sorted(missing)] + [f"unknown key {key}" for key in sorted(unknown)]
        raise ListError(f"{name}: {', '.join(problems)}")
    return Application(name=name, **entry)


class Sources:
    """Where repositories come from: a folder that has them, or GitHub."""

    def __init__(self, commands, repositories, workspace):
        self.commands = commands
        self.repositories = repositories
        self.workspace = workspace

    def lay_out(self, app):
        """What the commit has for the build: a `.git` would differ in each clone, and with it the build cache."""
        tree = self.workspace / app.name / "tree"
        archive = self.commands.bytes_of(
            "git", "-C", self.repository(app), "archive", "--format=tar", app.commit, "--", app.context, app.dockerfile
        )
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(tree, filter="tar")
        return tree

    def repository(self, app):
        folder = app.repository.replace("/", "+")
        if self.repositories:
            return self.repositories / folder
        # One for each application: two that share a repository may run at the same time.
        clone = self.workspace / app.name / "clone"
        self.commands.text_of("git", "clone", "--quiet", "--bare", f"https://github.com/{app.repository}", clone)
        return clone


def without_registry(dockerfile):
    """The Dockerfile less `# syntax=` lines and digests, neither of which a stand-in image can have."""
    is_syntax = re.compile(r"#\s*syntax\s*=", re.IGNORECASE).match
    lines = [line for line in dockerfile.splitlines(keepends=True) if not is_syntax(line)]
    return re.sub(r"@sha256:[0-9a-f]{64}", "", "".join(lines))


def stand_ins(app):
    """The stand-ins of slim variants, too: hardening may put an application on one."""
    full = {base: other for base, other in app.bases.items() if not other.endswith("-slim")}
    return {**{f"{base}-slim": f"{other}-slim" for base, other in full.items()}, **app.bases}
