//! Looking transforms and rules up by the names that a person types.

use harden::templates::{Rule, Rules};
use harden::transforms::{ALL, Transform, named};

use super::failure::Failure;

/// The transform called `name`.
pub fn find(name: &str) -> Result<&'static Transform, Failure> {
    named(name).ok_or_else(|| {
        let near = nearest(name, ALL.iter().map(|transform| transform.name));
        unknown(format!("no transform is called `{name}`"), &near)
    })
}

/// The rules that `name` may mean, at least one.
pub fn find_rules<'a>(name: &str, rules: &'a Rules) -> Result<Vec<Rule<'a>>, Failure> {
    let found = rules.find(name);
    if found.is_empty() {
        let all = rules.all();
        let near = nearest(name, ALL.iter().map(|transform| transform.name).chain(all.iter().map(|rule| rule.id)));
        return Err(unknown(format!("no transform and no rule is called `{name}`"), &near));
    }
    Ok(found)
}

fn unknown(message: String, near: &[&str]) -> Failure {
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    Failure::new(message).hint(match near.split_last() {
        Some((only, [])) => format!("did you mean {only}? `harden --list` shows the transforms"),
        Some((last, others)) => {
            format!("did you mean {} or {last}? `harden --list` shows the transforms", others.join(", "))
        }
        None => "`harden --list` shows the transforms".to_owned(),
    })
}

/// At most three names that differ in the fewest letters, and in less than half of their own.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let name = name.to_lowercase();
    let distances = known.map(|known| (strsim::damerau_levenshtein(&name, &known.to_lowercase()), known));
    let mut near: Vec<_> = distances.filter(|(distance, known)| distance * 2 < known.len()).collect();
    near.sort_unstable();
    let fewest = near.first().map(|(distance, _)| *distance);
    near.into_iter().take_while(|(distance, _)| Some(*distance) == fewest).take(3).map(|(_, known)| known).collect()
}
