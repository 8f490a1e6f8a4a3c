//! `catalog.toml`: a publisher's offers, and its settings where they are kept with them, in a file
//! that a person edits and reviews.

use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde::Deserialize;
use usher::domain::catalog::{Catalog, CatalogError};
use usher::domain::id::{InvalidId, PublisherId};
use usher::domain::offer::{Offer, OfferId};
use usher::domain::publisher::{InvalidSettings, Publisher, Settings};

/// Nothing that Roku sells costs more.
const LARGEST_PRICE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// The demo publisher of `usher local`.
const DEMO: &str = include_str!("../demo-catalog.toml");

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogFile {
    /// Whose it is.
    pub publisher: PublisherId,
    /// Its settings; none where the table alone holds them.
    pub settings: Option<Settings>,
    /// What it sells.
    pub catalog: Catalog,
}

#[derive(Debug, Deserialize)]
struct Fields {
    publisher: String,
    settings: Option<Settings>,
    #[serde(default)]
    offers: Vec<Offer>,
}

/// Why a file is not a catalog. Each names the file, and the line where there is one.
#[derive(Debug, thiserror::Error)]
pub enum CatalogFileError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML, or a field is missing, unknown or wrong.
    #[error("{}: {source}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// There is no such field.
    #[error("{}: unknown field `{field}`", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The field, with what it stands in.
        field: String,
    },
    /// The publisher's id is none.
    #[error("{}: publisher {source}", path.display())]
    Publisher {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidId,
    },
    /// The settings cannot be meant.
    #[error("{}: settings.{source}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidSettings,
    },
    /// There are none, and nowhere else to find them.
    #[error(
        "{}: there is no [settings]; `usher local` needs one, with the publisher's channels for one",
        .0.display()
    )]
    NoSettings(PathBuf),
    /// An offer's price or currency cannot be meant.
    #[error("{}: offer {offer}: {problem}", path.display())]
    Offer {
        /// The file.
        path: PathBuf,
        /// Which offer.
        offer: OfferId,
        /// What is wrong.
        problem: &'static str,
    },
    /// The offers contradict each other.
    #[error("{}: {source}", path.display())]
    Offers {
        /// The file.
        path: PathBuf,
        /// How.
        source: CatalogError,
    },
}

impl CatalogFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`CatalogFileError`] says what is wrong and where.
    pub fn read(path: &Path) -> Result<Self, CatalogFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CatalogFileError::Unreadable { path: path.to_owned(), source })?;
        parse(&text, path)
    }

    /// The publisher as it is once the file is applied. Settings that the file does not tell stay as
    /// they are; none if they are nowhere.
    pub fn over(self, known: Option<&Publisher>) -> Option<Publisher> {
        let Self { publisher: id, settings, catalog } = self;
        let settings = settings.or_else(|| known.map(|known| known.settings.clone()))?;
        Some(Publisher { id, settings, catalog })
    }
}

/// Reads a file that tells all of a publisher.
///
/// # Errors
/// [`CatalogFileError`] says what is wrong and where; settings must be there.
pub fn read(path: &Path) -> Result<Publisher, CatalogFileError> {
    whole(CatalogFile::read(path)?, path)
}

/// The demo publisher: three plans of one group.
///
/// # Errors
/// None, unless the file in this repository is broken.
pub fn demo() -> Result<Publisher, CatalogFileError> {
    let path = Path::new("demo-catalog.toml");
    whole(parse(DEMO, path)?, path)
}

fn whole(file: CatalogFile, path: &Path) -> Result<Publisher, CatalogFileError> {
    file.over(None).ok_or_else(|| CatalogFileError::NoSettings(path.to_owned()))
}

