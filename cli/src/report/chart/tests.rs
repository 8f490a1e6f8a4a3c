//! A year as a chart.

use roxmltree::Document;
use usher::domain::event::row::Row;

use super::*;

/// So many subscriptions of twelve dollars begin in each month of a year; a few of them do not renew.
fn year(currency: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for month in 1..=12_i64 {
        for nth in 0..20 + month * 7 {
            let id = month * 1_000 + nth;
            let at = |month: i64| format!("{}-{:02}-05T00:00:00.000Z", 2025 + month / 13, month);
            let lives = if nth % 5 == 0 { 1 } else { 12 };
            for of in month..(month + lives).min(13) {
                let (kind, when) = if of == month { ("started", of) } else { ("renewed", of) };
                let next =
                    if when == 12 { "2026-01-05T00:00:00.000Z".into() } else { at(when + 1) };
                let row = |event_type: &str| Row {
                    event_id: format!("{id} {event_type} {of}"),
                    event_type: event_type.to_owned(),
                    occurred_at: at(when),
                    month: at(when)[..7].to_owned(),
                    publisher_id: "9".to_owned(),
                    roku_customer_id: Some("roku".to_owned()),
                    subscription_id: Some(id),
                    offer_id: Some("S1_US".to_owned()),
                    offer_currency: Some(currency.to_owned()),
                    mrr_micros: Some(12_000_000),
                    term_ends_at: Some(next.clone()),
                    ..Row::default()
                };
                rows.push(row(&format!("subscription.{kind}")));
                rows.push(Row {
                    total_micros: Some(12_990_000),
                    tax_micros: Some(990_000),
                    currency: Some(currency.to_owned()),
                    term_ends_at: None,
                    ..row("transaction.charged")
                });
            }
        }
    }
    rows
}

fn database(rows: &[Row]) -> Database {
    let mut database = Database::empty().unwrap();
    database.insert(rows).unwrap();
    database.add_up().unwrap();
    database
}

fn chart(database: &Database) -> Chart {
    Chart::of(database, &Filter::default()).unwrap()
}

#[test]
fn the_drawing_is_well_formed_and_tells_the_figures() {
    let database = database(&year("USD"));
    let svg = String::from_utf8(chart(&database).draw(Picture::Svg).unwrap()).unwrap();
    let document = Document::parse(&svg).unwrap();
    let root = document.root_element();
    assert_eq!((root.attribute("width"), root.attribute("height")), (Some("1000"), Some("600")));
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let texts: Vec<String> =
        texts.filter_map(|node| Some(node.text()?.trim().to_owned())).collect();
    // 20 + 7n begin in month n, of which every fifth does not renew.
    let begun: i64 = (1..=12).map(|month| 20 + month * 7).sum();
    let left: i64 = (1..=11).map(|month| (20 + month * 7 + 4) / 5).sum();
    let active = begun - left;
    let mrr = format!("MRR, 2025-12: {}.00 USD", active * 12);
    for expected in [
        "Subscriptions, 2025-01 to 2025-12",
        &format!("active, 2025-12: {active}"),
        &format!("paying, 2025-12: {active}"),
        &mrr,
        "new and back, 2025-12: 104",
        "2025-12",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected}: {texts:?}");
    }
}

#[test]
fn the_picture_has_its_size_and_colours() {
    let database = database(&year("USD"));
    let bytes = chart(&database).draw(Picture::Png).unwrap();
    let mut reader = png::Decoder::new(bytes.as_slice()).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.width, frame.height), Chart::SIZE);
    let colours: std::collections::BTreeSet<&[u8]> = pixels.chunks(3).collect();
    for colour in [[0x2b, 0x6c, 0xb0], [0xc3, 0xb1, 0xe1], [0x38, 0xa1, 0x69]] {
        assert!(colours.contains(&colour[..]), "{colour:?}");
    }
}

#[test]
fn one_month_is_drawn_too_and_none_is_refused() {
    let rows: Vec<Row> = year("USD").into_iter().filter(|row| row.month == "2025-01").collect();
    let one = database(&rows);
    assert!(chart(&one).draw(Picture::Svg).is_ok());
    let nothing = Chart::of(&database(&[]), &Filter::default()).unwrap_err();
    assert!(matches!(nothing, ReportError::Nothing), "{nothing}");
}

#[test]
fn amounts_of_two_currencies_have_no_chart() {
    let mut rows = year("USD");
    let euros = year("EUR").into_iter().map(|row| Row {
        event_id: format!("eur {}", row.event_id),
        roku_customer_id: Some("another".to_owned()),
        ..row
    });
    rows.extend(euros);
    let refused = Chart::of(&database(&rows), &Filter::default()).unwrap_err();
    assert!(matches!(refused, ReportError::Currencies(ref all) if all == "EUR and USD"));
}
