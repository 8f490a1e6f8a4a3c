//! Receipts and what became of them.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::due::{Subject, Waiting};
use super::transaction_item::{self, RECEIPT_OF, transaction_key};
use super::{
    Item, StoreError, Table, customer_pk, due, from_item, in_key, key, outbox, sortable, string,
    text, to_item,
};
use crate::domain::event::receipts::Answered;
use crate::domain::fact::later;
use crate::domain::id::{CustomerId, PublisherId, RokuCustomerId, TransactionId};
use crate::domain::receipt::{Outcome, Receipt, Rejection};

/// What the sort keys of receipts begin with.
const PREFIX: &str = "RECEIPT#";

/// How long the function that took a receipt works on it, at most.
pub const WORKED_ON: SignedDuration = SignedDuration::from_secs(20);

/// Keeps receipts, and tells what became of them.
#[derive(Debug)]
pub struct Receipts {
    table: Table,
}

/// A receipt and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KnownReceipt {
    /// The claim.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// What became of it.
    pub outcome: Outcome,
    /// Whose account it turned out to be, once Roku said.
    pub roku_customer: Option<RokuCustomerId>,
}

/// What is known of a receipt that is shown.
#[derive(Debug, Clone)]
pub enum ShownBefore {
    /// It is new, or Roku has to be asked again.
    No,
    /// The queue asks about it, and the schedule leaves it to the queue until then.
    OnItsWay(Timestamp),
    /// It was granted.
    Granted(KnownReceipt),
}

impl KnownReceipt {
    /// A receipt that Roku has not been asked about.
    fn fresh(receipt: &Receipt) -> Self {
        Self { receipt: receipt.clone(), outcome: Outcome::Processing, roku_customer: None }
    }
}

