//! The table of rules and the transforms know each other.

use std::fs;
use std::path::Path;

use harden::templates::{Answer, Rules};
use harden::transforms::{ALL, named};

/// Transforms that no rule asks for.
const WITHOUT_RULE: [&str; 1] = ["npm_ci"];

#[test]
fn every_transform_that_a_rule_names_exists() {
    for rule in Rules::default().all() {
        let Answer::Transforms(transforms) = rule.answer else { continue };
        assert!(!transforms.is_empty(), "{}", rule.id);
        for name in transforms.keys() {
            assert!(named(name).is_some(), "{}: no transform is called {name}", rule.id);
        }
    }
}

#[test]
fn every_transform_answers_a_rule_or_is_known_to_answer_none() {
    let rules = Rules::default();
    let answers = rules.by_transform();
    for transform in ALL {
        let answers_none = !answers.contains_key(transform.name);
        assert_eq!(answers_none, WITHOUT_RULE.contains(&transform.name), "{}", transform.name);
    }
}

#[test]
fn every_file_of_the_folder_is_part_of_the_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/rules");
    let rules = Rules::default();
    let all = rules.all();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let name = text.lines().find_map(|line| line.strip_prefix("name = ")).unwrap().trim_matches('"');
        assert!(all.iter().any(|rule| rule.set == name), "{name}");
    }
}
