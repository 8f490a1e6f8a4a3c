//! Orders, with Roku's names for their fields.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Number;

use crate::domain::id::{RokuCustomerId, RokuProductId};

/// To turn off renewals.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelSubscription {
    /// Which subscription, as Roku wrote the id.
    pub transaction_id: String,
    /// When it ends. Roku's pages do not say what a date in the past does (`roku-pay.md` §3).
    #[serde(serialize_with = "without_zone")]
    pub cancellation_date: Timestamp,
    /// Whether the customer hears nothing of it from Roku.
    pub dont_notify_user: bool,
    /// Our own name for it, which the push about it repeats.
    pub partner_reference_id: String,
}

/// To give money back.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundSubscription {
    /// Which charge, as Roku wrote the id.
    pub transaction_id: String,
    /// How much without tax, which Roku adds; all refunds of a charge together are not more than
    /// its price.
    pub amount: Amount,
    /// Why.
    pub comments: String,
    /// Our own name for it, which the push about it repeats.
    pub partner_reference_id: String,
}

/// To give a credit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueServiceCredit {
    /// To whom.
    pub roku_customer_id: RokuCustomerId,
    /// In which channel.
    pub channel_id: String,
    /// Towards which product; none for any of the channel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<RokuProductId>,
    /// How much.
    pub amount: Amount,
    /// Why.
    pub comments: String,
    /// Our own name for it, which the push about it repeats.
    pub partner_reference_id: String,
}

/// Money for a customer, in the currency that they paid in: more than nothing, and such that a JSON
/// number holds it exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    number: Number,
}

/// Why a number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Roku gives, and takes nothing.
    #[error("must be more than zero")]
    NotPositive,
    /// More digits than a JSON number keeps.
    #[error("has more digits than an amount of money")]
    TooManyDigits,
}

impl Amount {
    /// An amount of money.
    ///
    /// # Errors
    /// [`InvalidAmount`] when it is none.
    pub fn new(amount: Decimal) -> Result<Self, InvalidAmount> {
        if amount <= Decimal::ZERO {
            return Err(InvalidAmount::NotPositive);
        }
        let number = amount.normalize().to_string().parse::<Number>();
        let number = number.map_err(|_| InvalidAmount::TooManyDigits)?;
        let sent = number.to_string().parse::<Decimal>();
        if sent != Ok(amount) {
            return Err(InvalidAmount::TooManyDigits);
        }
        Ok(Self { number })
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number.serialize(serializer)
    }
}

/// UTC, with microseconds and without a zone, as in Roku's sample.
fn without_zone<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&moment.strftime("%Y-%m-%dT%H:%M:%S%.6f"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_sent_to_the_last_digit() {
        for (amount, sent) in [
            ("0.99", "0.99"),
            ("0.10", "0.1"),
            ("5.00", "5"),
            ("0.01", "0.01"),
            ("999999999.99", "999999999.99"),
        ] {
            let amount = Amount::new(amount.parse().unwrap()).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), sent);
        }
    }

    #[test]
    fn what_is_no_amount_of_money_is_not_sent() {
        for (amount, why) in [
            ("0", InvalidAmount::NotPositive),
            ("-0.00", InvalidAmount::NotPositive),
            ("-0.99", InvalidAmount::NotPositive),
            ("0.12345678901234567890123", InvalidAmount::TooManyDigits),
            ("79228162514264337593543950335", InvalidAmount::TooManyDigits),
        ] {
            assert_eq!(Amount::new(amount.parse().unwrap()), Err(why), "{amount}");
        }
    }
}
