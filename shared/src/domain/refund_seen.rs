//! What Roku answers when we ask about a refund.

use jiff::Timestamp;

use super::amounts::Amounts;
use super::id::{RokuCustomerId, RokuProductId, TransactionId};
use super::roku_answer::{BrokenAnswer, Fields, NoSuccess};

/// What Roku said of a refund. Made only from Roku's own answer, most of whose fields may be null
/// (`roku-pay.md` §3).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RefundSeen {
    /// The refund itself, which is a transaction of its own.
    pub transaction: TransactionId,
    /// Who got the money, where Roku says so.
    pub roku_customer: Option<RokuCustomerId>,
    /// What had been bought, where Roku says so.
    pub product: Option<RokuProductId>,
    /// When it was refunded, where Roku says so.
    pub refunded_at: Option<Timestamp>,
    /// What was given back: negative.
    pub amounts: Amounts,
}

impl RefundSeen {
    /// Reads the body that Roku sent with HTTP 200.
    pub(crate) fn read(body: &str) -> Result<Self, NoSuccess> {
        let fields = Fields::of_success(body)?;
        let transaction = fields.parsed("transactionId", TransactionId::parse);
        Ok(Self {
            transaction: transaction.ok_or(BrokenAnswer::Missing("transactionId"))?,
            roku_customer: fields.parsed("rokuCustomerId", RokuCustomerId::parse),
            product: fields.parsed("productId", RokuProductId::parse),
            refunded_at: fields.time("purchaseDate"),
            amounts: fields.amounts(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_as_roku_shows_it() {
        let seen = RefundSeen::read(
            r#"{"errorCode":null,"errorDetails":null,"errorMessage":"","status":0,
            "OriginalTransactionId":null,"amount":-0.99,"cancelled":false,
            "cancelledTransactionIds":null,"channelId":0,"channelName":null,"creditsApplied":0.0,
            "currency":"usd","expirationDate":null,"isEntitled":false,"productId":"S1",
            "purchaseDate":"\/Date(1581033062000+0000)\/","rokuCustomerId":null,"tax":-0.07,
            "total":-1.06,"transactionId":"a062b93c-decf"}"#,
        )
        .unwrap();
        assert_eq!(seen.transaction.as_str(), "a062b93cdecf");
        assert_eq!((&seen.roku_customer, seen.product.unwrap().as_str()), (&None, "S1"));
        assert_eq!(seen.refunded_at.unwrap().to_string(), "2020-02-06T23:51:02Z");
        let amounts = [seen.amounts.price, seen.amounts.total, seen.amounts.tax];
        assert_eq!(amounts.map(|amount| amount.unwrap().to_string()), ["-0.99", "-1.06", "-0.07"]);
        assert_eq!(seen.amounts.currency.as_deref(), Some("usd"));
    }

    #[test]
    fn what_roku_does_not_tell_is_missing_but_for_the_refund() {
        let seen = RefundSeen::read(r#"{"status":0,"transactionId":"a"}"#).unwrap();
        assert_eq!((seen.roku_customer, seen.product, seen.refunded_at), (None, None, None));
        assert_eq!(seen.amounts, Amounts::default());
        let missing = Err(BrokenAnswer::Missing("transactionId").into());
        assert_eq!(RefundSeen::read(r#"{"status":0,"transactionId":null}"#), missing);
    }
}
