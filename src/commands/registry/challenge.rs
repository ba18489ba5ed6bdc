//! `WWW-Authenticate`: how a registry wants to be asked.

/// What a registry demands.
#[derive(Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A user and a password.
    Basic,
    /// A token, which another service gives.
    Bearer {
        /// The service's URL.
        realm: String,
        /// What the service is asked for: `service` and `scope`.
        query: Vec<(String, String)>,
    },
}

impl Challenge {
    /// Reads the value of a header; `None` if it demands what nobody here knows.
    pub fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters(rest);
        let realm = parameters.iter().position(|(name, _)| name == "realm")?;
        let (_, realm) = parameters.swap_remove(realm);
        let query = parameters.into_iter().filter(|(name, _)| matches!(name.as_str(), "service" | "scope")).collect();
        Some(Self::Bearer { realm, query })
    }
}

/// `a="b",c=d` in pairs; a comma within quotes parts nothing.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut is_quoted = false;
    let parts = text.split(move |ch| {
        is_quoted ^= ch == '"';
        ch == ',' && !is_quoted
    });
    let pairs = parts.filter_map(|part| part.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_challenge_names_the_service_and_what_to_ask_it_for() {
        let header = "Bearer realm=\"https://auth.example.com/token\",service=\"registry\", scope=\"repository:a/b:pull,push\",error=x";
        let query = [("scope", "repository:a/b:pull,push"), ("service", "registry")];
        let mut found = Challenge::parse(header).unwrap();
        if let Challenge::Bearer { query, .. } = &mut found {
            query.sort();
        }
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(found, Challenge::Bearer { realm: "https://auth.example.com/token".to_owned(), query });
    }

    #[test]
    fn a_basic_challenge_is_one_whatever_its_realm() {
        assert_eq!(Challenge::parse("basic realm=\"a, b\""), Some(Challenge::Basic));
        assert_eq!(Challenge::parse("Basic"), Some(Challenge::Basic));
    }

    #[test]
    fn what_cannot_be_answered_is_no_challenge() {
        for header in ["", "Negotiate", "Bearer", "Bearer service=\"a\"", "Bearer realm"] {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }
}
