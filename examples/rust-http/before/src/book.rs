use std::fs;
use std::io;
use std::path::Path;

/// The page, and the proverbs that it shows.
pub struct Book {
    template: String,
    proverbs: Vec<String>,
}

impl Book {
    pub fn open(directory: impl AsRef<Path>) -> io::Result<Self> {
        let directory = directory.as_ref();
        let template = fs::read_to_string(directory.join("proverb.html"))?;
        let proverbs = fs::read_to_string(directory.join("proverbs.txt"))?;
        Ok(Self { template, proverbs: proverbs.lines().map(str::to_owned).collect() })
    }

    /// The page of a day, counted from 1; the proverbs begin again when they are used up.
    pub fn page(&self, day: usize) -> Option<String> {
        let index = day.checked_sub(1)?.checked_rem(self.proverbs.len())?;
        Some(self.template.replace("{day}", &day.to_string()).replace("{proverb}", self.proverbs.get(index)?))
    }
}
