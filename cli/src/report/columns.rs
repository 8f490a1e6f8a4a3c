//! The columns of each report, with the names that ChurnIQ shows where it has them
//! (`cleeng-api.md` §8).

/// What a column holds, which says how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, a day or a moment.
    Text,
    /// A number of things.
    Count,
    /// Millionths of a currency.
    Money,
    /// Hundredths of a percent.
    Rate,
    /// Yes or no.
    Flag,
}

/// A column of a report.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in the query.
    pub name: &'static str,
    /// Its name for people.
    pub display: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is among the few that a terminal has room for.
    pub is_brief: bool,
}

const fn column(name: &'static str, display: &'static str, kind: Kind) -> Column {
    Column { name, display, kind, is_brief: false }
}

const fn text(name: &'static str, display: &'static str) -> Column {
    column(name, display, Kind::Text)
}

const fn count(name: &'static str, display: &'static str) -> Column {
    column(name, display, Kind::Count)
}

const fn money(name: &'static str, display: &'static str) -> Column {
    column(name, display, Kind::Money)
}

impl Column {
    const fn brief(self) -> Self {
        Self { is_brief: true, ..self }
    }
}

/// A report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Report {
    /// Everything that Roku charged, and what went back
    Transactions,
    /// One row for each subscription, and for each thing that was bought once
    Subscriptions,
    /// What changed month by month, for each offer, channel and currency
    Monthly,
    /// How often each customer was let in, day by day
    Engagement,
}

impl Report {
    /// Every report.
    pub const ALL: [Self; 4] =
        [Self::Transactions, Self::Subscriptions, Self::Monthly, Self::Engagement];

    /// The name of its query.
    pub fn view(self) -> &'static str {
        match self {
            Self::Transactions => "transactions",
            Self::Subscriptions => "subscriptions",
            Self::Monthly => "monthly",
            Self::Engagement => "engagement",
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Transactions => TRANSACTIONS,
            Self::Subscriptions => SUBSCRIPTIONS,
            Self::Monthly => MONTHLY,
            Self::Engagement => ENGAGEMENT,
        }
    }

    /// In what order its rows come.
    pub(super) fn order(self) -> &'static str {
        match self {
            Self::Transactions => "occurred_at, event_id",
            Self::Subscriptions => "started_at, subscription_key",
            Self::Monthly => "offer_id, channel_id, currency, month",
            Self::Engagement => "day, customer_id",
        }
    }
}

/// Who a customer is, where that is asked for. It is never in a row: it comes from the table.
pub(super) const PERSON: &[Column] = &[
    text("customer_email", "Customer email").brief(),
    text("customer_first_name", "Customer first name"),
    text("customer_last_name", "Customer last name"),
    text("customer_country", "Customer country"),
    text("customer_external_id", "Customer external ID"),
];

const TRANSACTIONS: &[Column] = &[
    text("transaction_id", "Transaction ID").brief(),
    text("country", "Transaction country"),
    text("day", "Date"),
    text("occurred_at", "Date/Time").brief(),
    text("month", "Month"),
    text("week", "Week"),
    text("kind", "Transaction kind").brief(),
    text("publisher_id", "Publisher ID"),
    text("channel_id", "Channel ID"),
    text("customer_id", "Customer ID").brief(),
    text("offer_id", "Offer ID").brief(),
    text("offer_title", "Offer title"),
    text("offer_group", "Offer group ID"),
    text("offer_period", "Offer period"),
    money("offer_price_micros", "Offer price excl. tax"),
    text("offer_currency", "Offer currency"),
    money("net_micros", "Transaction price excl. tax").brief(),
    money("tax_micros", "Applicable tax").brief(),
    money("total_micros", "Transaction price incl. tax").brief(),
    money("credit_micros", "Paid by credit"),
    text("currency", "Transaction currency").brief(),
    text("payment_method", "Payment method"),
    text("external_transaction_id", "Roku transaction ID"),
    column("subscription_id", "Subscription ID", Kind::Text),
    text("external_id", "Roku purchase ID"),
    text("product_id", "Roku product"),
    text("roku_customer_id", "Roku customer ID"),
];

