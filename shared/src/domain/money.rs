//! Amounts of money as Roku's devices show them.

use rust_decimal::Decimal;

/// Reads the number out of a price as a Roku device shows it: `$7.99`, `7,99 €`, `1.299,00`.
///
/// The currency is not read: the symbol is localised and the offer names its own
/// (`roku-pay.md` §4). `None` when the text holds no number.
pub fn parse_displayed(text: &str) -> Option<Decimal> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())?;
    let negative = text[..start].contains(['-', '−', '(']);
    let digits = plain_number(&text[start..=end])?;
    let mut amount: Decimal = digits.parse().ok()?;
    amount.set_sign_negative(negative && !amount.is_zero());
    Some(amount)
}

/// Drops grouping marks and turns the decimal mark into a point. The last mark is the decimal one
/// unless exactly three digits follow it and it could as well group thousands.
fn plain_number(text: &str) -> Option<String> {
    let is_mark = |c: char| matches!(c, '.' | ',');
    let groups = |c: char| c.is_whitespace() || matches!(c, '\'' | '’' | '\u{a0}' | '\u{202f}');
    if !text.chars().all(|c| c.is_ascii_digit() || is_mark(c) || groups(c)) {
        return None;
    }
    let decimal_mark = text.rfind(is_mark).filter(|&at| {
        let mark = text[at..].chars().next();
        let repeated = text.chars().filter(|c| Some(*c) == mark).count() > 1;
        let other_mark_before = text[..at].contains(|c: char| is_mark(c) && Some(c) != mark);
        let three_follow = text.len() - at - 1 == 3;
        !repeated && (other_mark_before || !three_follow)
    });
    Some(
        text.char_indices()
            .filter_map(|(at, c)| match c {
                '0'..='9' => Some(c),
                _ if Some(at) == decimal_mark => Some('.'),
                _ => None,
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_as_devices_show_them() {
        for (shown, amount) in [
            ("$7.99", "7.99"),
            ("7,99 €", "7.99"),
            ("US$ 119.99", "119.99"),
            ("MX$1,299.00", "1299.00"),
            ("1.299,00 €", "1299.00"),
            ("1 299,00 kr", "1299.00"),
            ("1,299", "1299"),
            ("1.234.567", "1234567"),
            ("7", "7"),
            ("-0.00", "0.00"),
            ("-$0.99", "-0.99"),
        ] {
            let expected: Decimal = amount.parse().unwrap();
            assert_eq!(parse_displayed(shown), Some(expected), "{shown}");
        }
    }

    #[test]
    fn text_without_a_number_is_no_amount() {
        for text in ["", "free", "$", "7 for 8", "1e5", &"9".repeat(60)] {
            assert_eq!(parse_displayed(text), None, "{text}");
        }
    }
}
