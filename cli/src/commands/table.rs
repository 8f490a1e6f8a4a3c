//! What a command found, as a table for the person at the terminal.

use comfy_table::{Table, presets};

/// Rows under a header, in columns as wide as what stands in them.
pub(super) fn table<const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_where_their_text_ends() {
        let rows = [["S1_US", "Basic"], ["S22_US", "Premium"]].map(|row| row.map(str::to_owned));
        let expected = "offer   title\nS1_US   Basic\nS22_US  Premium";
        assert_eq!(table(["offer", "title"], rows), expected);
    }
}
