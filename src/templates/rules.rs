//! `rules/*.toml`: the rules of scanners and standards, and what answers them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::TemplateError;
use super::rule_ids::Typed;
use super::table::{read, replace_list};

const BUILTIN: [(&str, &str); 14] = [
    ("rules/cis.toml", include_str!("../../templates/rules/cis.toml")),
    ("rules/owasp.toml", include_str!("../../templates/rules/owasp.toml")),
    ("rules/nist.toml", include_str!("../../templates/rules/nist.toml")),
    ("rules/kubernetes.toml", include_str!("../../templates/rules/kubernetes.toml")),
    ("rules/openshift.toml", include_str!("../../templates/rules/openshift.toml")),
    ("rules/scout.toml", include_str!("../../templates/rules/scout.toml")),
    ("rules/hadolint.toml", include_str!("../../templates/rules/hadolint.toml")),
    ("rules/buildkit.toml", include_str!("../../templates/rules/buildkit.toml")),
    ("rules/trivy.toml", include_str!("../../templates/rules/trivy.toml")),
    ("rules/checkov.toml", include_str!("../../templates/rules/checkov.toml")),
    ("rules/kics.toml", include_str!("../../templates/rules/kics.toml")),
    ("rules/dockle.toml", include_str!("../../templates/rules/dockle.toml")),
    ("rules/semgrep.toml", include_str!("../../templates/rules/semgrep.toml")),
    ("rules/tally.toml", include_str!("../../templates/rules/tally.toml")),
];

/// The rules of scanners and standards. Only who asks for them pays for reading the built-in files.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    with_overlays: Option<Vec<RuleSet>>,
}

/// A rule, and what `harden` does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a> {
    /// The scanner or the standard.
    pub set: &'a str,
    /// What the scanner prints.
    pub id: &'a str,
    /// What the rule finds.
    pub title: &'a str,
    /// What `harden` does about it.
    pub answer: Answer<'a>,
}

/// What `harden` does about a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// These transforms answer it: the name of each, and what it does for the rule.
    Transforms(&'a BTreeMap<String, String>),
    /// It changes nothing, for this reason.
    WhyNot(&'a str),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleSet {
    /// The file that it was read from.
    #[serde(skip)]
    file: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    rule: BTreeMap<String, Entry>,
}

/// A rule as the file says it.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Fields")]
struct Entry {
    title: Option<String>,
    also: Vec<String>,
    says: Says,
}

#[derive(Debug, Clone)]
enum Says {
    Transforms(BTreeMap<String, String>),
    WhyNot(String),
    Like(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Fields {
    title: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    transforms: Option<BTreeMap<String, String>>,
    why_not: Option<String>,
    like: Option<String>,
}

impl TryFrom<Fields> for Entry {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        let Fields { title, also, transforms, why_not, like } = fields;
        let says = match (transforms, why_not, like) {
            (Some(transforms), None, None) if !transforms.is_empty() => Says::Transforms(transforms),
            (None, Some(reason), None) => Says::WhyNot(reason),
            (None, None, Some(id)) => Says::Like(id),
            _ => return Err("a rule has exactly one of `transforms`, `why-not` and `like`"),
        };
        match (&title, &says) {
            (None, Says::Transforms(_) | Says::WhyNot(_)) => Err("a rule without `like` needs a `title`"),
            _ => Ok(Self { title, also, says }),
        }
    }
}

impl Rules {
    /// The rules that `typed` may mean: one, unless several sets have the same id.
    pub fn find(&self, typed: &str) -> Vec<Rule<'_>> {
        let typed = Typed::new(typed);
        let named = self.select(|set, id, entry| {
            typed.is(id, &set.prefixes) || entry.also.iter().any(|also| typed.is(also, &set.prefixes))
        });
        if named.is_empty() {
            return self.select(|set, id, _| typed.ends_in(id) || typed.is_uuid_of(id, &set.prefixes));
        }
        named
    }

    /// The ids of the rules that each transform answers, by the transform's name.
    pub fn by_transform(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for rule in self.all() {
            let Answer::Transforms(transforms) = rule.answer else { continue };
            for name in transforms.keys() {
                ids.entry(name).or_default().push(rule.id);
            }
        }
        ids
    }

    /// Every rule, set by set.
    pub fn all(&self) -> Vec<Rule<'_>> {
        self.select(|_, _, _| true)
    }

    fn select(&self, wanted: impl Fn(&RuleSet, &str, &Entry) -> bool) -> Vec<Rule<'_>> {
        let rules = self.sets().iter().flat_map(|set| set.rule.iter().map(move |(id, entry)| (set, id, entry)));
        rules
            .filter(|(set, id, entry)| wanted(set, id, entry))
            .filter_map(|(set, id, entry)| self.rule(set, id, entry))
            .collect()
    }

    fn rule<'a>(&'a self, set: &'a RuleSet, id: &'a str, entry: &'a Entry) -> Option<Rule<'a>> {
        const LONGEST_CHAIN: usize = 8;
        let (mut title, mut entry) = (None, entry);
        for _ in 0..LONGEST_CHAIN {
            title = title.or(entry.title.as_deref());
            let answer = match &entry.says {
                Says::Transforms(transforms) => Answer::Transforms(transforms),
                Says::WhyNot(reason) => Answer::WhyNot(reason),
                Says::Like(id) => {
                    entry = self.sets().iter().find_map(|set| set.rule.get(id))?;
                    continue;
                }
            };
            return Some(Rule { set: &set.name, id, title: title?, answer });
        }
        None
    }

    fn sets(&self) -> &[RuleSet] {
        self.with_overlays.as_deref().unwrap_or_else(|| builtin())
    }

    pub(super) fn overlay(&mut self, file: &str, text: &str) -> Result<(), TemplateError> {
        let later = read_set(file, text)?;
        let sets = self.with_overlays.get_or_insert_with(|| builtin().to_vec());
        match sets.iter_mut().find(|set| set.file == file) {
            Some(set) => set.merge(later),
            None => sets.push(later.or_named(file)),
        }
        self.check(file, text)
    }

    /// Every chain of `like` ends in an answer.
    fn check(&self, file: &str, text: &str) -> Result<(), TemplateError> {
        for set in self.sets() {
            for (id, entry) in &set.rule {
                if self.rule(set, id, entry).is_none() {
                    return Err(TemplateError::unsound(file, text, id, "`like` leads to no answer"));
                }
            }
        }
        Ok(())
    }
}

