use super::super::asking::ask;
use crate::decision::Place;

/// The commands that run at start, each as one line.
fn commands(dockerfile: &str, files: &[(&str, &str)]) -> Vec<String> {
    ask(dockerfile, files, |facts| facts.start().commands.iter().map(|started| started.evidence().what).collect())
}

#[test]
fn an_init_is_passed_and_cmd_is_its_command() {
    let text = "FROM a\nENTRYPOINT [\"tini\", \"-g\", \"--\"]\nCMD [\"node\", \"x.js\"]\n";
    assert_eq!(commands(text, &[]), ["node x.js"]);
}

#[test]
fn a_script_that_hands_over_runs_cmd() {
    let text = "FROM a\nCOPY go.sh /\nENTRYPOINT [\"/go.sh\"]\nCMD [\"node\", \"x.js\"]\n";
    assert_eq!(commands(text, &[("go.sh", "#!/bin/sh\nset -e\nexec \"$@\"\n")]).last().unwrap(), "node x.js");
    let alone = commands(text, &[("go.sh", "#!/bin/sh\nserve\n")]);
    assert_eq!(alone, ["/go.sh node x.js", "serve"]);
}

#[test]
fn an_entrypoint_in_shell_form_leaves_no_cmd() {
    assert_eq!(commands("FROM a\nENTRYPOINT exec serve\nCMD [\"x\"]\n", &[]), ["serve"]);
}

#[test]
fn the_cmd_of_a_stage_below_goes_with_a_new_entrypoint() {
    let below = "FROM a AS base\nCMD [\"x\"]\nFROM base\n";
    assert_eq!(commands(below, &[]), ["x"]);
    assert_eq!(commands(&format!("{below}ENTRYPOINT [\"serve\"]\n"), &[]), ["serve"]);
    assert_eq!(commands(&format!("{below}ENTRYPOINT [\"serve\"]\nCMD [\"y\"]\n"), &[]), ["serve y"]);
}

#[test]
fn scripts_are_read_wherever_they_come_from() {
    let echoed = "FROM a\nRUN echo '#!/bin/sh\\nserve' > /go.sh\nCMD /go.sh\n";
    assert_eq!(commands(echoed, &[]), ["/go.sh", "serve"]);
    let heredoc = "FROM a\nCOPY <<EOF /go.sh\n#!/bin/sh\nserve\nEOF\nCMD [\"/go.sh\"]\n";
    assert_eq!(commands(heredoc, &[]), ["/go.sh", "serve"]);
    let in_run = "FROM a\nRUN cat <<EOF > /go.sh\nserve\nEOF\nCMD [\"sh\", \"/go.sh\"]\n";
    assert_eq!(commands(in_run, &[]), ["serve"]);
}

#[test]
fn a_script_that_is_not_at_hand_is_missing() {
    let missing = |text: &str| ask(text, &[], |facts| facts.start().missing.clone());
    assert_eq!(missing("FROM a\nCMD [\"bash\", \"/go\"]\n").as_deref(), Some("/go"));
    assert_eq!(missing("FROM a\nCMD [\"/go\"]\n"), None);
}

/// The commands behind `cmd` in the folder of this package.json.
fn behind(cmd: &str, scripts: &str) -> Vec<String> {
    let manifest = format!("{{\n\"name\": \"start\",\n\"scripts\": {{\n{scripts}\n}}\n}}\n");
    let text = format!("FROM node:22\nWORKDIR /app\nCOPY . .\nCMD {cmd}\n");
    commands(&text, &[("package.json", &manifest)]).into_iter().skip(1).collect()
}

#[test]
fn package_managers_run_the_scripts_of_package_json_with_their_hooks() {
    let scripts = "\"start\": \"node server.js\",\n\"prestart\": \"migrate\"";
    for cmd in ["[\"npm\", \"start\"]", "npm run start", "yarn start", "pnpm -s run start", "bun run start"] {
        assert_eq!(behind(cmd, scripts), ["migrate", "node server.js"], "{cmd}");
    }
    let none = [""; 0];
    for cmd in ["npm run dev", "npm --prefix=web start", "yarn --cwd web start", "bun start.js", "npm install"] {
        assert_eq!(behind(cmd, scripts), none, "{cmd}");
    }
}

#[test]
fn a_script_of_package_json_takes_arguments_and_runs_others() {
    assert_eq!(behind("npm run serve -- --port 80", "\"serve\": \"vite preview\""), ["vite preview --port 80"]);
    assert_eq!(behind("yarn serve --port 80", "\"serve\": \"vite preview\""), ["vite preview --port 80"]);
    let circle = "\"start\": \"npm run b\",\n\"b\": \"npm start && node b.js\"";
    assert_eq!(behind("npm start", circle), ["npm run b", "npm start", "node b.js"]);
}

#[test]
fn a_script_of_package_json_has_its_line() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY . .\nCMD npm start\n";
    let manifest = "{\n\"scripts\": {\n\"build\": \"x\",\n\"start\": \"node a.js\"}}";
    let place = ask(text, &[("package.json", manifest)], |facts| facts.start().commands.last().unwrap().place.clone());
    assert_eq!(place, Place::Context { path: "package.json".into(), line: 4 });
}

#[test]
fn behind_a_cd_the_package_is_not_certain() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY . .\nCMD cd web && npm start\n";
    let manifest = "{\"scripts\": {\"start\": \"node a.js\"}}";
    assert_eq!(commands(text, &[("package.json", manifest)]), ["cd web", "npm start"]);
}

#[test]
fn wrappers_and_interpreters_are_looked_through() {
    let cases = [
        ("uv run uvicorn a:b", "uvicorn a:b"),
        ("uv run --frozen --extra web -- uvicorn a:b", "uvicorn a:b"),
        ("uv run python -m flask run", "flask run"),
        ("uv --quiet run -m flask run", "flask run"),
        ("poetry run gunicorn a:b", "gunicorn a:b"),
        ("pipenv run python manage.py runserver", "manage.py runserver"),
        ("bundle exec puma -p 80", "puma -p 80"),
        ("npx --yes serve dist", "serve dist"),
        ("uv sync", "uv sync"),
        ("uv run", "uv run"),
        ("poetry install", "poetry install"),
    ];
    for (cmd, expected) in cases {
        let application = ask(&format!("FROM a\nCMD {cmd}\n"), &[], |facts| {
            let (program, words) = facts.start().commands[0].application();
            [vec![program], words].concat().join(" ")
        });
        assert_eq!(application, expected, "{cmd}");
    }
}

#[test]
fn nothing_is_given_where_neither_stands() {
    assert!(!ask("FROM a\nRUN x\n", &[], |facts| facts.start().is_given));
}
