use super::super::asking::ask;

/// The port as `8000` or `$PORT or 8000`, or why there is none.
fn port_of(dockerfile: &str, files: &[(&str, &str)]) -> String {
    ask(dockerfile, files, |facts| match facts.port_or_why() {
        Ok(known) => match known.value.variable {
            Some(variable) => format!("${variable} or {}", known.value.number),
            None => known.value.number.to_string(),
        },
        Err(why) => why,
    })
}

/// As [`port_of`], of a file with this CMD.
fn of_cmd(cmd: &str) -> String {
    port_of(&format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {cmd}\n"), &[])
}

#[test]
fn the_command_line_says_the_port_in_every_form() {
    for (cmd, port) in [
        (r#"["uvicorn", "main:app", "--port", "9000"]"#, "9000"),
        (r#"["uvicorn", "main:app", "--port=9000"]"#, "9000"),
        (r#"["gunicorn", "-b", ":9000", "app:app"]"#, "9000"),
        (r#"["gunicorn", "-b0.0.0.0:9000", "app:app"]"#, "9000"),
        (r#"["gunicorn", "--bind", "[::]:9000", "app:app"]"#, "9000"),
        (r#"["python", "-m", "flask", "run", "-p", "9000"]"#, "9000"),
        (r#"["streamlit", "run", "a.py", "--server.port=9000"]"#, "9000"),
        (r#"["daphne", "-b", "0.0.0.0", "-p", "9000", "a:b"]"#, "9000"),
        (r#"["waitress-serve", "--listen=*:9000", "a:b"]"#, "9000"),
        ("exec uvicorn main:app --port ${PORT:-9000}", "$PORT or 9000"),
        ("node server.js --port ${PORT:-9000}", "$PORT or 9000"),
    ] {
        assert_eq!(of_cmd(cmd), port, "{cmd}");
    }
}

#[test]
fn the_address_of_runserver_is_a_word_of_its_own() {
    assert_eq!(of_cmd("python manage.py runserver 0:9000"), "9000");
    assert_eq!(of_cmd("python manage.py runserver --noreload 9000"), "9000");
    assert_eq!(of_cmd("python manage.py runserver 9000 --verbosity 2"), "9000");
    assert_eq!(of_cmd("python manage.py runserver"), "8000");
}

#[test]
fn the_words_of_cmd_are_the_arguments_of_entrypoint() {
    let text = "FROM python:3.12-slim\nENTRYPOINT [\"uvicorn\"]\nCMD [\"main:app\", \"--port\", \"9000\"]\n";
    assert_eq!(port_of(text, &[]), "9000");
}

#[test]
fn a_program_that_names_its_port_itself_is_read() {
    assert_eq!(of_node("", "app.listen(3000)"), "3000");
    assert!(of_node("", "app.listen(3000); metrics.listen(9090)").starts_with("no port is known"));
    let text = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"dist/main.js\"]\n";
    assert_eq!(port_of(text, &[("src/main.ts", "await app.listen(3000);")]), "3000");
    assert!(port_of(text, &[("src/server.ts", "await app.listen(3000);")]).starts_with("no port is known"));
}

#[test]
fn the_settings_of_gunicorn_come_behind_its_command_line() {
    let file = [("gunicorn.conf.py", "workers = 1\nbind = '0.0.0.0:9000'\n")];
    let text = |cmd: &str| format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {cmd}\n");
    assert_eq!(port_of(&text("gunicorn a:b"), &file), "9000");
    assert_eq!(port_of(&text("gunicorn -b :7000 a:b"), &file), "7000");
    let in_env = "FROM python:3.12-slim\nENV GUNICORN_CMD_ARGS=\"--bind=0.0.0.0:6000\"\nCMD gunicorn a:b\n";
    assert_eq!(port_of(in_env, &file), "6000");
}

#[test]
fn settings_that_are_worked_out_or_not_at_hand_leave_only_expose() {
    let worked_out = [("gunicorn.conf.py", "bind = f'0.0.0.0:{port}'\n")];
    let text = |more: &str, cmd: &str| format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n{more}CMD {cmd}\n");
    assert_eq!(port_of(&text("EXPOSE 9000\n", "gunicorn a:b"), &worked_out), "9000");
    assert!(port_of(&text("", "gunicorn a:b"), &worked_out).contains("sets the port in a way that is not read"));
    assert!(port_of(&text("", "gunicorn -c other.py a:b"), &worked_out).starts_with("/app/other.py"));
    let twice = [("gunicorn.conf.py", "bind = ':1'\nbind = ':2'\n")];
    assert!(port_of(&text("", "gunicorn a:b"), &twice).contains("not read"));
}

#[test]
fn an_ini_and_a_toml_hold_bare_values() {
    let copied = |cmd: &str| format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD {cmd}\n");
    assert_eq!(port_of(&copied("uwsgi --ini uwsgi.ini"), &[("uwsgi.ini", "[uwsgi]\nhttp = :9000\n")]), "9000");
    let worked_out = [("uwsgi.ini", "http-socket = :%(p)\n")];
    assert!(port_of(&copied("uwsgi uwsgi.ini"), &worked_out).contains("not read"));
    let toml = [(".streamlit/config.toml", "[server]\nport = 9000\n")];
    assert_eq!(port_of(&copied("streamlit run a.py"), &toml), "9000");
}

#[test]
fn a_start_script_may_give_the_variable_its_default() {
    let of_script = |script: &str| {
        let text = "FROM python:3.12-slim\nCOPY start.sh /\nCMD [\"/start.sh\"]\n";
        port_of(text, &[("start.sh", script)])
    };
    assert_eq!(of_script("#!/bin/sh\nPORT=${PORT:-9000}\nuvicorn a:b --port $PORT\n"), "$PORT or 9000");
    assert_eq!(of_script("#!/bin/sh\n: ${PORT:=9000}\nuvicorn a:b --port \"$PORT\"\n"), "$PORT or 9000");
    assert_eq!(of_script("#!/bin/sh\nexport PORT=9000\nuvicorn a:b --port $PORT\n"), "9000");
    assert!(of_script("#!/bin/sh\nuvicorn a:b --port $PORT\n").contains("has no default"));
}

#[test]
fn the_port_of_another_service_is_not_the_programs() {
    let text = "FROM node:22-slim\nENV DB_PORT=5432\nEXPOSE 3000\nCMD wait-for db:$DB_PORT && node server.js\n";
    assert_eq!(port_of(text, &[]), "3000");
}

#[test]
fn a_variable_without_a_value_falls_back_on_expose() {
    let text = "FROM python:3.12-slim\nEXPOSE 9000\nCMD gunicorn -b 0.0.0.0:$PORT a:b\n";
    assert_eq!(port_of(text, &[]), "$PORT or 9000");
}

#[test]
fn expose_counts_tcp_ports_once_and_fills_in_variables() {
    let exposing = |lines: &str| port_of(&format!("FROM node:22-slim\n{lines}\nCMD node server.js\n"), &[]);
    assert_eq!(exposing("EXPOSE 3000/tcp 3000 53/udp 53/UDP"), "3000");
    assert_eq!(exposing("ARG P=3000\nEXPOSE $P"), "3000");
    assert_eq!(exposing("ENV APP=3000\nEXPOSE ${APP}"), "$APP or 3000");
    assert!(exposing("EXPOSE 3000 4000").contains("several"));
    assert!(exposing("ARG P\nEXPOSE $P").contains("not known"));
}

#[test]
fn env_and_expose_that_disagree_are_no_port() {
    let text = |port: u16| format!("FROM node:22-slim\nENV PORT=3000\nEXPOSE {port}\nCMD node server.js\n");
    assert_eq!(port_of(&text(3000), &[]), "$PORT or 3000");
    assert_eq!(port_of(&text(4000), &[]), "EXPOSE says 4000, and ENV PORT says 3000; make them agree");
}

#[test]
fn the_sources_say_the_port_where_python_runs_a_file() {
    let text = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";
    assert_eq!(port_of(text, &[("app.py", "app.run(host='0.0.0.0', port=5001)\n")]), "5001");
    assert!(port_of(text, &[("app.py", "# app.run(port=5001)\n")]).contains("no port"));
    assert!(port_of(text, &[("app.py", "connect(host='db', port=5432)\n")]).contains("no port"));
    assert!(port_of(text, &[("app.py", "app.run(port=int(p))\n")]).contains("no port"));
}

#[test]
fn no_probe_can_ask_a_socket_file_or_ipv6_alone() {
    assert!(of_cmd("gunicorn --bind unix:/run/a.sock a:b").contains("socket file"));
    assert!(of_cmd("gunicorn --bind /run/a.sock a:b").contains("socket file"));
    assert!(of_cmd("uvicorn a:b --host ::").contains("IPv6"));
}

/// The port of `node server.js` with these lines before CMD and this source.
fn of_node(lines: &str, source: &str) -> String {
    let text = format!("FROM node:22-slim\nWORKDIR /app\nCOPY . .\n{lines}CMD [\"node\", \"server.js\"]\n");
    port_of(&text, &[("server.js", source)])
}

#[test]
fn a_program_that_reads_the_port_from_the_environment_is_followed() {
    assert_eq!(of_node("EXPOSE 3000\n", "const port = process.env.PORT || 3000;"), "$PORT or 3000");
    assert_eq!(of_node("EXPOSE 3000\n", "const port = Number(process.env.PORT);"), "$PORT or 3000");
    assert_eq!(of_node("", "const port = process.env.PORT ?? 3000;"), "$PORT or 3000");
    assert_eq!(of_node("EXPOSE 8080\nENV PORT=8080\n", "process.env.PORT || 3000"), "$PORT or 8080");
}

#[test]
fn a_default_that_expose_contradicts_is_held() {
    let why = of_node("EXPOSE 8080\n", "process.env.PORT || 3000");
    assert_eq!(why, "EXPOSE says 8080, and the default of PORT says 3000; make them agree");
}

#[test]
fn without_expose_only_the_started_program_says_the_port() {
    let text = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"worker.js\"]\n";
    let files = [("server.js", "process.env.PORT || 3000"), ("worker.js", "work()")];
    assert!(port_of(text, &files).starts_with("no port is known"));
}

#[test]
fn the_settings_of_gunicorn_may_follow_the_environment() {
    let text = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD gunicorn a:b\n";
    let follows = |bind: &str| port_of(text, &[("gunicorn.conf.py", bind)]);
    assert_eq!(follows("bind = f\"0.0.0.0:{os.environ.get('PORT', '8000')}\"\n"), "$PORT or 8000");
    assert_eq!(follows("bind = '0.0.0.0:' + os.getenv('PORT', '8000')\n"), "$PORT or 8000");
    assert!(follows("bind = f\"0.0.0.0:{os.environ['PORT']}\"\n").contains("not read"));
}