const SUBSCRIPTIONS: &[Column] = &[
    column("subscription_id", "Subscription ID", Kind::Text).brief(),
    text("publisher_id", "Publisher ID"),
    text("channel_id", "Channel ID"),
    text("customer_id", "Customer ID").brief(),
    text("country", "Country"),
    text("offer_title", "Offer title"),
    text("offer_id", "Offer ID").brief(),
    text("offer_group", "Offer group ID"),
    money("offer_price_micros", "Offer price excl. tax"),
    text("offer_currency", "Offer currency"),
    text("offer_period", "Offer period"),
    text("status", "Subscription status").brief(),
    text("standing", "Standing"),
    column("in_trial", "In trial", Kind::Flag),
    text("started_at", "Account activation date").brief(),
    text("trial_started_at", "Trial start date"),
    text("trial_converted_at", "Trial conversion date"),
    text("expires_at", "Expiration date").brief(),
    text("cancelled_at", "Cancellation date"),
    text("ended_at", "End date").brief(),
    text("end_reason", "End reason"),
    text("churn", "Churn type").brief(),
    count("payments", "Payments").brief(),
    money("charged_micros", "Revenue incl. tax").brief(),
    count("refunds", "Refunds"),
    money("refunded_micros", "Refunded"),
    count("chargebacks", "Chargebacks"),
    money("charged_back_micros", "Charged back"),
    money("tax_micros", "Tax"),
    money("net_micros", "Revenue net"),
    text("currency", "Currency").brief(),
    text("last_transaction_id", "Last transaction ID"),
    text("last_transaction_at", "Last transaction date"),
    money("last_transaction_micros", "Last transaction price incl. tax"),
    text("external_id", "Roku purchase ID"),
    text("product_id", "Roku product"),
    text("roku_customer_id", "Roku customer ID"),
];

const MONTHLY: &[Column] = &[
    text("month", "Month"),
    text("publisher_id", "Publisher ID"),
    text("offer_id", "Offer ID"),
    text("offer_title", "Offer title"),
    text("channel_id", "Channel ID"),
    text("currency", "Currency"),
    count("active_at_start", "Active at the start"),
    count("new_subscriptions", "New"),
    count("reactivated", "Reactivated"),
    count("upgrades_in", "Upgrades in"),
    count("downgrades_in", "Downgrades in"),
    count("recovered_from_hold", "Recovered from hold"),
    count("upgrades_out", "Upgrades out"),
    count("downgrades_out", "Downgrades out"),
    count("active_cancellations", "Active cancellations"),
    count("passive_cancellations", "Passive cancellations"),
    count("not_heard_of", "Not heard of"),
    count("taken_away", "Taken away"),
    count("churned", "Churned"),
    column("churn_rate", "Churn rate", Kind::Rate),
    count("active_at_end", "Active at the end"),
    count("paying_at_end", "Paying at the end"),
    count("in_trial_at_end", "In trial at the end"),
    count("in_grace_at_end", "In grace at the end"),
    count("trials_started", "Trials started"),
    count("trials_converted", "Trials converted"),
    count("trials_lapsed", "Trials lapsed"),
    column("trial_conversion_rate", "Trial conversion rate", Kind::Rate),
    count("renewals", "Renewals"),
    count("renewals_turned_off", "Renewals turned off"),
    count("offers_accepted", "Offers to stay accepted"),
    count("downgrades_scheduled", "Downgrades scheduled"),
    count("grace_started", "Grace started"),
    count("recovered_from_grace", "Recovered from grace"),
    count("put_on_hold", "Put on hold"),
    count("bought_once", "Bought once"),
    count("charges", "Charges"),
    money("charged_micros", "Charged incl. tax"),
    count("refunds", "Refunds"),
    money("refunded_micros", "Refunded"),
    count("chargebacks", "Chargebacks"),
    money("charged_back_micros", "Charged back"),
    count("chargebacks_reversed", "Chargebacks reversed"),
    money("chargebacks_reversed_micros", "Charged back and reversed"),
    money("tax_micros", "Tax"),
    money("net_micros", "Revenue net"),
    money("mrr_micros", "MRR at the end"),
];

const ENGAGEMENT: &[Column] = &[
    text("day", "Date").brief(),
    text("week", "Week"),
    text("month", "Month"),
    text("publisher_id", "Publisher ID"),
    text("customer_id", "Customer ID").brief(),
    count("checks", "Access checks granted").brief(),
];
