//! The literal HTTP routes that answer GET, from decorators and route calls.
//!
//! A route counts only where its whole path is certain: a router whose prefix or mount can't be told has no routes here.

mod annotations;
mod go;
mod javascript;
mod python;
mod statements;

use std::collections::BTreeMap;

use super::Context;
use super::role::Language;
use super::scan::{Source, Token, sources};

/// A route and where it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The whole path, such as `/health`.
    pub path: String,
    /// The file that says so.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The file that makes the application that serves it, where that is certain.
    pub application: Option<String>,
}

/// The literal routes that answer GET, in the order of files and lines.
#[must_use]
pub fn routes(context: &Context) -> Vec<Found> {
    let files = Files::of(context.texts().map(|(path, _)| path));
    let surfaces = sources(context).map(|source| (source.path, surface(context, &files, &source))).collect();
    let mut app = App { surfaces };
    app.name_roots();
    let mut found: Vec<Found> = app.surfaces.keys().flat_map(|file| app.routes_of(file)).collect();
    found.sort_unstable();
    found.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    found.dedup();
    found
}

/// Whether the source makes an application of its own, whose routes start at `/`.
#[must_use]
pub fn makes_application(context: &Context, file: &str) -> bool {
    let files = Files::of(context.texts().map(|(path, _)| path));
    let is_root = |router: &Option<Router>| matches!(router, Some(Router::Root));
    sources(context)
        .find(|source| source.path == file)
        .is_some_and(|source| surface(context, &files, &source).routers.values().any(is_root))
}

fn surface<'a>(context: &Context, files: &Files<'a>, source: &Source<'a>) -> Surface<'a> {
    let mut surface = Surface::default();
    match source.language {
        Language::Python => python::read(files, source, &mut surface),
        Language::JavaScript => {
            javascript::read(files, source, &mut surface);
            statements::node(source, &mut surface);
            annotations::read(context, source, &mut surface);
        }
        Language::Go => go::read(source, &mut surface),
        Language::Jvm => {
            annotations::read(context, source, &mut surface);
            statements::jdk(source, &mut surface);
        }
        Language::Php => {
            annotations::read(context, source, &mut surface);
            statements::php(source, &mut surface);
        }
        Language::Ruby => statements::ruby(context, source, &mut surface),
        Language::CSharp => statements::csharp(source, &mut surface),
        Language::Rust => {}
    }
    surface
}

/// What one source says about routes.
#[derive(Default)]
struct Surface<'a> {
    /// The routers by their names; `None` where two different ones share a name.
    routers: BTreeMap<&'a str, Option<Router<'a>>>,
    mounts: Vec<Mount<'a>>,
    routes: Vec<Route<'a>>,
    imports: BTreeMap<&'a str, Import<'a>>,
    /// The file whose `urlpatterns` are the root, where this source sets it.
    root: Option<&'a str>,
}

#[derive(Clone, PartialEq, Eq)]
enum Router<'a> {
    /// An application: its routes start at `/`, unless it is mounted itself.
    Root,
    /// It serves where it is mounted, with its own prefix if that is literal.
    Child(Option<&'a str>),
    /// It is made from another router of the same source.
    Group(&'a str, Option<&'a str>),
}

struct Mount<'a> {
    parent: &'a str,
    /// A name, or a module and a name in it.
    child: Vec<&'a str>,
    prefix: Option<&'a str>,
    /// The prefix takes the place of the child's own.
    replaces: bool,
}

struct Route<'a> {
    /// The router that it belongs to; `None` where the path is whole.
    router: Option<&'a str>,
    path: String,
    line: usize,
}

/// Where an imported name comes from; without a symbol it is the module itself.
struct Import<'a> {
    file: &'a str,
    symbol: Option<&'a str>,
}

impl<'a> Surface<'a> {
    fn bind(&mut self, name: &'a str, router: Router<'a>) {
        let known = self.routers.entry(name).or_insert_with(|| Some(router.clone()));
        if *known != Some(router) {
            *known = None;
        }
    }

    fn route(&mut self, router: Option<&'a str>, path: &str, line: usize) {
        self.routes.push(Route { router, path: path.to_owned(), line });
    }
}

/// The paths of all texts, by their file names.
#[derive(Default)]
struct Files<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Files<'a> {
    fn of(paths: impl Iterator<Item = &'a str>) -> Self {
        let mut files = Self::default();
        for path in paths {
            files.0.entry(file_name(path)).or_default().push(path);
        }
        files
    }

    fn exact(&self, path: &str) -> Option<&'a str> {
        self.0.get(file_name(path))?.iter().find(|file| **file == path).copied()
    }

    /// The one file whose path ends so, at a `/`.
    fn ending(&self, path: &str) -> Option<&'a str> {
        let ends =
            |file: &&&str| file.strip_suffix(path).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        let mut found = self.0.get(file_name(path))?.iter().filter(ends);
        found.next().filter(|_| found.next().is_none()).copied()
    }
}

struct App<'a> {
    surfaces: BTreeMap<&'a str, Surface<'a>>,
}

/// Imports and mounts are followed no further than this: they may run in circles.
const MAX_STEPS: usize = 8;

impl<'a> App<'a> {
    fn name_roots(&mut self) {
        let roots: Vec<&str> = self.surfaces.values().filter_map(|surface| surface.root).collect();
        for root in roots {
            if let Some(surface) = self.surfaces.get_mut(root) {
                surface.routers.insert(python::URLS, Some(Router::Root));
            }
        }
    }