impl RuleSet {
    fn or_named(mut self, name: &str) -> Self {
        if self.name.is_empty() {
            self.name = name.to_owned();
        }
        self
    }

    fn merge(&mut self, later: Self) {
        if !later.name.is_empty() {
            self.name = later.name;
        }
        replace_list(&mut self.prefixes, later.prefixes);
        self.rule.extend(later.rule);
    }
}

/// Whether a template of this name is a rule set.
pub(super) fn is_rule_set(file: &str) -> bool {
    file.starts_with("rules/") && file.ends_with(".toml")
}

fn builtin() -> &'static [RuleSet] {
    static SETS: OnceLock<Vec<RuleSet>> = OnceLock::new();
    // A test reads every built-in file, so that no released program can fail here.
    SETS.get_or_init(|| {
        BUILTIN.map(|(file, text)| read_set(file, text).expect("the built-in templates are valid")).into()
    })
}

fn read_set(file: &str, text: &str) -> Result<RuleSet, TemplateError> {
    Ok(RuleSet { file: file.to_owned(), ..read(file, text)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(rules: &[Rule]) -> Vec<String> {
        rules.iter().map(|rule| rule.id.to_owned()).collect()
    }

    #[test]
    fn every_rule_has_an_answer() {
        let rules = Rules::default();
        for (file, text) in BUILTIN {
            assert_eq!(rules.check(file, text), Ok(()));
        }
        assert!(rules.all().len() > 400);
    }

    #[test]
    fn every_id_is_of_one_rule_alone() {
        let rules = Rules::default();
        for rule in rules.all() {
            let typed = Typed::new(rule.id);
            assert_eq!(ids(&rules.select(|set, id, _| typed.is(id, &set.prefixes))), [rule.id]);
        }
    }

    #[test]
    fn every_other_id_of_a_rule_finds_it() {
        let rules = Rules::default();
        for (id, entry) in rules.sets().iter().flat_map(|set| &set.rule) {
            for also in &entry.also {
                assert!(ids(&rules.find(also)).contains(id), "{id}: {also}");
            }
        }
    }

    #[test]
    fn what_several_sets_know_finds_all_of_them() {
        assert_eq!(ids(&Rules::default().find("missing dnf clean all")), ["KICS-295acb63", "missing-dnf-clean-all"]);
    }

    #[test]
    fn titles_and_words_are_parts_of_a_sentence() {
        for rule in Rules::default().all() {
            let words: Vec<&str> = match rule.answer {
                Answer::Transforms(transforms) => transforms.values().map(String::as_str).collect(),
                Answer::WhyNot(reason) => vec![reason],
            };
            for text in words.iter().chain([&rule.title]) {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", rule.id);
            }
        }
    }

    #[test]
    fn a_rule_is_found_however_it_is_typed() {
        let rules = Rules::default();
        for (typed, id) in [
            ("dl3002", "DL3002"),
            ("hadolint DL3002", "DL3002"),
            ("cis 4.1", "CIS-4.1"),
            ("4.1", "CIS-4.1"),
            ("NIST SP 800-190 4.1.1", "NIST-4.1.1"),
            ("owasp rule #2", "OWASP-2"),
            ("ckv_docker_3", "CKV_DOCKER_3"),
            ("AVD-DS-0002", "DS-0002"),
            ("DS002", "DS-0002"),
            ("jsonargsrecommended", "JSONArgsRecommended"),
            ("sort-packages", "tally/sort-packages"),
            ("Run Using Sudo", "KICS-8ada6e80"),
            ("8ada6e80", "KICS-8ada6e80"),
            ("8ada6e80-0000-4000-8000-000000000000", "KICS-8ada6e80"),
            ("dockerfile.security.missing-user.missing-user", "missing-user"),
            ("SC2086", "SC####"),
        ] {
            assert_eq!(ids(&rules.find(typed)), [id], "{typed}");
        }
        assert!(rules.find("CIS-9.1").is_empty());
        assert!(rules.find("").is_empty());
    }

    #[test]
    fn a_rule_like_another_has_its_answer_and_a_title_of_its_own() {
        let rules = Rules::default();
        let (latest, untagged) = (rules.find("DL3007")[0], rules.find("DL3006")[0]);
        assert_eq!(latest.answer, untagged.answer);
        assert_ne!(latest.title, untagged.title);
        assert_eq!(rules.find("DS-0001")[0].title, latest.title);
    }

    #[test]
    fn an_overlay_replaces_rules_and_adds_sets() {
        let mut rules = Rules::default();
        rules.overlay("rules/hadolint.toml", "[rule.DL3008]\ntitle = \"a\"\nwhy-not = \"b\"").unwrap();
        rules.overlay("rules/mine.toml", "[rule.DL3008]\nlike = \"DL3009\"\n[rule.MY-1]\nlike = \"DL3008\"").unwrap();
        assert_eq!(rules.find("hadolint DL3008")[0].answer, Answer::WhyNot("b"));
        let sets: Vec<&str> = rules.find("DL3008").iter().map(|rule| rule.set).collect();
        assert_eq!(sets, ["hadolint", "rules/mine.toml"]);
        assert_eq!(rules.find("MY-1")[0].title, "a");
        assert_eq!(rules.find("DL3009"), Rules::default().find("DL3009"));
    }

    #[test]
    fn a_rule_with_two_answers_or_none_is_an_error() {
        for (text, reason) in [
            ("title = \"a\"", "a rule has exactly one of"),
            ("title = \"a\"\ntransforms = {}", "a rule has exactly one of"),
            ("title = \"a\"\nwhy-not = \"b\"\nlike = \"DL3002\"", "a rule has exactly one of"),
            ("why-not = \"b\"", "a rule without `like` needs a `title`"),
        ] {
            let error = Rules::default().overlay("rules/mine.toml", &format!("[rule.A]\n{text}")).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn a_chain_that_leads_nowhere_names_its_line() {
        for text in ["\n[rule.A-1]\nlike = \"A-2\"", "\n[rule.A-1]\nlike = \"A-1\""] {
            let error = Rules::default().overlay("rules/mine.toml", text).unwrap_err();
            assert_eq!(error.to_string(), "rules/mine.toml:2: A-1: `like` leads to no answer");
        }
    }
}
