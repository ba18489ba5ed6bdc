//! What a file that is committed may show of a command line or of a line of a log.

/// Parts of names whose values nobody else is to see.
const SECRET: [&str; 7] = ["pass", "pwd", "secret", "token", "key", "auth", "credential"];

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// `text` with one space between its words, and without what is named like a secret: `--token x`, `password=x`, `//user:x@host`.
pub(super) fn hidden(text: &str) -> String {
    let mut words = Vec::new();
    let mut is_value_of_secret = false;
    for word in text.split_whitespace() {
        let is_value = is_value_of_secret && !word.starts_with('-');
        words.push(if is_value { HIDDEN.to_owned() } else { without_values(&without_account(word)) });
        is_value_of_secret = word.starts_with('-') && !word.contains('=') && is_secret(word);
    }
    words.join(" ")
}

/// `postgres://***@db/x` for `postgres://user:password@db/x`.
fn without_account(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest.get(..end).and_then(|authority| authority.rfind('@'));
    match host.and_then(|at| rest.get(at..)) {
        Some(host) => format!("{scheme}://{HIDDEN}{host}"),
        None => word.to_owned(),
    }
}

/// `?token=***&page=2` for `?token=x&page=2`.
fn without_values(word: &str) -> String {
    let value = |part: &str| match part.split_once('=') {
        Some((name, value)) if is_secret(name) => {
            let end = value.find(['?', '&']).and_then(|end| value.get(end..)).unwrap_or_default();
            format!("{name}={HIDDEN}{end}")
        }
        _ => part.to_owned(),
    };
    word.split_inclusive(['?', '&']).map(value).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_an_option_that_is_named_like_a_secret_is_hidden() {
        assert_eq!(hidden("redis-server --requirepass hunter2 --port 1"), "redis-server --requirepass *** --port 1");
        assert_eq!(hidden("app --api-key=abc  API_TOKEN=x -v"), "app --api-key=*** API_TOKEN=*** -v");
        assert_eq!(hidden("app --no-auth --port 1"), "app --no-auth --port 1");
    }

    #[test]
    fn an_address_loses_its_account_and_its_tokens() {
        assert_eq!(hidden("app postgres://me:pa@ss@db:5432/x"), "app postgres://***@db:5432/x");
        assert_eq!(hidden("http://host/p?token=x&page=2"), "http://host/p?token=***&page=2");
        assert_eq!(hidden("http://host/@scope/p"), "http://host/@scope/p");
    }

    #[test]
    fn what_is_no_secret_stays() {
        let command = "/usr/local/bin/python /usr/local/bin/gunicorn --bind=0.0.0.0:8000 app:app";
        assert_eq!(hidden(command), command);
    }
}
