//! The calls and settings that say what is written.

use super::paths::{Path, Paths};
use super::{Kind, is_database};
use crate::context::role::Language;
use crate::context::scan::{Source, Token, keyword};

/// What a function with this name writes at its first argument; a receiver that must stand before it, or `""`.
const FUNCTIONS: [(&str, &str, Kind); 42] = [
    ("", "makedirs", Kind::Directory),
    ("os", "mkdir", Kind::Directory),
    ("fs", "mkdir", Kind::Directory),
    ("promises", "mkdir", Kind::Directory),
    ("fsPromises", "mkdir", Kind::Directory),
    ("fsp", "mkdir", Kind::Directory),
    ("", "mkdirSync", Kind::Directory),
    ("", "ensureDir", Kind::Directory),
    ("", "ensureDirSync", Kind::Directory),
    ("os", "Mkdir", Kind::Directory),
    ("os", "MkdirAll", Kind::Directory),
    ("FileUtils", "mkdir_p", Kind::Directory),
    ("Dir", "mkdir", Kind::Directory),
    ("fs", "create_dir", Kind::Directory),
    ("fs", "create_dir_all", Kind::Directory),
    ("Files", "createDirectory", Kind::Directory),
    ("Files", "createDirectories", Kind::Directory),
    ("Directory", "CreateDirectory", Kind::Directory),
    ("", "FileHandler", Kind::File),
    ("", "RotatingFileHandler", Kind::File),
    ("", "TimedRotatingFileHandler", Kind::File),
    ("", "WatchedFileHandler", Kind::File),
    ("", "writeFile", Kind::File),
    ("", "writeFileSync", Kind::File),
    ("", "appendFile", Kind::File),
    ("", "appendFileSync", Kind::File),
    ("", "createWriteStream", Kind::File),
    ("os", "Create", Kind::File),
    ("os", "WriteFile", Kind::File),
    ("ioutil", "WriteFile", Kind::File),
    ("", "file_put_contents", Kind::File),
    ("File", "write", Kind::File),
    ("fs", "write", Kind::File),
    ("File", "create", Kind::File),
    ("", "FileOutputStream", Kind::File),
    ("", "FileWriter", Kind::File),
    ("Files", "writeString", Kind::File),
    ("File", "WriteAllText", Kind::File),
    ("File", "AppendAllText", Kind::File),
    ("sqlite3", "connect", Kind::Sqlite),
    ("aiosqlite", "connect", Kind::Sqlite),
    ("", "DatabaseSync", Kind::Sqlite),
];

/// What is written by the call or the setting whose name is the `at`th token.
pub(super) fn sink(source: &Source<'_>, paths: &Paths<'_>, at: usize) -> Option<(Kind, Path)> {
    match source.from(at) {
        [Token::Word("MEDIA_ROOT" | "UPLOAD_FOLDER"), Token::Sign(b'='), ..] => {
            Some((Kind::Directory, paths.read(source.statement(at + 2))?))
        }
        [Token::Text("UPLOAD_FOLDER"), Token::Sign(b']'), Token::Sign(b'='), ..] => {
            Some((Kind::Directory, paths.read(source.statement(at + 3))?))
        }
        [Token::Text("NAME"), Token::Sign(b':'), ..] => {
            let path = paths.read(first(source.arguments(at + 1)))?;
            is_database(&path.path).then_some((Kind::Sqlite, path))
        }
        [Token::Word(name), Token::Sign(b'('), ..] => call(source, paths, name, at),
        _ => None,
    }
}

/// Whether the call whose name is the `at`th token makes a directory.
pub(super) fn makes_directory(source: &Source<'_>, at: usize) -> bool {
    let [Token::Word(name), Token::Sign(b'('), ..] = source.from(at) else { return false };
    let before = source.before(at);
    let is_method = matches!(*name, "mkdir" | "mkdirs") && before.last() == Some(&Token::Sign(b'.'));
    is_method || is_imported_mkdir(source, name, at) || function(receiver(before), name) == Some(Kind::Directory)
}

/// `mkdir(…)` of `node:fs/promises`, or of PHP.
fn is_imported_mkdir(source: &Source<'_>, name: &str, at: usize) -> bool {
    let before = source.before(at);
    let is_called = receiver(before).is_none() && before.last() != Some(&Token::Word("function"));
    name == "mkdir" && is_called && matches!(source.language, Language::JavaScript | Language::Php)
}

fn call(source: &Source<'_>, paths: &Paths<'_>, name: &str, at: usize) -> Option<(Kind, Path)> {
    let receiver = receiver(source.before(at));
    let arguments = || source.arguments(at + 1);
    match name {
        "open" if receiver.is_none_or(|receiver| matches!(receiver, "io" | "codecs" | "File" | "aiofiles")) => {
            let arguments = arguments();
            writes_by_mode(arguments).then(|| paths.read(first(arguments)))?.map(|path| (Kind::File, path))
        }
        "mkdir" if is_imported_mkdir(source, name, at) => Some((Kind::Directory, paths.read(first(arguments()))?)),
        "mkdir" | "mkdirs" | "touch" | "write_text" | "write_bytes"
            if source.before(at).last() == Some(&Token::Sign(b'.')) =>
        {
            let kind = if name.starts_with("mkdir") { Kind::Directory } else { Kind::File };
            let path = paths
                .read(source.receiver_expression(at))
                .or_else(|| function(receiver, name).and_then(|_| paths.read(first(arguments()))))?;
            Some((kind, path))
        }
        // `new Database("x.db")` of better-sqlite3 and sqlite3.
        "Database" => {
            paths.read(first(arguments())).filter(|path| is_database(&path.path)).map(|path| (Kind::Sqlite, path))
        }
        "Open" if receiver == Some("sql") => match arguments() {
            [Token::Text(driver), Token::Sign(b','), path @ ..] if driver.starts_with("sqlite") => {
                Some((Kind::Sqlite, paths.read(path)?))
            }
            _ => None,
        },
        _ => Some((function(receiver, name)?, paths.read(first(arguments()))?)),
    }
}

fn function(receiver: Option<&str>, name: &str) -> Option<Kind> {
    let is = |own: &&(&str, &str, Kind)| own.1 == name && (own.0.is_empty() || receiver == Some(own.0));
    FUNCTIONS.iter().find(is).map(|own| own.2)
}

/// The word before `.` or `::`.
fn receiver<'a>(before: &[Token<'a>]) -> Option<&'a str> {
    match before {
        [.., Token::Word(word), Token::Sign(b'.')] | [.., Token::Word(word), Token::Sign(b':'), Token::Sign(b':')] => {
            Some(word)
        }
        [.., Token::Sign(b'.')] => Some(""),
        _ => None,
    }
}

fn writes_by_mode(arguments: &[Token<'_>]) -> bool {
    let rest = arguments.get(first(arguments).len() + 1..).unwrap_or_default();
    let mode = match rest {
        [mode @ Token::Text(_), ..] => Some(mode),
        _ => keyword(arguments, "mode"),
    };
    matches!(mode, Some(Token::Text(mode)) if mode.len() <= 4 && mode.contains(['w', 'a', 'x', '+']))
}

/// The first of the arguments.
fn first<'t, 'a>(arguments: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut depth = 0_usize;
    let end = arguments.iter().position(|token| {
        match token {
            Token::Sign(b'(' | b'[' | b'{') => depth += 1,
            Token::Sign(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
            Token::Sign(b',') => return depth == 0,
            _ => {}
        }
        false
    });
    arguments.get(..end.unwrap_or(arguments.len())).unwrap_or_default()
}
