//! `usher catalog check|diff|apply|show`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};
use usher::domain::catalog::Catalog;
use usher::domain::contradictions::{contradictions, of_offers, of_settings};
use usher::domain::offer::Offer;
use usher::domain::publisher::Publisher;
use usher::store::Table;
use usher::store::publishers::Publishers;

use super::named_publisher::NamedPublisher;
use super::table::table;
use super::warnings::{in_json, in_text};
use super::{Failure, Finding, TableArgument, no_publisher, print};
use crate::catalog_diff::CatalogDiff;
use crate::catalog_file::CatalogFile;
use crate::field_change::{fields, in_words};

/// What to do with a catalog.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a catalog and show which Roku product is which offer.
    Check {
        /// The catalog.
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell what `apply` would change. Exits with 3 where that is anything.
    Diff(FileAndTable),
    /// Check a catalog and make it the publisher's. Functions use it within a minute. Without
    /// `[settings]` in it, the publisher keeps those that it has.
    Apply(FileAndTable),
    /// Show the catalog that a table holds.
    Show(NamedPublisher),
}

/// A catalog, and the table that it is for.
#[derive(Debug, clap::Args)]
pub struct FileAndTable {
    /// The catalog
    file: PathBuf,
    #[command(flatten)]
    table: TableArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the file is no catalog, or the table cannot be used; [`Finding`] when `diff` finds a
/// difference.
pub async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check { file, json } => check(&file, json),
        Command::Diff(what) => diff(what).await,
        Command::Apply(what) => apply(what).await,
        Command::Show(publisher) => show(publisher).await,
    }
}

fn check(file: &Path, json: bool) -> Result<(), Failure> {
    let CatalogFile { publisher, settings, catalog } = CatalogFile::read(file)?;
    let mut warnings = settings.as_ref().map(of_settings).unwrap_or_default();
    warnings.extend(of_offers(&catalog));
    if json {
        let (offers, warnings) = (offers_in_json(&catalog), in_json(&warnings));
        let found = json!({ "publisherId": publisher, "offers": offers, "warnings": warnings });
        return print(&format!("{found:#}"));
    }
    let offers = offers_in_text(&catalog);
    print(&format!("publisher {publisher}\n\n{offers}{}", in_text(&warnings)))
}

async fn diff(what: FileAndTable) -> Result<(), Failure> {
    let json = what.json;
    let diff = what.compare().await?.diff;
    print(&if json { format!("{:#}", json!(diff)) } else { diff.in_text() })?;
    if diff.is_empty() {
        return Ok(());
    }
    Err(Finding("the table differs from the catalog".to_owned()).into())
}

async fn apply(what: FileAndTable) -> Result<(), Failure> {
    let json = what.json;
    let Comparison { table, publisher, tells_settings, diff } = what.compare().await?;
    let publishers = Publishers::new(&table);
    let saved = match tells_settings {
        true => publishers.save(&publisher).await,
        // Somebody else may be changing them.
        false => publishers.save_catalog(&publisher.id, &publisher.catalog).await,
    };
    saved.map_err(|error| error.in_short())?;
    let warnings = contradictions(&publisher);
    if json {
        let mut told = json!(diff);
        told["warnings"] = in_json(&warnings);
        return print(&format!("{told:#}"));
    }
    let (id, offers) = (&publisher.id, publisher.catalog.offers().len());
    let outcome = format!("publisher {id}, offers: {offers}; functions use this within a minute");
    print(&format!("{}\n{outcome}{}", diff.in_text(), in_text(&warnings)))
}

async fn show(publisher: NamedPublisher) -> Result<(), Failure> {
    let json = publisher.json;
    let (publisher, _) = publisher.find().await?;
    let (id, catalog) = (&publisher.id, &publisher.catalog);
    if json {
        let shown = json!({ "publisherId": id, "offers": offers_in_json(catalog) });
        return print(&format!("{shown:#}"));
    }
    print(&format!("publisher {id}\n\n{}", offers_in_text(catalog)))
}

/// A catalog beside what the table holds.
struct Comparison {
    table: Table,
    /// The publisher as the catalog makes it.
    publisher: Publisher,
    /// Whether its settings are from the catalog.
    tells_settings: bool,
    diff: CatalogDiff,
}

impl FileAndTable {
    async fn compare(self) -> Result<Comparison, Failure> {
        let file = CatalogFile::read(&self.file)?;
        let (id, tells_settings) = (file.publisher.clone(), file.settings.is_some());
        let table = self.table.open().await;
        let known = Publishers::new(&table).find(&id).await.map_err(|error| error.in_short())?;
        let publisher = file.over(known.as_deref()).ok_or_else(|| no_publisher(&id))?;
        let diff = CatalogDiff::between(known.as_deref(), &publisher);
        Ok(Comparison { table, publisher, tells_settings, diff })
    }
}

fn offers_in_text(catalog: &Catalog) -> String {
    let header =
        ["offer", "title", "price", "period", "tags", "group", "rank", "free days", "Roku product"];
    let row = |offer: &Offer| {
        let fields = fields(offer);
        let word = |name: &str| fields.get(name).map_or_else(String::new, in_words);
        let rank = if offer.group.is_some() { offer.rank.to_string() } else { String::new() };
        [
            offer.id.to_string(),
            offer.title.clone(),
            format!("{} {}", offer.price, offer.currency),
            if offer.period.is_some() { word("period") } else { "once".to_owned() },
            word("tags"),
            offer.group.clone().unwrap_or_default(),
            rank,
            offer.free_days.to_string(),
            offer.roku_product().to_string(),
        ]
    };
    table(header, catalog.offers().iter().map(row))
}

fn offers_in_json(catalog: &Catalog) -> Value {
    let offer = |offer: &Offer| {
        json!({
            "offer": offer.id,
            "title": offer.title,
            "price": offer.price,
            "currency": offer.currency,
            "period": offer.period,
            "tags": offer.tags,
            "group": offer.group,
            "rank": offer.rank,
            "freeDays": offer.free_days,
            "rokuProduct": offer.roku_product(),
        })
    };
    catalog.offers().iter().map(offer).collect()
}
