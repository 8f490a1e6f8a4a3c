//! The schedule: finds what is due for a question to Roku and sends it on its way, and keeps the
//! keys fresh that pushes are checked with.
//!
//! What it does in a run is proportional to what is due, however many purchases there are. It sends
//! no more than the workers can ask in the time until the next run, spread over that time; the rest
//! stays due. Two runs at once send a question twice at worst, which the worker notices; a run that
//! dies leaves due what it had not sent.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use usher::clock::Clock;
use usher::config::Config;
use usher::domain::id::PublisherId;
use usher::http;
use usher::queue::Sender;
use usher::roku::public_keys::PublicKeys;
use usher::store::StoreError;
use usher::store::accounts::Accounts;
use usher::store::due::{BUCKETS, Cursor, Due, Kind, Subject, Waiting};
use usher::store::publishers::Publishers;
use usher::store::turns::{Rate, Share};

/// How often it runs, as the template says.
pub const EVERY: Duration = Duration::from_secs(60);
/// How long a run may take; what it does not get to stays due.
const DEADLINE: Duration = Duration::from_secs(40);
/// How much of the index is read at once, and how many accounts at the same time.
const PAGE: i32 = 50;
/// How many pages of each part of the index a run reads at most.
const MOST_PAGES: usize = 100;

/// The schedule, and all that it may do: read what is due, send it, note that it is on its way, and
/// fetch Roku's keys.
#[derive(Debug)]
pub struct Reconcile {
    due: Due,
    accounts: Accounts,
    publishers: Publishers,
    /// Questions about accounts.
    accounts_queue: Sender,
    /// Questions about receipts.
    receipts_queue: Sender,
    keys: PublicKeys,
    rate: Rate,
    clock: Clock,
}

/// What a run did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Questions sent on their way.
    pub sent: usize,
    /// Accounts about which news came: they wait for their next date, or for nothing.
    pub moved: usize,
    /// What was read and is left for the next run.
    pub left: usize,
}

/// What is to be done about something that is due.
enum Decision {
    /// It is to be asked about.
    Ask(Waiting),
    /// It waits for another date, or for nothing any more.
    Move(Waiting, Option<Timestamp>),
    /// It is on its way already, or answered.
    Nothing,
    /// The publisher's share of this run is used up.
    Leave,
}

/// How many questions are sent in this run: for each publisher, as many about receipts and about
/// accounts as can be asked until the next.
#[derive(Debug)]
struct Quota {
    rate: Rate,
    sent: HashMap<(PublisherId, Kind), u32>,
}

impl Quota {
    /// The delay of the next question about something; none where the share of the run is used up.
    fn delay(&self, publisher: &PublisherId, kind: Kind) -> Option<Duration> {
        let interval = self.rate.interval(match kind {
            Kind::Receipt => Share::Receipts,
            Kind::Account => Share::Accounts,
        });
        let sent = self.sent.get(&(publisher.clone(), kind)).copied().unwrap_or_default();
        Some(interval * sent).filter(|delay| *delay < EVERY)
    }

    fn take(&mut self, subject: &Subject) -> Option<Duration> {
        let (publisher, kind) = (subject.publisher()?, subject.kind()?);
        let delay = self.delay(&publisher, kind)?;
        *self.sent.entry((publisher, kind)).or_default() += 1;
        Some(delay)
    }

    fn is_used_up(&self, subject: &Subject) -> bool {
        let (Some(publisher), Some(kind)) = (subject.publisher(), subject.kind()) else {
            return false;
        };
        self.delay(&publisher, kind).is_none()
    }
}

