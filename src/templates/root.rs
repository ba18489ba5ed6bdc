//! `root.toml`: signs that a container must start as root.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::Table;

/// All signs that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Root {
    #[serde(default)]
    program: BTreeMap<String, String>,
    #[serde(default)]
    doubt: BTreeMap<String, String>,
    #[serde(default)]
    word: BTreeMap<String, String>,
    #[serde(default)]
    mention: BTreeMap<String, String>,
    #[serde(default)]
    path: BTreeMap<String, String>,
    #[serde(default)]
    install: BTreeMap<String, Install>,
    #[serde(default)]
    home: BTreeMap<String, Home>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Install {
    verbs: Vec<String>,
    because: String,
}

/// Something that a build downloads into the home of whoever runs it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// The variable that chooses another folder.
    pub variable: String,
    /// What is kept there, for the reader.
    pub keeps: String,
    /// Whether the variable counts only where the folder is there already.
    #[serde(default)]
    pub made: bool,
    /// Words by which a call names a folder of its own.
    #[serde(default)]
    elsewhere: Vec<String>,
}

impl Root {
    /// Why a container that starts `program` must start as root. A path counts as its whole and as its last part.
    pub fn program(&self, program: &str) -> Option<&str> {
        self.program.get(program).or_else(|| self.program.get(base_name(program))).map(String::as_str)
    }

    /// Why a container that starts `program` may need root, as long as nobody has seen it do without.
    pub fn doubt(&self, program: &str) -> Option<&str> {
        self.doubt.get(base_name(program)).map(String::as_str)
    }

    /// Why a container whose scripts or settings have `word` must start as root.
    pub fn word(&self, word: &str) -> Option<&str> {
        self.word.get(word).map(String::as_str)
    }

    /// Why a program whose own texts say this must start as root.
    pub fn mentioned_in(&self, text: &str) -> Option<&str> {
        self.mention.iter().find(|(word, _)| text.contains(word.as_str())).map(|(_, because)| because.as_str())
    }

    /// Why a script that writes to `path` when the container starts needs root.
    pub fn writes_to(&self, path: &str) -> Option<&str> {
        self.path.iter().find(|(start, _)| path.starts_with(start.as_str())).map(|(_, because)| because.as_str())
    }

    /// What a RUN line with `text` downloads into its user's home. A function counts as its whole and as its last part.
    pub fn home(&self, text: &str) -> Option<&Home> {
        let words = || text.split(|ch: char| ch.is_whitespace() || "\"'`;&|()/,=".contains(ch));
        let last = |word: &str| word.rsplit_once('.').and_then(|(_, name)| self.home.get(name));
        let home = words().find_map(|word| self.home.get(word).or_else(|| last(word)))?;
        let is_elsewhere = words().any(|word| home.elsewhere.iter().any(|known| known == word));
        let names_home = text.contains("/root") || text.contains('~') || text.contains("$HOME");
        (!is_elsewhere || names_home).then_some(home)
    }

    /// Why a container that calls `program` with the sub-command `verb` when it starts needs root.
    pub fn install_at_start(&self, program: &str, verb: Option<&str>) -> Option<&str> {
        let install = self.install.get(base_name(program))?;
        let is_named = install.verbs.iter().any(|known| Some(known.as_str()) == verb);
        (install.verbs.is_empty() || is_named).then_some(install.because.as_str())
    }
}

fn base_name(program: &str) -> &str {
    program.rsplit_once('/').map_or(program, |(_, name)| name)
}

impl Table for Root {
    const FILE: &'static str = "root.toml";
    const TEXT: &'static str = include_str!("../../templates/root.toml");

    fn merge(&mut self, later: Self) {
        self.program.extend(later.program);
        self.doubt.extend(later.doubt);
        self.word.extend(later.word);
        self.mention.extend(later.mention);
        self.path.extend(later.path);
        self.install.extend(later.install);
        self.home.extend(later.home);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_downloaded_into_the_home_is_known_by_the_call() {
        let root = Root::builtin();
        let variable = |text| root.home(text).map(|home| home.variable.as_str());
        assert_eq!(variable("python -c \"AutoModel.from_pretrained('x')\""), Some("HF_HOME"));
        assert_eq!(variable("python -m nltk.downloader punkt"), Some("NLTK_DATA"));
        assert_eq!(variable("python -m nltk.downloader -d /usr/share/nltk_data punkt"), None);
        assert_eq!(variable("python -m nltk.downloader -d ~/data punkt"), Some("NLTK_DATA"));
        assert_eq!(variable("python -m compileall ."), None);
    }

    #[test]
    fn a_program_is_known_by_its_name_or_its_path() {
        let root = Root::builtin();
        assert!(root.program("gosu").unwrap().contains("another user"));
        assert_eq!(root.program("/usr/local/bin/gosu"), root.program("gosu"));
        assert!(root.program("/init").is_some());
        assert_eq!(root.program("init"), None);
        assert_eq!(root.program("/app/init"), None);
        assert_eq!(root.program("gunicorn"), None);
    }

    #[test]
    fn words_are_exact() {
        let root = Root::builtin();
        assert!(root.word("PUID").is_some());
        assert_eq!(root.word("puid"), None);
        assert_eq!(root.word("PUIDS"), None);
    }

    #[test]
    fn a_write_into_the_system_needs_root() {
        let root = Root::builtin();
        assert!(root.writes_to("/etc/hosts").is_some());
        assert_eq!(root.writes_to("/app/etc/x"), None);
        assert_eq!(root.writes_to("/tmp/x"), None);
    }

    #[test]
    fn an_install_at_start_is_a_program_with_a_verb() {
        let root = Root::builtin();
        assert!(root.install_at_start("pip", Some("install")).is_some());
        assert!(root.install_at_start("/usr/bin/apt-get", Some("update")).is_some());
        assert!(root.install_at_start("mvn", None).is_some());
        assert_eq!(root.install_at_start("npm", Some("start")), None);
        assert_eq!(root.install_at_start("npm", None), None);
    }

    #[test]
    fn an_overlay_adds_a_program() {
        let mut root = Root::builtin();
        root.overlay("[program]\nmyinit = \"it mounts\"\n").unwrap();
        assert_eq!(root.program("myinit"), Some("it mounts"));
        assert!(root.program("gosu").is_some());
    }
}
