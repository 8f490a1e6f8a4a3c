//! `usher report`: what a publisher's events add up to.

mod destination;
mod source;

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use self::destination::Destination;
use self::source::SourceArguments;
use super::Failure;
use crate::report::{Chart, Filter, Names, Picture, Report, csv, json, table};

/// What the figures mean.
const MEANING: &str = "Days and months are those of UTC. What went back to customers is negative. The \
                       last month is as of its last event. A subscription counts as open in its free \
                       trial and in grace, and as paying in neither; MRR is of those that pay, without \
                       tax. Churned is who was open when the month began and was not when it ended, \
                       other than by a change of plan.";

/// Which report, of what, and in which form.
#[derive(Debug, Args)]
#[command(after_help = MEANING)]
pub struct Arguments {
    /// Which report
    report: Report,
    #[command(flatten)]
    source: SourceArguments,
    /// From this month on, `2026-01` for one
    #[arg(long, value_name = "MONTH", value_parser = month)]
    from: Option<String>,
    /// Up to and with this month
    #[arg(long, value_name = "MONTH", value_parser = month)]
    to: Option<String>,
    /// Of this offer alone; without its country, of all countries
    #[arg(long, value_name = "ID")]
    offer: Option<String>,
    /// Of this channel alone
    #[arg(long, value_name = "ID")]
    channel: Option<String>,
    /// In which form. Charts are of the monthly figures
    #[arg(long, default_value = "table", conflicts_with = "json")]
    format: Format,
    /// Where to write it; only its owner may read it [default: print it]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What columns are called in CSV and JSON: as ChurnIQ shows them, or as they are stored
    #[arg(long, default_value = "display")]
    names: Names,
    /// Print JSON with the stored names: --format json --names source
    #[arg(long)]
    json: bool,
}

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal: the most important columns; monthly figures side by side
    Table,
    /// Every column
    Csv,
    /// Every column
    Json,
    /// A chart
    Svg,
    /// A chart
    Png,
}

fn month(text: &str) -> Result<String, String> {
    let day = format!("{text}-01").parse::<jiff::civil::Date>();
    let is_month = text.len() == 7 && day.is_ok();
    is_month.then(|| text.to_owned()).ok_or_else(|| "must be a month as in 2026-01".to_owned())
}

/// Runs the command.
///
/// # Errors
/// When the rows or the table cannot be read, the report written, or when it has no such form.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { report, source, from, to, offer, channel, format, output, names, json } =
        arguments;
    let (format, names) = if json { (Format::Json, Names::Source) } else { (format, names) };
    let filter = Filter { from, to, offer, channel };
    check(report, &filter, format)?;
    let destination = Destination::of(output);
    destination.check(format)?;
    let (database, people) = source.gather(report, &filter).await?;
    database.add_up()?;
    if let Some(picture) = format.picture() {
        let bytes = Chart::of(&database, &filter)?.draw(picture)?;
        return destination.write(|out| Ok(out.write_all(&bytes)?));
    }
    destination.write(|out| {
        let mut out = BufWriter::new(out);
        match format {
            Format::Csv => csv(&database, report, &filter, people, names, &mut out)?,
            Format::Json => self::json(&database, report, &filter, people, names, &mut out)?,
            _ => writeln!(out, "{}", table(&database, report, &filter, people)?)?,
        }
        Ok(out.flush()?)
    })
}

impl Format {
    fn picture(self) -> Option<Picture> {
        match self {
            Self::Svg => Some(Picture::Svg),
            Self::Png => Some(Picture::Png),
            Self::Table | Self::Csv | Self::Json => None,
        }
    }
}

fn check(report: Report, filter: &Filter, format: Format) -> Result<(), Failure> {
    if format.picture().is_some() && report != Report::Monthly {
        return Err("only the monthly figures have a chart: usher report monthly".into());
    }
    let is_narrowed = filter.offer.is_some() || filter.channel.is_some();
    if report == Report::Engagement && is_narrowed {
        return Err("access checks are counted by customer and day: leave out --offer and \
                    --channel"
            .into());
    }
    Ok(())
}