impl Reconcile {
    /// The schedule over the stack's table and queues.
    ///
    /// # Errors
    /// When the TLS library cannot be set up.
    pub fn new(config: &Config) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self {
            due: Due::new(&config.table),
            accounts: Accounts::new(&config.table),
            publishers: Publishers::new(&config.table),
            accounts_queue: Sender::new(&config.sqs, &config.queues.accounts),
            receipts_queue: Sender::new(&config.sqs, &config.queues.receipts),
            keys: PublicKeys::new(config, http::client()?),
            rate: config.roku_rate,
            clock: config.clock.clone(),
        })
    }

    /// One run.
    ///
    /// # Errors
    /// [`StoreError`] when the index cannot be read. What was sent until then is sent.
    pub async fn run(&self) -> Result<Report, StoreError> {
        if let Err(error) = self.keys.fetch_if_old().await {
            tracing::error!(error = error.with_causes(), "Roku's public keys not looked after");
        }
        let now = self.clock.now();
        let (report, has_read_all) = self.send_what_is_due(now).await?;
        let is_anything_left = report.left > 0 || !has_read_all;
        let oldest = if is_anything_left { self.due.oldest(now).await? } else { None };
        let waited_s = oldest.map_or(0, |since| now.duration_since(since).as_secs());
        // Not a gauge: that would say the last value again where a run fails.
        #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
        metrics::histogram!("OldestDue").record(waited_s as f64);
        metrics::counter!("QuestionsSent").increment(report.sent as u64);
        metrics::counter!("QuestionsLeft").increment(report.left as u64);
        tracing::info!(?report, oldest_due_s = waited_s, "what is due is on its way");
        Ok(report)
    }

    /// Page by page of each part of the index in turn, so that none waits for another. Says whether
    /// it has read all that is due.
    async fn send_what_is_due(&self, now: Timestamp) -> Result<(Report, bool), StoreError> {
        let began = Instant::now();
        let mut report = Report::default();
        let mut quota = Quota { rate: self.rate, sent: HashMap::new() };
        let mut parts: Vec<(char, Option<Cursor>)> =
            BUCKETS.into_iter().map(|bucket| (bucket, None)).collect();
        for _ in 0..MOST_PAGES {
            let mut unfinished = Vec::new();
            for (bucket, cursor) in parts {
                if began.elapsed() > DEADLINE {
                    tracing::error!(?report, "no time to send all that is due");
                    return Ok((report, false));
                }
                let page = self.due.page(bucket, now, PAGE, cursor).await?;
                self.work_off(page.waiting, now, &mut quota, &mut report).await;
                unfinished.extend(page.next.map(|cursor| (bucket, Some(cursor))));
            }
            parts = unfinished;
        }
        Ok((report, parts.is_empty()))
    }

    /// What fails is told and left due: it must not keep the others from being sent.
    async fn work_off(
        &self,
        waiting: Vec<Waiting>,
        now: Timestamp,
        quota: &mut Quota,
        report: &mut Report,
    ) {
        let decided = join_all(waiting.into_iter().map(|one| self.decide(one, now, quota))).await;
        let (mut questions, mut moves) = (Vec::new(), Vec::new());
        for decision in decided {
            match decision {
                Ok(Decision::Nothing) => {}
                Ok(Decision::Move(waiting, to)) => moves.push((waiting, to)),
                Ok(Decision::Leave) => report.left += 1,
                Ok(Decision::Ask(waiting)) => match quota.take(&waiting.subject) {
                    Some(delay) => questions.push((waiting, delay)),
                    None => report.left += 1,
                },
                Err(error) => {
                    tracing::error!(
                        error = error.with_causes(),
                        "an account that is due: not read"
                    );
                    report.left += 1;
                }
            }
        }
        report.moved += moves.len();
        let moved = moves.iter().map(|(waiting, to)| self.due.move_to(waiting, *to));
        tell_failures(join_all(moved).await);
        let (receipts, accounts) = questions
            .into_iter()
            .partition(|(waiting, _)| waiting.subject.kind() == Some(Kind::Receipt));
        self.send(&self.receipts_queue, receipts, now, report).await;
        self.send(&self.accounts_queue, accounts, now, report).await;
    }

    async fn decide(
        &self,
        waiting: Waiting,
        now: Timestamp,
        quota: &Quota,
    ) -> Result<Decision, StoreError> {
        if quota.is_used_up(&waiting.subject) {
            return Ok(Decision::Leave);
        }
        if waiting.subject.kind() != Some(Kind::Account) {
            return Ok(Decision::Ask(waiting));
        }
        let publisher = match waiting.subject.publisher() {
            Some(id) => self.publishers.find(&id).await?,
            None => None,
        };
        // Of a publisher that is not there any more, the worker says so.
        let Some(publisher) = publisher else { return Ok(Decision::Ask(waiting)) };
        let found = self.accounts.due(&waiting.subject, &publisher, now).await?;
        let Some((account, seen)) = found else { return Ok(Decision::Nothing) };
        match seen.not_before_asked(account.ask_roku_at()) {
            _ if seen.since > now => Ok(Decision::Nothing),
            Some(at) if at <= now => Ok(Decision::Ask(seen)),
            next => Ok(Decision::Move(seen, next)),
        }
    }

    /// Sends questions, and notes of each that was sent that it is on its way. In this order: what is
    /// noted and never sent would wait for hours.
    async fn send(
        &self,
        queue: &Sender,
        questions: Vec<(Waiting, Duration)>,
        now: Timestamp,
        report: &mut Report,
    ) {
        let messages: Vec<(String, Duration)> = questions
            .iter()
            .map(|(waiting, delay)| (waiting.subject.to_message(), *delay))
            .collect();
        let mut not_accepted = Vec::new();
        if let Err(refusal) = queue.send_spread(&messages).await {
            let cause = refusal.cause.with_causes();
            tracing::error!(cause, count = refusal.indexes.len(), "questions not sent");
            not_accepted = refusal.indexes;
        }
        report.left += not_accepted.len();
        report.sent += questions.len() - not_accepted.len();
        let sent = questions.iter().enumerate();
        let sent = sent.filter(|(index, _)| !not_accepted.contains(index));
        let noted = sent.map(|(_, (waiting, _))| self.due.on_its_way(waiting, now));
        tell_failures(join_all(noted).await);
    }
}

fn tell_failures(written: Vec<Result<(), StoreError>>) {
    for error in written.into_iter().filter_map(Result::err) {
        tracing::error!(error = error.with_causes(), "what is due: next date not written");
    }
}
