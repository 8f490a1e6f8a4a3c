//! Where the rows of a report come from.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;

use crate::commands::simulated_clock::{at_simulator, simulators_clock};
use crate::commands::{
    Failure, LocalArgument, MomentArgument, TableArgument, known_publisher, publisher_id,
};
use crate::progress::Progress;
use crate::report::{Database, Filter, Gathering, People, Report, read_rows};

/// A table, or files.
#[derive(Debug, Args)]
pub(super) struct SourceArguments {
    /// Files of rows, one a line as JSON (`detail.row` of what is on the event bus), instead of a
    /// table. Rows may repeat
    #[arg(long, value_name = "FILE", num_args = 1..)]
    events: Vec<PathBuf>,
    /// The publisher's id
    #[arg(long, env = "USHER_PUBLISHER", value_name = "ID", required_unless_present = "events")]
    publisher: Option<String>,
    /// The table of the stack (its output `TableName`), in the account and region that the AWS
    /// environment variables or profile name
    #[arg(
        long,
        env = "TABLE_NAME",
        value_name = "NAME",
        required_unless_present_any = ["local", "events"]
    )]
    table: Option<String>,
    #[command(flatten)]
    local: LocalArgument,
    #[command(flatten)]
    moment: MomentArgument,
    /// Add the customers' addresses, names, countries and own ids, which are in the table only
    #[arg(long, conflicts_with = "events")]
    with_personal_data: bool,
}

impl SourceArguments {
    /// The rows that a report needs, and whether it shows who the customers are.
    pub(super) async fn gather(
        self,
        report: Report,
        filter: &Filter,
    ) -> Result<(Database, People), Failure> {
        let mut database = Database::empty()?;
        let Some(publisher) = self.publisher.filter(|_| self.events.is_empty()) else {
            for path in &self.events {
                let named = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
                let file = File::open(path).map_err(|error| named(&error))?;
                let read = read_rows(&mut database, BufReader::new(file));
                read.map_err(|error| named(&error))?;
            }
            return Ok((database, People::Hidden));
        };
        let id = publisher_id(&publisher)?;
        let table = TableArgument { table: self.table, local: self.local };
        let local = table.local().map(str::to_owned);
        let config = table.config(String::new()).await;
        let publisher = known_publisher(&config.table, &id).await?;
        let now = match (self.moment.at, &local) {
            (Some(at), _) => at,
            (None, None) => config.clock.now(),
            (None, Some(table)) => simulators_clock(&at_simulator(table, "clock")?).await?.now(),
        };
        let gathering = Gathering { table: &config.table, publisher: &publisher, now };
        if report == Report::Engagement {
            let months = (filter.from.as_deref(), filter.to.as_deref());
            gathering.checks(&mut database, months.0, months.1).await?;
        } else {
            let progress = Progress::without_end();
            let reached = |accounts| progress.counted(accounts, "accounts");
            let gathered = gathering.events(&mut database, reached).await;
            progress.end();
            gathered?;
        }
        if !self.with_personal_data {
            return Ok((database, People::Hidden));
        }
        gathering.people(&database).await?;
        Ok((database, People::Shown))
    }
}