impl Receipts {
    /// The receipts of a table.
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }

    /// Keeps a receipt, unless one was granted to this customer before for the same transaction:
    /// that one is left as it is. When this returns, a receipt that was kept cannot be lost: until
    /// Roku has answered it stands in the index `due`.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the receipt is kept.
    pub async fn keep(
        &self,
        publisher: &PublisherId,
        receipt: &Receipt,
    ) -> Result<ShownBefore, StoreError> {
        let fresh = KnownReceipt::fresh(receipt);
        let not_granted = "attribute_not_exists(pk) OR outcome <> :granted";
        let granted = HashMap::from([(":granted".to_owned(), string("granted"))]);
        let item = item(publisher, &fresh, Some(due_since(receipt)))?;
        let old = self.table.put_if(item, not_granted, Some(granted)).await?;
        let Some(old) = old else {
            let granted = self.read(publisher, &receipt.customer, &receipt.transaction).await?;
            return Ok(granted.map_or(ShownBefore::No, ShownBefore::Granted));
        };
        let waited = text(&old, "outcome").is_ok_and(|outcome| outcome == "processing");
        let until: Option<Timestamp> = text(&old, due::AT).ok().and_then(|at| at.parse().ok());
        let on_its_way = until.filter(|until| waited && *until > due_since(receipt));
        Ok(on_its_way.map_or(ShownBefore::No, ShownBefore::OnItsWay))
    }

    /// Puts a receipt in the place of the one that was granted before.
    ///
    /// # Errors
    /// [`StoreError`] when it is not certain that the receipt is kept.
    pub async fn reopen(
        &self,
        publisher: &PublisherId,
        receipt: &Receipt,
    ) -> Result<(), StoreError> {
        let fresh = KnownReceipt::fresh(receipt);
        self.table.put(item(publisher, &fresh, Some(due_since(receipt)))?).await
    }

    /// Makes a receipt the one that [`Self::find`] finds for its transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written.
    pub async fn show_last(
        &self,
        publisher: &PublisherId,
        receipt: &Receipt,
    ) -> Result<(), StoreError> {
        let (transaction, customer) = (&receipt.transaction, receipt.customer.as_str());
        transaction_item::remember(&self.table, publisher, transaction, RECEIPT_OF, customer).await
    }

    /// Writes down that Roku did not know a receipt's transaction at `now`, and when it is asked again;
    /// unless the receipt was shown anew or granted meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be written. The receipt then stays due.
    pub async fn reject_unknown(
        &self,
        publisher: &PublisherId,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let known = KnownReceipt {
            outcome: Outcome::Rejected(Rejection::UnknownToRoku),
            ..KnownReceipt::fresh(receipt)
        };
        let condition = format!("{SAME_RECEIPT} AND outcome <> :granted");
        let mut values = same_receipt(receipt);
        values.insert(":granted".to_owned(), string("granted"));
        let answered = Answered { publisher, receipt, outcome: known.outcome, at: now };
        let mut item = item(publisher, &known, receipt.ask_again_at(now))?;
        item.insert(outbox::EVENTS.to_owned(), outbox::value(&[answered.unknown()])?);
        self.table.put_if(item, &condition, Some(values)).await.map(drop)
    }

    /// The receipt that was shown last for a transaction.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn find(
        &self,
        publisher: &PublisherId,
        transaction: &TransactionId,
    ) -> Result<Option<KnownReceipt>, StoreError> {
        let pointer = self.table.get(&transaction_key(publisher, transaction), true).await?;
        let Some(customer) = pointer.as_ref().and_then(|item| text(item, RECEIPT_OF).ok()) else {
            return Ok(None);
        };
        let customer = CustomerId::parse(customer).map_err(StoreError::corrupt)?;
        self.read(publisher, &customer, transaction).await
    }

    /// All receipts that a customer has shown, each transaction's last one.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn of_customer(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<Vec<KnownReceipt>, StoreError> {
        let pk = string(customer_pk(publisher, customer));
        let items = self.table.all_beginning(pk, PREFIX).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Forgets the orders that a customer's apps posted, which may hold anything, and has Roku asked
    /// about none of the receipts any more. What became of them stays.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be used. Some may be forgotten then.
    pub async fn forget_orders(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
    ) -> Result<(), StoreError> {
        let pk = customer_pk(publisher, customer);
        for item in self.table.all_beginning(string(&pk), PREFIX).await? {
            let receipt = key(&pk, text(&item, "sk")?);
            let request = self.table.client.update_item().set_key(Some(receipt));
            let request = request
                .update_expression(format!(
                    "SET #order = :none REMOVE {}, {}",
                    due::BUCKET,
                    due::AT
                ))
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#order", "order")
                .expression_attribute_values(":none", string("{}"));
            self.table.update(request).await?;
        }
        Ok(())
    }

    /// How a receipt that Roku has not answered stands in the index `due`.
    pub fn waiting(publisher: &PublisherId, receipt: &Receipt) -> Waiting {
        let (customer, transaction) = (&receipt.customer, &receipt.transaction);
        let subject = Subject::new(customer_pk(publisher, customer), receipt_sk(transaction));
        Waiting::of_index(subject, due_since(receipt))
    }

    /// The receipt that a question is about; none once Roku's answer was the last word.
    ///
    /// # Errors
    /// [`StoreError`] when the table cannot be read.
    pub async fn due(&self, subject: &Subject) -> Result<Option<Receipt>, StoreError> {
        let item = self.table.get(&subject.key(), true).await?;
        let item = item.filter(|item| item.contains_key(due::AT));
        let known: Option<KnownReceipt> = item.map(from_item).transpose()?;
        Ok(known.map(|known| known.receipt))
    }

    async fn read(
        &self,
        publisher: &PublisherId,
        customer: &CustomerId,
        transaction: &TransactionId,
    ) -> Result<Option<KnownReceipt>, StoreError> {
        let key = receipt_key(publisher, customer, transaction);
        self.table.get(&key, true).await?.map(from_item).transpose()
    }
}

/// From when on a receipt that Roku has not answered is due: not while it is being worked on.
fn due_since(receipt: &Receipt) -> Timestamp {
    later(receipt.received_at, WORKED_ON)
}

fn receipt_key(
    publisher: &PublisherId,
    customer: &CustomerId,
    transaction: &TransactionId,
) -> Item {
    key(&customer_pk(publisher, customer), &receipt_sk(transaction))
}

fn receipt_sk(transaction: &TransactionId) -> String {
    format!("{PREFIX}{}", in_key(transaction.as_str()))
}

/// Holds while a receipt was not shown anew.
pub(super) const SAME_RECEIPT: &str = "received_at = :received_at";

/// The values of [`SAME_RECEIPT`].
pub(super) fn same_receipt(receipt: &Receipt) -> Item {
    HashMap::from([(":received_at".to_owned(), string(receipt.received_at.to_string()))])
}

/// A receipt's item, with the date of its next question, if there is one.
pub(super) fn item(
    publisher: &PublisherId,
    known: &KnownReceipt,
    ask_roku_at: Option<Timestamp>,
) -> Result<Item, StoreError> {
    let receipt = &known.receipt;
    let mut item = receipt_key(publisher, &receipt.customer, &receipt.transaction);
    item.extend(to_item(known)?);
    if let Some(at) = ask_roku_at {
        item.insert(due::BUCKET.to_owned(), string(due::bucket(receipt.transaction.as_str())));
        item.insert(due::AT.to_owned(), string(sortable(at)));
    }
    Ok(item)
}
