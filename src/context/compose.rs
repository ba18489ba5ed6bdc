//! The services of compose files that are built here, as lines of text.

use super::Context;

/// The lines of services that are built, not only started: path, line from 1, and text.
pub fn built_services(context: &Context) -> impl Iterator<Item = (&str, usize, &str)> {
    let files = context.texts().filter(|(path, _)| is_compose(path));
    files.flat_map(|(path, text)| {
        let services = services(text).into_iter().filter(|lines| lines.iter().any(|(_, line)| is_build(line)));
        services.flatten().map(move |(number, line)| (path, number, line))
    })
}

fn is_compose(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    is_yaml && (name.starts_with("docker-compose") || name.starts_with("compose"))
}

fn is_build(line: &str) -> bool {
    line.trim_start().starts_with("build:")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The lines below `services:`, a list for each service; comments are left out.
fn services(text: &str) -> Vec<Vec<(usize, &str)>> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let told = lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let below = told.skip_while(|(_, line)| line.trim_end() != "services:").skip(1);
    let below: Vec<(usize, &str)> = below.take_while(|(_, line)| indent(line) > 0).collect();
    let depth = below.first().map_or(0, |(_, line)| indent(line));
    below.chunk_by(|_, (_, next)| indent(next) > depth).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_services_that_are_built_are_told_from_those_of_others() {
        let text = "services:\n  proxy:\n    image: traefik\n    volumes:\n      - a:a\n\n  app:\n    build: .\n    # b\n    \
                    volumes:\n      - c:c\nvolumes:\n  d:\n";
        let context = Context::from_files([("compose.yaml", text), ("services.yaml", text)]);
        let lines: Vec<_> = built_services(&context).map(|(path, line, text)| (path, line, text.trim())).collect();
        let expected = [(7, "app:"), (8, "build: ."), (10, "volumes:"), (11, "- c:c")];
        assert_eq!(lines, expected.map(|(line, text)| ("compose.yaml", line, text)));
    }
}
