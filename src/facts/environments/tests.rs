use super::super::asking::ask;
use super::*;

/// The calls of the last RUN.
fn calls(dockerfile: &str) -> Vec<Option<EnvironmentCall>> {
    let file = format!("FROM python:3.12\nWORKDIR /app\n{dockerfile}\n");
    ask(&file, &[], |facts| facts.environment_calls(&facts.steps().all).pop().unwrap_or_default())
}

fn fills(place: &str) -> Option<EnvironmentCall> {
    Some(EnvironmentCall::Fills(place.into()))
}

fn tool(name: &str) -> Option<EnvironmentCall> {
    Some(EnvironmentCall::Tool(name.into()))
}

#[test]
fn a_tool_fills_the_environment_of_its_directory_or_the_one_it_is_told() {
    for (lines, place) in [
        ("RUN uv sync --locked", "/app/.venv"),
        ("RUN uv -q sync", "/app/.venv"),
        ("ENV UV_PROJECT_ENVIRONMENT=/opt/shop\nRUN uv sync", "/opt/shop"),
        ("RUN UV_PROJECT_ENVIRONMENT=env uv sync", "/app/env"),
        ("ENV POETRY_VIRTUALENVS_IN_PROJECT=true\nRUN poetry install", "/app/.venv"),
        ("RUN poetry config virtualenvs.in-project true\nRUN poetry install", "/app/.venv"),
        ("RUN python -m venv .venv\nRUN poetry install", "/app/.venv"),
        ("RUN python -m venv /opt/shop\nENV VIRTUAL_ENV=/opt/shop\nRUN poetry install", "/opt/shop"),
        ("RUN uv sync\nRUN uv pip install gunicorn", "/app/.venv"),
        ("RUN pdm sync --prod", "/app/.venv"),
        ("RUN PIPENV_VENV_IN_PROJECT=1 pipenv sync", "/app/.venv"),
    ] {
        assert_eq!(calls(lines), [fills(place)], "{lines}");
    }
}

#[test]
fn what_is_installed_into_the_interpreter_fills_no_environment() {
    for lines in [
        "RUN pip install flask",
        "RUN uv pip install --system flask",
        "ENV UV_SYSTEM_PYTHON=1\nRUN uv venv && uv pip install flask",
        "ENV UV_PROJECT_ENVIRONMENT=/usr/local\nRUN uv sync",
        "RUN poetry config virtualenvs.create false\nRUN poetry install",
        "RUN pipenv install --system --deploy",
        "RUN python -m venv /opt/shop\nRUN pip install flask",
    ] {
        assert!(!calls(lines).contains(&fills("/opt/shop")), "{lines}");
        assert_eq!(calls(lines).pop(), Some(None), "{lines}");
    }
}

#[test]
fn pip_fills_the_environment_that_it_belongs_to() {
    let made = "RUN python3 -m venv /opt/shop\n";
    for lines in [
        "RUN /opt/shop/bin/pip install flask",
        "RUN /opt/shop/bin/python -m pip install flask",
        "ENV PATH=\"/opt/shop/bin:$PATH\"\nRUN pip install flask",
        "ENV VIRTUAL_ENV=/opt/shop\nENV PATH=$VIRTUAL_ENV/bin:$PATH\nRUN pip install flask",
        "ENV VIRTUAL_ENV=/opt/shop\nRUN uv pip install flask",
    ] {
        assert_eq!(calls(&format!("{made}{lines}")), [fills("/opt/shop")], "{lines}");
    }
    let activated = calls("RUN virtualenv shop && . shop/bin/activate && pip install flask");
    let made = Some(EnvironmentCall::Makes("/app/shop".into()));
    assert_eq!(activated, [made, Some(EnvironmentCall::Activates), fills("/app/shop")]);
}

#[test]
fn tools_come_from_pip_pipx_and_their_install_scripts() {
    assert_eq!(calls("RUN pip install --upgrade pip 'poetry==2.1'"), [tool("poetry")]);
    assert_eq!(calls("RUN pip install -U pip"), [tool("pip")]);
    assert_eq!(calls("RUN pipx install uv"), [tool("uv")]);
    assert_eq!(calls("RUN curl -LsSf https://astral.sh/uv/install.sh | sh"), [tool("uv"), tool("uv")]);
    assert_eq!(calls("RUN uv cache clean"), [tool("uv")]);
    assert_eq!(calls("RUN pip install poetry flask"), [None]);
}

#[test]
fn what_lies_where_no_copy_finds_it_is_named() {
    for lines in [
        "RUN poetry install",
        "RUN pipenv sync",
        "RUN uv tool install ruff",
        "RUN uv sync --active",
        "RUN uv sync --link-mode=symlink",
        "ENV UV_LINK_MODE=symlink\nRUN uv sync",
        "ARG DIR\nRUN cd $DIR && uv sync",
    ] {
        assert!(matches!(calls(lines).pop(), Some(Some(EnvironmentCall::Elsewhere(_)))), "{lines}");
    }
}