    fn routes_of(&self, file: &'a str) -> Vec<Found> {
        let Some(surface) = self.surfaces.get(file) else { return Vec::new() };
        let found = |route: &Route<'a>| {
            let prefix =
                route.router.map_or_else(|| Some(Prefix::default()), |name| self.prefix(file, name, MAX_STEPS))?;
            let path = join(&prefix.path, &route.path);
            (!path.contains(['<', '{', ':', '*', '(', '[', ' '])).then(|| Found {
                path,
                file: file.to_owned(),
                line: route.line,
                application: prefix.application.map(str::to_owned),
            })
        };
        surface.routes.iter().filter_map(found).collect()
    }

    /// The path at which a router serves.
    fn prefix(&self, file: &'a str, name: &'a str, steps: usize) -> Option<Prefix<'a>> {
        let steps = steps.checked_sub(1)?;
        let surface = self.surfaces.get(file)?;
        match surface.routers.get(name) {
            Some(Some(Router::Root)) => match self.mounted(file, name, Some(""), steps) {
                Mounted::Nowhere => Some(Prefix { path: String::new(), application: Some(file) }),
                Mounted::At(prefix) => Some(prefix),
                Mounted::Unclear => None,
            },
            Some(Some(Router::Child(own))) => match self.mounted(file, name, *own, steps) {
                Mounted::At(prefix) => Some(prefix),
                Mounted::Nowhere | Mounted::Unclear => None,
            },
            Some(Some(Router::Group(parent, own))) => Some(self.prefix(file, parent, steps)?.below(own.as_ref()?)),
            Some(None) => None,
            None => match self.resolve(file, &[name], steps) {
                Some((other, name)) => self.prefix(other, name, steps),
                // A parameter of this name is the application by custom.
                None => (name == "app" && !surface.imports.contains_key(name)).then(Prefix::default),
            },
        }
    }

    fn mounted(&self, file: &'a str, name: &'a str, own: Option<&str>, steps: usize) -> Mounted<'a> {
        let mut only = None;
        for (other, surface) in &self.surfaces {
            for mount in &surface.mounts {
                if self.resolve(other, &mount.child, steps) == Some((file, name))
                    && only.replace((*other, mount)).is_some()
                {
                    return Mounted::Unclear;
                }
            }
        }
        let Some((other, mount)) = only else { return Mounted::Nowhere };
        let own = if mount.replaces { Some("") } else { own };
        let prefix = || Some(self.prefix(other, mount.parent, steps)?.below(mount.prefix?).below(own?));
        prefix().map_or(Mounted::Unclear, Mounted::At)
    }

    /// The source that defines a router which another source names.
    fn resolve(&self, file: &'a str, name: &[&'a str], steps: usize) -> Option<(&'a str, &'a str)> {
        let steps = steps.checked_sub(1)?;
        let surface = self.surfaces.get(file)?;
        match name {
            [name] if surface.routers.contains_key(name) => Some((file, name)),
            [name] => {
                let import = surface.imports.get(name)?;
                self.resolve(import.file, &[import.symbol?], steps)
            }
            [module, name] => self.resolve(surface.imports.get(module)?.file, &[name], steps),
            _ => None,
        }
    }
}

enum Mounted<'a> {
    Nowhere,
    At(Prefix<'a>),
    Unclear,
}

/// Where a router serves.
#[derive(Default)]
struct Prefix<'a> {
    path: String,
    /// The source that makes the application; `None` where it is a parameter.
    application: Option<&'a str>,
}

impl Prefix<'_> {
    fn below(self, path: &str) -> Self {
        Self { path: join(&self.path, path), ..self }
    }
}

/// The two paths as one, with one `/` between them.
fn join(prefix: &str, path: &str) -> String {
    if path.is_empty() {
        return with_slash(prefix);
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    with_slash(&format!("{}/{path}", prefix.trim_end_matches('/')))
}

fn with_slash(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

/// The name that the expression is assigned to, given what stands before it: `x =`, `x: T =`, `x := new`.
fn assigned_to<'a>(before: &[Token<'a>]) -> Option<&'a str> {
    let mut before = before;
    while let [rest @ .., Token::Word(_), Token::Sign(b'.')] | [rest @ .., Token::Word("new" | "await")] = before {
        before = rest;
    }
    match before {
        [.., Token::Word(name), Token::Sign(b':'), Token::Word(_), Token::Sign(b'=')]
        | [.., Token::Word(name), Token::Sign(b':'), Token::Sign(b'=')]
        | [.., Token::Word(name), Token::Sign(b'=' | b':')] => Some(name),
        _ => None,
    }
}

/// The literal value of the keyword argument; `Some("")` where there is none, `None` where it is not literal.
fn prefix_argument<'a>(arguments: &[Token<'a>], name: &str) -> Option<&'a str> {
    let at = arguments
        .windows(2)
        .position(|pair| matches!(pair, [Token::Word(own), Token::Sign(b'=' | b':')] if *own == name));
    match at.map(|at| arguments.get(at + 2..).unwrap_or_default()) {
        None => Some(""),
        Some([Token::Text(text)] | [Token::Text(text), Token::Sign(b',' | b'}'), ..]) => Some(text),
        Some(_) => None,
    }
}

/// Whether a call with these arguments answers GET: it names no methods, or GET among them.
fn answers_get(arguments: &[Token<'_>]) -> bool {
    let methods = arguments.iter().position(|token| matches!(token, Token::Word("methods" | "method")));
    methods.is_none_or(|at| {
        let is_get = |token: &Token<'_>| matches!(token, Token::Text(method) if method.eq_ignore_ascii_case("get"));
        arguments.get(at..).unwrap_or_default().iter().any(is_get)
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests;
