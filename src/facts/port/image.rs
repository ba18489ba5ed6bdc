//! The port of a server that the image brings.

use super::super::Base;
use super::super::scope::is_at_or_below;
use super::super::start::Start;
use super::super::steps::{Step, Steps};
use super::{Port, Sought};
use crate::decision::{Evidence, Known};
use crate::dockerfile::Keyword;

/// The port of the image's own server, where that is what starts.
pub(super) fn port(base: &Base, start: &Start, steps: &Steps) -> Option<Sought> {
    let image = base.image()?;
    let number = image.port?;
    let (program, words) = image.cmd.split_first()?;
    start.commands.iter().find(|started| started.name == *program && started.literals() == *words)?;
    let sets = |step: &&Step| image.settings.iter().any(|place| touches(step, place));
    if steps.all.iter().any(|step| sets(&step)) {
        return Some(Err(format!("the file brings settings of {program}, which may name a port; say it in EXPOSE")));
    }
    let because = Evidence::template(format!("{} serves on {number}", base.name), "images.toml");
    Some(Ok(Known::new(Port::fixed(number), because)))
}

/// Whether a step handles files at or below `place`.
fn touches(step: &Step, place: &str) -> bool {
    if let Some(run) = step.script() {
        return run.text().contains(place);
    }
    let is_copy = matches!(step.instruction.keyword(), Keyword::Copy | Keyword::Add);
    let target = step.destination();
    is_copy && target.is_none_or(|target| is_at_or_below(&target, place) || is_at_or_below(place, &target))
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;

    fn number(lines: &str) -> Result<u16, String> {
        ask(lines, &[], |facts| facts.port_or_why().map(|port| port.value.number))
    }

    #[test]
    fn an_image_that_serves_says_its_port() {
        assert_eq!(number("FROM nginx:alpine\nCOPY dist /usr/share/nginx/html\n"), Ok(80));
        assert_eq!(number("FROM php:8.3-fpm\nCMD [\"php-fpm\"]\n"), Ok(9000));
        assert_eq!(number("FROM nginx\nEXPOSE 8080\n"), Ok(8080));
    }

    #[test]
    fn settings_of_the_files_own_may_name_another_port() {
        for line in
            ["COPY nginx.conf /etc/nginx/", "COPY etc /etc", "RUN sed -i s/80/81/ /etc/nginx/conf.d/default.conf"]
        {
            assert!(
                number(&format!("FROM nginx\n{line}\n")).is_err_and(|why| why.contains("settings of nginx")),
                "{line}"
            );
        }
        assert!(number("FROM nginx\nCMD [\"nginx\", \"-c\", \"/app/nginx.conf\"]\n").is_err());
        assert!(number("FROM python\n").is_err());
    }
}
