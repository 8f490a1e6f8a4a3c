//! Which column of a CSV file holds what.

use csv::ByteRecord;

/// The names of a column, the best first. They are compared without case and punctuation.
struct Names(&'static [&'static str]);

const EMAIL: Names = Names(&["email", "customerEmail"]);
const TRANSACTION: Names =
    Names(&["transactionId", "transaction", "purchaseId", "originalTransactionId"]);
const OFFER: Names = Names(&["offerId"]);

/// More of a header than this nobody reads.
const MAX_SHOWN_CHARS: usize = 200;

/// Where the columns are, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) email: usize,
    pub(super) transaction: usize,
    pub(super) offer: Option<usize>,
}

/// Why a header is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHeader {
    /// A column is not there.
    #[error("the first line must name a column {names}, separated by commas; it reads: {header}")]
    Missing {
        /// What it may be called.
        names: String,
        /// The line as it is.
        header: String,
    },
    /// A column is there twice.
    #[error("the first line names the column {0} twice")]
    Twice(&'static str),
}

impl Columns {
    /// Finds the columns by the header.
    pub(super) fn find(header: &ByteRecord) -> Result<Self, BadHeader> {
        let required = |names: &Names| {
            let missing = || BadHeader::Missing { names: names.shown(), header: shown(header) };
            names.find(header)?.ok_or_else(missing)
        };
        Ok(Self {
            email: required(&EMAIL)?,
            transaction: required(&TRANSACTION)?,
            offer: OFFER.find(header)?,
        })
    }
}

impl Names {
    fn find(&self, header: &ByteRecord) -> Result<Option<usize>, BadHeader> {
        for name in self.0 {
            let is_it = |cell: &[u8]| plain(cell) == plain(name.as_bytes());
            let mut found = header.iter().enumerate().filter(|(_, cell)| is_it(cell));
            match (found.next(), found.next()) {
                (Some((at, _)), None) => return Ok(Some(at)),
                (Some(_), Some(_)) => return Err(BadHeader::Twice(name)),
                (None, _) => {}
            }
        }
        Ok(None)
    }

    fn shown(&self) -> String {
        self.0.join(" or ")
    }
}

/// A name without case and punctuation: `Customer e-mail` is `customerEmail`.
fn plain(name: &[u8]) -> Vec<u8> {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase).collect()
}

fn shown(header: &ByteRecord) -> String {
    let cells: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
    cells.join(",").chars().filter(|c| !c.is_control()).take(MAX_SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &[&str]) -> Result<(usize, usize, Option<usize>), String> {
        let columns = Columns::find(&ByteRecord::from(header));
        let found = columns.map(|found| (found.email, found.transaction, found.offer));
        found.map_err(|why| why.to_string())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_and_case() {
        for (header, then) in [
            (&["email", "transactionId"][..], (0, 1, None)),
            (&["Name", "OFFERID", "Transaction ID", "E-Mail"], (3, 2, Some(1))),
            (&["purchase_id", "customerEmail"], (1, 0, None)),
            // Where several would do, the one that names it best.
            (&["originalTransactionId", "email", "transactionId"], (1, 2, None)),
        ] {
            assert_eq!(find(header), Ok(then), "{header:?}");
        }
    }

    #[test]
    fn a_header_that_lacks_a_column_is_told() {
        let told = find(&["email;transactionId"]).unwrap_err();
        assert!(told.contains("email or customerEmail, separated by commas"), "{told}");
        assert!(told.ends_with("it reads: email;transactionId"), "{told}");
        let told = find(&["email", "offerId"]).unwrap_err();
        assert!(told.contains("transactionId or transaction or purchaseId"), "{told}");
        let told = find(&["email", "purchaseId", "purchase id"]).unwrap_err();
        assert_eq!(told, "the first line names the column purchaseId twice");
    }
}
