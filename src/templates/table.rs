//! What all template files have in common.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::TemplateError;
use crate::toml_text;

/// One template file, read.
pub(super) trait Table: DeserializeOwned {
    /// The file's name below `templates/`.
    const FILE: &'static str;
    /// The text of the built-in file.
    const TEXT: &'static str;

    /// Takes over the entries of a later file.
    fn merge(&mut self, later: Self);

    /// The built-in file.
    fn builtin() -> Self {
        // A test loads every built-in file, so that no released program can fail here.
        read(Self::FILE, Self::TEXT).expect("the built-in templates are valid")
    }

    /// Takes over the entries of `text`.
    fn overlay(&mut self, text: &str) -> Result<(), TemplateError> {
        self.merge(read(Self::FILE, text)?);
        Ok(())
    }
}

/// One of several template files of the same shape, read.
pub(super) trait OneOfMany: DeserializeOwned + Default {
    /// The names of the built-in files below `templates/`, and their texts.
    const BUILTIN: &'static [(&'static str, &'static str)];

    /// Takes over the entries of a later file of the same name.
    fn merge(&mut self, later: Self);
}

/// Template files of the same shape, by their names.
#[derive(Debug, Clone)]
pub(super) struct Files<T>(BTreeMap<String, T>);

impl<T: OneOfMany> Files<T> {
    /// The names of the files.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        T::BUILTIN.iter().map(|(file, _)| *file)
    }

    pub(super) fn builtin() -> Self {
        let parsed = T::BUILTIN.iter().map(|(file, text)| {
            // A test loads every built-in file, so that no released program can fail here.
            ((*file).to_owned(), read(file, text).expect("the built-in templates are valid"))
        });
        Self(parsed.collect())
    }

    pub(super) fn has(&self, file: &str) -> bool {
        self.0.contains_key(file)
    }

    /// Takes over the entries of `text`; `file` is one of the names.
    pub(super) fn overlay(&mut self, file: &str, text: &str) -> Result<(), TemplateError> {
        let later = read(file, text)?;
        self.0.entry(file.to_owned()).or_default().merge(later);
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }
}

/// Reads `text` as the file named `file`.
pub(super) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, TemplateError> {
    toml_text::read(text).map_err(|problem| TemplateError::invalid(file, problem))
}

/// A later list replaces an earlier one, where there is one.
pub(super) fn replace_list<T>(earlier: &mut Vec<T>, later: Vec<T>) {
    if !later.is_empty() {
        *earlier = later;
    }
}