fn parse(text: &str, path: &Path) -> Result<CatalogFile, CatalogFileError> {
    let path = path.to_owned();
    let mut unknown = None;
    let parsed = toml::Deserializer::parse(text).and_then(|fields| {
        serde_ignored::deserialize(fields, |field| {
            // A `?` stands for what may be left out.
            unknown.get_or_insert(field.to_string().replace(".?", ""));
        })
    });
    let file: Fields = match parsed {
        Ok(file) => file,
        Err(source) => return Err(CatalogFileError::Invalid { path, source }),
    };
    if let Some(field) = unknown {
        return Err(CatalogFileError::Unknown { path, field });
    }
    let publisher = match PublisherId::parse(&file.publisher) {
        Ok(id) => id,
        Err(source) => return Err(CatalogFileError::Publisher { path, source }),
    };
    if let Some(Err(source)) = file.settings.as_ref().map(Settings::check) {
        return Err(CatalogFileError::Settings { path, source });
    }
    for offer in &file.offers {
        if let Some(problem) = problem_of(offer) {
            return Err(CatalogFileError::Offer { path, offer: offer.id.clone(), problem });
        }
    }
    match Catalog::new(file.offers) {
        Ok(catalog) => Ok(CatalogFile { publisher, settings: file.settings, catalog }),
        Err(source) => Err(CatalogFileError::Offers { path, source }),
    }
}

fn problem_of(offer: &Offer) -> Option<&'static str> {
    let is_code =
        offer.currency.len() == 3 && offer.currency.bytes().all(|c| c.is_ascii_uppercase());
    let is_price =
        (Decimal::ZERO..=LARGEST_PRICE).contains(&offer.price) && offer.price.scale() <= 2;
    match (is_code, is_price) {
        (false, _) => Some("currency must be an ISO 4217 code, as in USD"),
        (_, false) => Some("price must be an amount of at most a million, in cents"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        parse(text, Path::new("c.toml")).unwrap_err().to_string()
    }

    #[test]
    fn the_demo_catalog_is_sound() {
        let publisher = demo().unwrap();
        assert_eq!(publisher.id.as_str(), "123456789");
        assert_eq!(publisher.catalog.offers().len(), 3);
    }

    #[test]
    fn a_file_without_settings_leaves_those_that_are_known() {
        let file = || parse("publisher = \"123456789\"", Path::new("c.toml")).unwrap();
        let known = demo().unwrap();
        let over = file().over(Some(&known)).unwrap();
        assert_eq!((&over.settings, over.catalog.offers().len()), (&known.settings, 0));
        assert_eq!(file().over(None), None);
        let why = whole(file(), Path::new("c.toml")).unwrap_err().to_string();
        assert!(why.starts_with("c.toml: there is no [settings]"), "{why}");
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let head = "publisher = \"1\"\n[settings]\nchannels = [\"1\"]\n";
        let offer = "[[offers]]\nid=\"S1_US\"\ntitle=\"a\"\nprice=\"1\"\ncurrency=\"USD\"\n";
        for (text, expected) in [
            (format!("{head}[[offers]]\nid = \"S1_US\""), "line 4"),
            (format!("{head}renewal_leeway = 1"), "unknown field `settings.renewal_leeway`"),
            (format!("{head}{offer}tags = [\"a/b\"]"), "a tag must be"),
            (head.replacen("\"1\"", "\"x\"", 1), "c.toml: publisher must be a number"),
            (head.replace("[\"1\"]", "[]"), "must name at least one channel"),
            (head.replace("[\"1\"]", "[\" 1\"]"), "must name at least one channel"),
            (format!("{head}{offer}roku_product = \" \""), "must not be empty"),
            (format!("{head}{offer}").replace("USD", "usd"), "offer S1_US: currency must be"),
            (format!("{head}{offer}").replace("price=\"1\"", "price=\"-5\""), "price must be"),
            (format!("{head}{offer}").replace("price=\"1\"", "price=\"0.001\""), "price must be"),
            (format!("{head}grace_days = 5"), "grace_days must be 0, 3, 10, 11, 13 or 16"),
            (format!("{head}grace_days = 300"), "grace_days must be 0, 3, 10, 11, 13 or 16"),
            (format!("{head}{offer}{offer}"), "c.toml: offer S1_US is in the catalog twice"),
        ] {
            assert!(problem(&text).contains(expected), "{}", problem(&text));
        }
    }
}
