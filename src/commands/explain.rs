//! `harden explain NAME|RULE`: a transform's page, or what `harden` does about a rule.

use harden::templates::{Answer, Rule, Rules};
use harden::transforms::{CHAPTERS, Transform, named};

use super::console::Console;
use super::failure::Failure;
use super::prose::{first_paragraph, wrapped};
use super::{Exit, config, names};

/// Prints the page of the transform, or the answer to the rules, that `words` name together.
pub fn run(words: &[String], console: &mut Console) -> Result<Exit, Failure> {
    let name = words.join(" ");
    let templates = config::templates_at_hand()?;
    let chapter = CHAPTERS.iter().find(|chapter| chapter.name == name);
    let text = match (named(&name), chapter) {
        (Some(transform), _) => page(transform, &templates.rules),
        (None, Some(chapter)) => chapter.page.to_owned(),
        (None, None) => answers(&names::find_rules(&name, &templates.rules)?)?,
    };
    console.data(text.as_bytes());
    Ok(Exit::Fine)
}

fn page(transform: &Transform, rules: &Rules) -> String {
    let page = transform.page.trim_end();
    match rules.by_transform().get(transform.name) {
        Some(ids) => format!("{page}\n\n## Rules\n\n{}", wrapped(&ids.join(", "), "")),
        None => format!("{page}\n"),
    }
}

fn answers(rules: &[Rule]) -> Result<String, Failure> {
    Ok(rules.iter().map(answer).collect::<Result<Vec<_>, _>>()?.join("\n"))
}

fn answer(rule: &Rule) -> Result<String, Failure> {
    let title = wrapped(&format!("{} ({}): {}", rule.id, rule.set, rule.title), "");
    let parts = match rule.answer {
        Answer::WhyNot(reason) => vec![wrapped(&format!("Left as it is: {reason}."), "")],
        Answer::Transforms(does) => {
            does.iter().map(|(name, does)| transform(name, does)).collect::<Result<Vec<_>, _>>()?
        }
    };
    Ok(format!("{title}\n{}", parts.join("\n")))
}

/// What the transform called `name` does for the rule, and what it is.
fn transform(name: &str, does: &str) -> Result<String, Failure> {
    let summary = first_paragraph(names::find(name)?.page);
    let does = wrapped(&format!("{name} {does}."), "");
    Ok(format!("{does}\n{}\n  More: `harden explain {name}`\n", wrapped(&summary, "  ")))
}
