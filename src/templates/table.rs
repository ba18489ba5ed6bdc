//! What all template files have in common.

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
