//! `labels.toml`: labels of the image, and how a licence is recognised.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::Table;

/// All labels and licences that are known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Labels {
    #[serde(default)]
    label: BTreeMap<String, Label>,
    #[serde(default)]
    marker: BTreeMap<String, String>,
    #[serde(default)]
    licence: BTreeMap<String, Licence>,
}

/// A label that is added where its value is known.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Label {
    /// The label's key.
    pub key: String,
    /// Where its value comes from.
    pub from: LabelSource,
}

/// Where a label's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelSource {
    /// The name in the project's manifest.
    ProjectName,
    /// The description in the project's manifest.
    ProjectDescription,
    /// The repository's address, without credentials.
    SourceUrl,
    /// The manifest's SPDX expression, or the licence file's text.
    Licence,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Licence {
    phrases: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
}

impl Labels {
    /// The labels to add, sorted by key.
    pub fn labels(&self) -> Vec<&Label> {
        let mut labels: Vec<_> = self.label.values().collect();
        labels.sort_by_key(|label| label.key.as_str());
        labels
    }

    /// Labels with a fixed value that say that the image is hardened: key and value, sorted by key.
    pub fn marker(&self) -> impl Iterator<Item = (&str, &str)> {
        self.marker.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The SPDX identifier of the licence whose text is `text`, only where exactly one is recognised.
    pub fn licence_of(&self, text: &str) -> Option<&str> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let mut recognised = self.licence.iter().filter(|(_, licence)| licence.recognises(&text));
        match (recognised.next(), recognised.next()) {
            (Some((id, _)), None) => Some(id),
            _ => None,
        }
    }
}

impl Licence {
    fn recognises(&self, text: &str) -> bool {
        let occurs = |phrase: &String| text.contains(phrase.as_str());
        !self.phrases.is_empty() && self.phrases.iter().all(occurs) && !self.without.iter().any(occurs)
    }
}

impl Table for Labels {
    const FILE: &'static str = "labels.toml";
    const TEXT: &'static str = include_str!("../../templates/labels.toml");

    fn merge(&mut self, later: Self) {
        self.label.extend(later.label);
        self.marker.extend(later.marker);
        self.licence.extend(later.licence);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = include_str!("../../LICENSE-MIT");
    const APACHE: &str = include_str!("../../LICENSE-APACHE");

    #[test]
    fn labels_are_sorted_by_key() {
        let labels = Labels::builtin();
        let keys: Vec<_> = labels.labels().iter().map(|label| label.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "org.opencontainers.image.description",
                "org.opencontainers.image.licenses",
                "org.opencontainers.image.source",
                "org.opencontainers.image.title",
            ]
        );
        assert_eq!(labels.marker().collect::<Vec<_>>(), [("security.hardened", "true")]);
    }

    #[test]
    fn a_licence_is_recognised_by_its_text() {
        let labels = Labels::builtin();
        assert_eq!(labels.licence_of(MIT), Some("MIT"));
        assert_eq!(labels.licence_of(APACHE), Some("Apache-2.0"));
    }

    #[test]
    fn two_licences_or_a_changed_one_are_not_recognised() {
        let labels = Labels::builtin();
        assert_eq!(labels.licence_of(&format!("{MIT}\n{APACHE}")), None);
        assert_eq!(labels.licence_of(&format!("{MIT}\nThe Software shall be used for Good, not Evil.")), None);
        assert_eq!(labels.licence_of("MIT"), None);
        assert_eq!(labels.licence_of(""), None);
    }

    #[test]
    fn the_third_clause_tells_the_bsd_licences_apart() {
        let two = "Redistribution and use in source and binary forms, with or without\nmodification, are permitted \
                   provided that the following conditions are met: 1. Redistributions of source code must retain the \
                   above copyright notice 2. Redistributions in binary form must reproduce the above copyright notice";
        let third = "3. Neither the name of the copyright holder may be used to endorse or promote products derived \
                     from this software without specific prior written permission.";
        let labels = Labels::builtin();
        assert_eq!(labels.licence_of(two), Some("BSD-2-Clause"));
        assert_eq!(labels.licence_of(&format!("{two} {third}")), Some("BSD-3-Clause"));
    }

    #[test]
    fn an_overlay_adds_a_label_and_replaces_another() {
        let mut labels = Labels::builtin();
        labels.overlay("[label.title]\nkey = \"a\"\nfrom = \"project-name\"\n[marker]\nb = \"c\"\n").unwrap();
        assert_eq!(labels.labels()[0], &Label { key: "a".to_owned(), from: LabelSource::ProjectName });
        assert_eq!(labels.labels().len(), 4);
        assert_eq!(labels.marker().count(), 2);
    }
}
