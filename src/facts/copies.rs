//! Which file of the image comes from where: COPY and ADD, and what RUN lines write.

use super::scope::{is_at_or_below, normalized};
use super::steps::Step;
use crate::context::Context;
use crate::context::ignore::Ignore;
use crate::decision::Place;
use crate::dockerfile::Keyword;

/// The text of the file at `path` of the image, if a step writes or copies it and its text is at hand.
pub(super) fn file_at(steps: &[Step], path: &str, context: &Context) -> Option<(String, Place)> {
    steps.iter().rev().find_map(|step| match step.instruction.keyword() {
        Keyword::Run => written(step, path),
        Keyword::Copy | Keyword::Add if step.copies_context() => {
            let source = context_path(step, path, context)?;
            let text = context.text(&source)?.to_owned();
            Some((text, Place::Context { path: source, line: 1 }))
        }
        Keyword::Copy | Keyword::Add => heredoc_file(step, path),
        _ => None,
    })
}

/// The context's path of the file that `step` copies to `path`.
pub(super) fn context_path(step: &Step, path: &str, context: &Context) -> Option<String> {
    let destination = step.destination()?;
    if !is_at_or_below(path, &destination) {
        return None;
    }
    let rest = path.strip_prefix(destination.trim_end_matches('/')).unwrap_or_default().trim_start_matches('/');
    step.sources().into_iter().find_map(|source| {
        let source = relative(&step.scope.expand(step.instruction, source)?)?;
        let base = source.rsplit('/').next().unwrap_or_default();
        let candidate = match rest {
            "" => source.clone(),
            rest if rest == base => source.clone(),
            rest if source.is_empty() => rest.to_owned(),
            rest => format!("{source}/{rest}"),
        };
        context.exists(&candidate).then_some(candidate)
    })
}

/// The paths that a file may have had in the stage from which `step` copies it to `path`.
pub(super) fn moved_from(step: &Step, path: &str) -> Vec<String> {
    let Some(destination) = step.destination().filter(|destination| is_at_or_below(path, destination)) else {
        return Vec::new();
    };
    let rest = path.strip_prefix(destination.trim_end_matches('/')).unwrap_or_default().trim_start_matches('/');
    let sources = step.sources().into_iter().filter(|source| !source.contains(['*', '?', '[', '$']));
    let came_from = |source: &str| {
        let source = normalized(source);
        let is_itself = rest.is_empty() || source.rsplit('/').next() == Some(rest);
        if is_itself { source } else { normalized(&format!("{source}/{rest}")) }
    };
    sources.map(came_from).collect()
}

/// The context's path of the file that the last of `steps` copies to `path`, where one brings it from the context. A pattern
/// may name it.
pub(super) fn source_of(steps: &[Step], path: &str, context: &Context) -> Option<String> {
    let copies = steps.iter().rev().filter(|step| step.copies_context());
    copies.filter_map(|step| context_path(step, path, context).or_else(|| by_pattern(step, path, context))).next()
}

/// The file that a pattern such as `package*.json` copies into the folder of `path`.
fn by_pattern(step: &Step, path: &str, context: &Context) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    if step.destination()? != folder {
        return None;
    }
    step.sources().into_iter().filter(|source| source.contains(['*', '?', '['])).find_map(|source| {
        let source = source.trim_start_matches("./").trim_start_matches('/');
        let pattern = Ignore::parse(source);
        let above = source.rsplit_once('/').map(|(above, _)| above);
        let candidate = above.map_or_else(|| name.to_owned(), |above| format!("{above}/{name}"));
        (pattern.excludes(&candidate) && context.exists(&candidate)).then_some(candidate)
    })
}

/// A source as a path below the context: without `./` and a leading slash. Patterns and URLs are none.
pub(super) fn relative(source: &str) -> Option<String> {
    if source.contains(['*', '?', '[', '$', ':']) {
        return None;
    }
    Some(normalized(source).trim_start_matches('/').to_owned())
}

