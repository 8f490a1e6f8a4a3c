//! The stories of `tests/corpus`: what Roku sends and answers over time, and what must come of it.
//! `tests/corpus/README.md` describes the format.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use usher::domain::event::EventType;

/// A story.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// What happens, in a line.
    pub title: String,
    /// Which facts it is written from.
    pub facts: String,
    /// The publisher's settings where they differ from the catalog's.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// What lies under every push and every answer; already merged into the steps.
    #[serde(default)]
    common: Common,
    /// The steps, in the order in which they reach the publisher.
    #[serde(rename = "story")]
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    #[serde(default)]
    push: Map<String, Value>,
    #[serde(default)]
    answer: Map<String, Value>,
}

/// Something that happens, or that must be true.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When it reaches the publisher, by its clock.
    pub at: Timestamp,
    /// What it is, for the reader.
    #[serde(default)]
    pub says: Option<String>,
    /// Roku pushes this message.
    #[serde(default)]
    pub push: Option<Map<String, Value>>,
    /// The message key of the push, where the same message comes again.
    #[serde(default)]
    pub key: Option<String>,
    /// A customer's app shows this receipt.
    #[serde(default)]
    pub receipt: Option<Receipt>,
    /// Roku answers this when it is asked: about the receipt, or again about the purchase.
    #[serde(default)]
    pub answer: Option<Map<String, Value>>,
    /// What becomes of the receipt: `granted`, or `rejected` and why.
    #[serde(default)]
    pub becomes: Option<String>,
    /// What must be true now.
    #[serde(default)]
    pub expect: Option<Expectation>,
    /// The events that leave by now and had not left by the step before.
    #[serde(default)]
    pub events: Vec<EventType>,
}

/// A receipt.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Receipt {
    /// The customer's e-mail address.
    pub customer: String,
    /// What they say they bought.
    pub offer: String,
    /// The transaction that is to prove it.
    pub purchase_id: String,
}

/// What must be true at a moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Every purchase of every Roku account in the story, and its state in words.
    pub purchases: BTreeMap<String, String>,
    /// Who may watch what, by customer and offer.
    pub watch: BTreeMap<String, BTreeMap<String, String>>,
}

/// Why a file is no story.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a story.
    #[error("{}: {why}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        why: String,
    },
}

impl Story {
    /// Reads a story.
    ///
    /// # Errors
    /// [`StoryError`] says what is wrong and where.
    pub fn read(path: &Path) -> Result<Self, StoryError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| StoryError::Unreadable { path: path.to_owned(), source })?;
        let story: Self = serde_saphyr::from_str(&text).map_err(|error| StoryError::Invalid {
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        Ok(story.merged())
    }

    /// Every story of a folder by the name of its file, or the one in a file.
    ///
    /// # Errors
    /// [`StoryError`] names the first file that is no story.
    pub fn read_all(path: &Path) -> Result<BTreeMap<String, Self>, StoryError> {
        let unreadable = |source| StoryError::Unreadable { path: path.to_owned(), source };
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(unreadable)?;
            let entries = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
            files = entries.into_iter().map(|entry| entry.path()).collect();
            files.retain(|file| file.extension().is_some_and(|end| end == "yaml"));
        }
        let name =
            |file: &Path| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.iter().map(|file| Ok((name(file), Self::read(file)?))).collect()
    }

    fn merged(mut self) -> Self {
        let over = |common: &Map<String, Value>, own: &mut Map<String, Value>| {
            let mut all = common.clone();
            all.append(own);
            *own = all;
        };
        for step in &mut self.steps {
            step.push.iter_mut().for_each(|push| over(&self.common.push, push));
            step.answer.iter_mut().for_each(|answer| over(&self.common.answer, answer));
        }
        self
    }

    /// The pushes in the order of the story, each with its message key.
    pub fn pushes(&self) -> impl Iterator<Item = (String, &Map<String, Value>)> {
        self.steps.iter().enumerate().filter_map(|(place, step)| {
            let key = step.key.clone().unwrap_or_else(|| format!("story-{place}"));
            Some((key, step.push.as_ref()?))
        })
    }
}
