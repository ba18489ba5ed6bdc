//! Reads the path that an expression means, where it is made of literals and of the source file's own place.

use std::collections::BTreeMap;

use super::Place;
use crate::context::Context;
use crate::context::role::Language;
use crate::context::scan::{Source, Token};

/// A path and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) place: Place,
    pub(super) path: String,
}

impl Path {
    pub(super) fn literal(path: &str) -> Self {
        let place = if path.starts_with('/') { Place::Absolute } else { Place::WorkingDirectory };
        Self { place, path: path.to_owned() }
    }

    fn code(path: &str) -> Self {
        Self { place: Place::Code, path: path.to_owned() }
    }

    fn join(self, part: &str) -> Self {
        if part.starts_with('/') {
            return Self::literal(part);
        }
        Self { path: format!("{}/{part}", self.path), ..self }
    }

    /// Without `.` and `..`; `None` where it is no plain path or leads out of its place.
    pub(super) fn tidy(self) -> Option<Self> {
        if self.path.contains(|ch: char| ch.is_control() || ":*?~$%{}<>|\\ ".contains(ch)) {
            return None;
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in self.path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                _ => parts.push(part),
            }
        }
        let root = if self.place == Place::Absolute { "/" } else { "" };
        (!parts.is_empty()).then(|| Self { place: self.place, path: format!("{root}{}", parts.join("/")) })
    }
}

/// The paths that a source gives names to.
pub(super) struct Paths<'a> {
    file: &'a str,
    instance: String,
    /// The first token of the assignment and its path; `None` after a second, different one.
    names: BTreeMap<&'a str, (usize, Option<Path>)>,
}

impl<'a> Paths<'a> {
    pub(super) fn of(context: &Context, source: &Source<'a>) -> Self {
        let folder = folder(source.path);
        let package = context.exists(&format!("{folder}/__init__.py"));
        let instance = format!("{}/instance", if package { self::folder(folder) } else { folder });
        let mut paths = Self { file: source.path, instance, names: BTreeMap::new() };
        if matches!(
            source.language,
            Language::Python | Language::JavaScript | Language::Jvm | Language::Go | Language::Ruby
        ) {
            paths.assignments(source);
        }
        paths
    }

    fn assignments(&mut self, source: &Source<'a>) {
        for (at, window) in source.tokens.windows(4).enumerate() {
            let (name, start) = match window {
                [Token::Word(name), Token::Sign(b':'), Token::Sign(b'='), _] => (name, at + 3),
                [Token::Word(name), Token::Sign(b'='), ..] => (name, at + 2),
                _ => continue,
            };
            let value = source.statement(start);
            let is_none = matches!(value.first(), None | Some(Token::Sign(b'=' | b'>' | b'{' | b'[')));
            if is_none || is_bare_variable(value) {
                continue;
            }
            let path = self.read(value);
            self.names
                .entry(name)
                .and_modify(|known| known.1 = known.1.take().filter(|known| Some(known) == path.as_ref()))
                .or_insert((at, path));
        }
    }

    /// The named paths, each with the token of its name.
    pub(super) fn assigned(&self) -> impl Iterator<Item = (usize, &Path)> {
        self.names.values().filter_map(|(at, path)| path.as_ref().map(|path| (*at, path)))
    }

    /// The path that the expression means.
    pub(super) fn read(&self, expression: &[Token<'a>]) -> Option<Path> {
        let mut path: Option<Path> = None;
        let mut parents = 0_usize;
        let mut rest = expression;
        let mut glue = false;
        while let Some((token, after)) = rest.split_first() {
            rest = after;
            match token {
                Token::Word("getenv") if after.starts_with(&[Token::Sign(b'('), Token::Sign(b')')]) => {}
                Token::Word("get" | "getenv" | "Getenv" | "getOrDefault" | "fetch") => {
                    rest = without_variable(after)?;
                }
                // `process.env["NAME"]`
                Token::Word("env") if after.first() == Some(&Token::Sign(b'[')) => rest = after.get(3..)?,
                // `process.env.NAME`, `Paths.get(…)`
                Token::Word("env" | "Paths") => rest = after.get(2..)?,
                Token::Word("parents") => {
                    let [Token::Sign(b'['), Token::Word(index), Token::Sign(b']'), after @ ..] = after else {
                        return None;
                    };
                    path = Some(up(path?, index.parse::<u8>().ok()? as usize + 1));
                    rest = after;
                }
                Token::Word("parent") => path = Some(up(path?, 1)),
                Token::Word("dirname") => parents += 1,
                Token::Word("__file__") => path = Some(up(Path::code(self.file), std::mem::take(&mut parents))),
                Token::Word("__dirname") => {
                    path = Some(up(Path::code(folder(self.file)), std::mem::take(&mut parents)))
                }
                Token::Word("instance_path") => path = Some(Path::code(&self.instance)),
                Token::Word(word) if is_neutral(word) => {}
                Token::Word(name) => {
                    let known = self.names.get(name)?.1.clone()?;
                    path = path.is_none().then(|| up(known, std::mem::take(&mut parents)));
                    path.as_ref()?;
                }
                Token::Text(text) => {
                    path = Some(match path {
                        None => Path::literal(text),
                        Some(path) if glue => Path { path: path.path + text, ..path },
                        Some(path) => path.join(text),
                    });
                }
                Token::Sign(b'+') => glue = true,
                Token::Sign(b'(' | b')' | b'.' | b',' | b'/' | b'|' | b'?') => glue = false,
                Token::Hole | Token::Sign(_) => return None,
            }
        }
        path.filter(|_| parents == 0)
    }
}

/// What follows the name of an environment variable: its default.
fn without_variable<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    match tokens {
        [Token::Sign(b'('), Token::Text(_), Token::Sign(b','), default @ ..]
        | [Token::Sign(b'('), Token::Text(_), Token::Sign(b')'), Token::Word("or") | Token::Sign(b','), default @ ..] => {
            Some(default)
        }
        _ => None,
    }
}

/// `os.Getenv("NAME")` in Go: what it is where the variable is not set, a later line says.
fn is_bare_variable(value: &[Token<'_>]) -> bool {
    matches!(
        value,
        [
            Token::Word("os"),
            Token::Sign(b'.'),
            Token::Word("Getenv"),
            Token::Sign(b'('),
            Token::Text(_),
            Token::Sign(b')')
        ]
    )
}

fn is_neutral(word: &str) -> bool {
    matches!(
        word,
        "os" | "path"
            | "pathlib"
            | "Path"
            | "PurePath"
            | "Files"
            | "of"
            | "new"
            | "File"
            | "environ"
            | "process"
            | "cwd"
            | "getcwd"
            | "System"
            | "ENV"
            | "cmp"
            | "Or"
            | "join"
            | "resolve"
            | "absolute"
            | "abspath"
            | "realpath"
            | "str"
            | "filepath"
            | "Join"
            | "app"
            | "current_app"
    )
}

fn up(path: Path, levels: usize) -> Path {
    Path { path: path.path + &"/..".repeat(levels), ..path }
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
