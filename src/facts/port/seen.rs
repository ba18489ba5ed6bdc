//! The ports that the container was seen to listen on.

use super::{Port, Sought, exposed};
use crate::decision::{Evidence, Known};
use crate::evidence::Observed;
use crate::facts::Step;

/// The TCP ports of EXPOSE that the container listens on, or all that it listens on.
pub(super) struct Seen(Vec<Known<Port>>);

impl Seen {
    /// # Errors
    /// A sentence, where it was seen to listen on no port.
    pub(super) fn read(observed: Option<&Observed>, steps: &[Step]) -> Result<Option<Self>, String> {
        let Some(numbers) = observed.and_then(|observed| observed.ports.as_ref()) else { return Ok(None) };
        if numbers.is_empty() {
            return Err("the container was observed to listen on no port; observe it again if it serves".into());
        }
        let because = |number: &u16| Evidence::observed(format!("observed to listen on {number}"));
        let mut named: Vec<Known<Port>> = exposed(steps).unwrap_or_default();
        named.retain(|port| numbers.contains(&port.value.number));
        for port in &mut named {
            port.because.push(because(&port.value.number));
        }
        let all = || numbers.iter().map(|number| Known::new(Port::fixed(*number), because(number))).collect();
        Ok(Some(Self(if named.is_empty() { all() } else { named })))
    }

    /// They take the place of those that EXPOSE names.
    pub(super) fn ports(&self) -> Vec<Known<Port>> {
        self.0.clone()
    }

    /// What was read of the file, where it agrees; else what was seen. A variable may have been set while it was watched.
    pub(super) fn settle(&self, read: Sought) -> Sought {
        let is_seen = |number: u16| self.0.iter().any(|port| port.value.number == number);
        match (read, self.0.as_slice()) {
            (Ok(known), _) if known.value.variable.is_some() || is_seen(known.value.number) => Ok(known),
            (_, [only]) => Ok(only.clone()),
            _ => Err("the container was observed to listen on several ports; name the one to ask in EXPOSE".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::asking::ask_with;

    fn port(text: &str, ports: &[u16]) -> Result<(u16, Option<String>), String> {
        let observed = Observed { ports: Some(ports.iter().copied().collect::<BTreeSet<_>>()), ..Observed::default() };
        ask_with(&observed, text, |facts| facts.port_or_why().map(|port| (port.value.number, port.value.variable)))
    }

    #[test]
    fn what_was_seen_decides_where_the_file_does_not() {
        assert_eq!(port("FROM a\nCMD [\"server\"]\n", &[9000]), Ok((9000, None)));
        assert_eq!(port("FROM a\nEXPOSE 80 443 9000\nCMD [\"server\"]\n", &[443, 9100]), Ok((443, None)));
        assert_eq!(port("FROM a\nEXPOSE 8000-8010\nCMD [\"server\"]\n", &[8001]), Ok((8001, None)));
    }

    #[test]
    fn what_was_seen_is_believed_before_the_file() {
        assert_eq!(port("FROM python:3.12\nEXPOSE 80\nCMD gunicorn a:b\n", &[5000]), Ok((5000, None)));
        assert_eq!(port("FROM python:3.12\nCMD gunicorn -b :80 a:b\n", &[5000]), Ok((5000, None)));
    }

    #[test]
    fn a_variable_is_followed_nevertheless() {
        let follows = Some("PORT".to_owned());
        assert_eq!(port("FROM python:3.12\nCMD gunicorn -b :$PORT a:b\n", &[5000]), Ok((5000, follows.clone())));
        assert_eq!(port("FROM python:3.12\nCMD gunicorn -b :${PORT:-80} a:b\n", &[5000]), Ok((80, follows)));
    }

    #[test]
    fn one_of_several_or_of_none_is_not_guessed() {
        assert!(port("FROM a\nCMD [\"server\"]\n", &[80, 81]).is_err_and(|why| why.contains("several ports")));
        assert!(port("FROM a\nEXPOSE 80\nCMD [\"server\"]\n", &[]).is_err_and(|why| why.contains("no port")));
    }

    #[test]
    fn a_server_on_ipv6_alone_is_not_asked_on_ipv4() {
        let text = "FROM python:3.12\nCMD uvicorn a:b --host ::\n";
        assert!(port(text, &[8000]).is_err_and(|why| why.contains("IPv6")));
    }
}
