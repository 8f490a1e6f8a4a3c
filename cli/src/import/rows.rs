//! The rows of a CSV file, one at a time: read, and not believed.

use std::io::{Chain, Read};

use csv::{ByteRecord, Position, Reader, ReaderBuilder, Terminator};
use usher::domain::email::{Email, InvalidEmail};
use usher::domain::offer::{InvalidOfferId, OfferId};
use usher::domain::receipt::{InvalidTransaction, transaction_shown};
use usher::verification::import::Claim;

use super::bounded::Bounded;
use super::columns::{BadHeader, Columns};

/// Reads rows.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    reader: Reader<Bounded<Chain<R, &'static [u8]>>>,
    columns: Columns,
    record: ByteRecord,
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The line that it begins in, from 1.
    pub(crate) line: u64,
    /// Where it ends in the file, in bytes from its beginning.
    pub(crate) ends_at: u64,
    /// The transaction as the file writes it; empty where it is none, because nobody knows what
    /// stands there instead.
    pub(crate) transaction: String,
    /// What it says.
    pub(crate) claim: Result<Claim, InvalidRow>,
}

/// Why a row says nothing. No text of it repeats what stands in the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidRow {
    /// There is no address.
    #[error("there is no e-mail address")]
    NoEmail,
    /// There is something else.
    #[error("the address {0}")]
    Email(#[from] InvalidEmail),
    /// There is no transaction.
    #[error("there is no transaction")]
    NoTransaction,
    /// There is something else.
    #[error("the transaction {0}")]
    Transaction(#[from] InvalidTransaction),
    /// There is an address in its place.
    #[error("an e-mail address stands in the place of the transaction")]
    EmailAsTransaction,
    /// The offer is named and is none.
    #[error("the offer {0}")]
    Offer(#[from] InvalidOfferId),
}

/// Why a file cannot be read any further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowsError {
    /// It has no columns that would do.
    #[error(transparent)]
    Header(#[from] BadHeader),
    /// It cannot be read.
    #[error("line {line}: {cause}")]
    Unreadable {
        /// Near this line.
        line: u64,
        /// Why not.
        cause: csv::Error,
    },
}

impl InvalidRow {
    /// The reason as a stable code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::NoEmail => "email_missing",
            Self::Email(_) => "email_invalid",
            Self::NoTransaction => "transaction_missing",
            Self::Transaction(_) | Self::EmailAsTransaction => "transaction_invalid",
            Self::Offer(_) => "offer_invalid",
        }
    }
}