/// What `echo … > path`, `printf`, or `cat <<EOF > path` writes.
fn written(step: &Step, path: &str) -> Option<(String, Place)> {
    let run = step.script()?;
    let command = run.script.commands.iter().rev().find(|command| {
        command.redirects.iter().any(|redirect| {
            let target = redirect.target.value.as_deref().and_then(|target| step.scope.absolute(target));
            redirect.writes_file() && target.as_deref() == Some(path)
        })
    })?;
    let place = Place::Dockerfile(run.to_file(command.span));
    if let Some(heredoc) = command.redirects.iter().find_map(|redirect| redirect.heredoc.as_ref()) {
        return Some((heredoc.body.of(run.text()).to_owned(), place));
    }
    let invocation = command.program()?;
    if !matches!(invocation.name, "echo" | "printf") {
        return None;
    }
    let words: Option<Vec<&str>> = invocation
        .words
        .iter()
        .filter(|word| !matches!(word.value.as_deref(), Some("-e" | "-n" | "-en" | "-ne")))
        .map(|word| word.value.as_deref())
        .collect();
    // dash's echo and every printf turn \n into a newline.
    Some((words?.join(" ").replace("\\n", "\n"), place))
}

fn heredoc_file(step: &Step, path: &str) -> Option<(String, Place)> {
    let destination = step.destination()?;
    let heredoc = step.instruction.heredocs.iter().find(|heredoc| {
        destination == path || format!("{}/{}", destination.trim_end_matches('/'), heredoc.name) == path
    })?;
    let text = step.heredoc_text(heredoc)?;
    Some((text.to_owned(), Place::Dockerfile(heredoc.body)))
}

#[cfg(test)]
mod tests {
    use super::super::asking::ask;
    use super::file_at;

    fn text_at(dockerfile: &str, path: &str) -> Option<String> {
        let files = [("a.sh", "A"), ("bin/b.sh", "B"), ("c", "C")];
        ask(dockerfile, &files, |facts| Some(file_at(&facts.steps().all, path, facts.input.context)?.0))
    }

    #[test]
    fn a_file_is_found_below_where_it_was_copied() {
        let text = "FROM x\nWORKDIR /app\nCOPY . .\nCOPY bin /usr/local/bin\nCOPY a.sh c /opt/\nCOPY c /renamed\n";
        for (path, found) in [
            ("/app/a.sh", "A"),
            ("/app/bin/b.sh", "B"),
            ("/usr/local/bin/b.sh", "B"),
            ("/opt/c", "C"),
            ("/renamed", "C"),
        ] {
            assert_eq!(text_at(text, path).as_deref(), Some(found), "{path}");
        }
        assert_eq!(text_at(text, "/opt/b.sh"), None);
    }

    #[test]
    fn quotes_and_variables_of_a_source_are_read() {
        let text = "FROM x\nARG dir=bin\nCOPY \"a.sh\" 'c' /opt/\nCOPY $dir/b.sh /b/\n";
        assert_eq!(text_at(text, "/opt/a.sh").as_deref(), Some("A"));
        assert_eq!(text_at(text, "/opt/c").as_deref(), Some("C"));
        assert_eq!(text_at(text, "/b/b.sh").as_deref(), Some("B"));
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_at_hand() {
        let text = "FROM x\nCOPY --from=y a.sh /a.sh\nADD https://example.com/a.sh /b/\nCOPY *.sh /d/\n";
        for path in ["/a.sh", "/b/a.sh", "/d/a.sh"] {
            assert_eq!(text_at(text, path), None, "{path}");
        }
    }

    #[test]
    fn the_last_writer_counts() {
        assert_eq!(text_at("FROM x\nCOPY a.sh /s\nRUN echo new > /s\n", "/s").as_deref(), Some("new"));
        assert_eq!(text_at("FROM x\nRUN echo old > /s\nCOPY a.sh /s\n", "/s").as_deref(), Some("A"));
    }
}