impl<R: Read> Rows<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`RowsError`] when it lacks a column or cannot be read.
    pub(crate) fn of(file: R) -> Result<Self, RowsError> {
        // Every line ends with a newline, so that lines can be counted. What stands before it is
        // trimmed with the cell.
        let file = file.chain(&b"\n"[..]);
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(Bounded::new(file));
        let mut header = ByteRecord::new();
        let read = reader.read_byte_record(&mut header);
        read.map_err(|cause| RowsError::Unreadable { line: 1, cause })?;
        let columns = Columns::find(&header)?;
        Ok(Self { reader, columns, record: header })
    }

    fn read(&mut self) -> Result<Option<Row>, RowsError> {
        loop {
            self.reader.get_mut().next_row();
            let read = self.reader.read_byte_record(&mut self.record);
            let at = self.reader.position().clone();
            match read {
                Ok(false) => return Ok(None),
                Ok(true) if self.record.iter().all(|cell| cell.trim_ascii().is_empty()) => {}
                Ok(true) => return Ok(Some(self.row(&at))),
                Err(cause) => return Err(RowsError::Unreadable { line: at.line(), cause }),
            }
        }
    }

    fn row(&self, after: &Position) -> Row {
        let cell = |column: usize| self.record.get(column).unwrap_or_default().trim_ascii();
        let transaction = transaction(cell(self.columns.transaction));
        let email = cell(self.columns.email);
        let offer = self.columns.offer.map(cell).unwrap_or_default();
        let lines = 1 + self.record.as_slice().iter().filter(|byte| **byte == b'\n').count();
        Row {
            line: after.line().saturating_sub(u64::try_from(lines).unwrap_or_default()),
            ends_at: after.byte(),
            transaction: transaction.clone().unwrap_or_default(),
            claim: transaction.and_then(|transaction| claim(email, transaction, offer)),
        }
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<Row, RowsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// A transaction as it is written, if it is one.
fn transaction(cell: &[u8]) -> Result<String, InvalidRow> {
    if cell.is_empty() {
        return Err(InvalidRow::NoTransaction);
    }
    let text = std::str::from_utf8(cell).map_err(|_| InvalidTransaction::NotPlain)?;
    transaction_shown(text)?;
    // Nobody's address goes to Roku, or into the report.
    if Email::parse(text).is_ok() {
        return Err(InvalidRow::EmailAsTransaction);
    }
    Ok(text.to_owned())
}

fn claim(email: &[u8], purchase_id: String, offer: &[u8]) -> Result<Claim, InvalidRow> {
    if email.is_empty() {
        return Err(InvalidRow::NoEmail);
    }
    let email = Email::parse(std::str::from_utf8(email).map_err(|_| InvalidEmail)?)?;
    let offer = std::str::from_utf8(offer).map_err(|_| InvalidOfferId)?;
    let offer = (!offer.is_empty()).then(|| OfferId::parse(offer)).transpose()?;
    let transaction = transaction_shown(&purchase_id)?;
    Ok(Claim { email, transaction, purchase_id, offer })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    /// Line, transaction, and e-mail with offer or why not.
    type Told = (u64, String, Result<(String, Option<String>), &'static str>);

    fn read(file: &str) -> Vec<Told> {
        let rows = Rows::of(file.as_bytes()).unwrap().map(Result::unwrap);
        let shown = |claim: Claim| {
            let offer = claim.offer.map(|offer| offer.to_string());
            (claim.email.expose_secret().to_owned(), offer)
        };
        let rows = rows
            .map(|row| (row.line, row.transaction, row.claim.map(shown).map_err(InvalidRow::code)));
        rows.collect()
    }

    #[test]
    fn a_file_is_read_as_spreadsheets_write_it() {
        let ann = || Ok(("ann@example.com".to_owned(), None));
        let row = |line, transaction: &str| (line, transaction.to_owned(), ann());
        let expected = [row(2, "a-1"), row(5, "a2"), row(6, "a3"), row(8, "a4")];
        let lines = [
            "email,name,transactionId",
            "ann@example.com,\"Ann, \"\"A\"\"\",a-1",
            "",
            ",,",
            " Ann@Example.com ,Ann, a2 ",
            "ann@example.com,\"Ann",
            "A\",\"a3\"",
            "ann@example.com,,\"a4\"",
        ];
        for end in ["\n", "\r\n"] {
            for (before, after) in [("", ""), ("\u{feff}", end), ("\u{feff}", "\r\n\r\n")] {
                let file = format!("{before}{}{after}", lines.join(end));
                assert_eq!(read(&file), expected, "{file:?}");
            }
        }
    }

    #[test]
    fn an_offer_may_be_named() {
        let rows = read("offerId,email,transaction\nS1_US,a@b,1\n,a@b,2\nS 1,a@b,3\n");
        let offers: Vec<_> = rows.into_iter().map(|(_, _, claim)| claim.map(|it| it.1)).collect();
        assert_eq!(offers, [Ok(Some("S1_US".to_owned())), Ok(None), Err("offer_invalid")]);
    }

    #[test]
    fn what_says_nothing_is_told_by_code_and_no_address_stands_for_a_transaction() {
        for (row, transaction, code) in [
            (",1", "1", "email_missing"),
            ("ann,1", "1", "email_invalid"),
            ("a@b,", "", "transaction_missing"),
            ("a@b", "", "transaction_missing"),
            ("a@b,a b", "", "transaction_invalid"),
            ("a@b,..", "", "transaction_invalid"),
            ("1,a@b", "", "transaction_invalid"),
        ] {
            let rows = read(&format!("email,transactionId\n{row}\n"));
            assert_eq!(rows, [(2, transaction.to_owned(), Err(code))], "{row}");
        }
        let file = b"email,transactionId\n\xe9@b,1\na@b,\xe9\na@b,3\n";
        let rows = Rows::of(&file[..]).unwrap().map(|row| row.unwrap().claim.err());
        let codes: Vec<_> = rows.map(|why| why.map(InvalidRow::code)).collect();
        assert_eq!(codes, [Some("email_invalid"), Some("transaction_invalid"), None]);
    }

    #[test]
    fn a_quote_that_is_not_closed_does_not_take_the_file_into_memory() {
        let file = format!("email,transactionId\na@b,\"1\n{}", "a@b,2\n".repeat(1_000_000));
        let mut rows = Rows::of(file.as_bytes()).unwrap();
        let told = rows.next().unwrap().unwrap_err().to_string();
        assert!(told.contains("is a quote not closed?"), "{told}");
    }
}
