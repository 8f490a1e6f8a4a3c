//! The strokes of a chart: three panels over the same months.

mod panel;

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::IntoDrawingArea;
use plotters::prelude::{DrawingArea, FontStyle, IntoFont, RGBColor, WHITE};
use plotters::style::register_font;

use super::figures::{Figures, Month};
use super::{Chart, Picture};
use crate::report::error::ReportError;
use panel::{Panel, Series, Unit};

/// The family that every text names; browsers have a font for it too.
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(0x33, 0x38, 0x40);
const BLUE: RGBColor = RGBColor(0x2b, 0x6c, 0xb0);
const TEAL: RGBColor = RGBColor(0x2c, 0x9c, 0x8f);
const PURPLE: RGBColor = RGBColor(0x66, 0x2d, 0x91);
const LAVENDER: RGBColor = RGBColor(0xc3, 0xb1, 0xe1);
const GREEN: RGBColor = RGBColor(0x38, 0xa1, 0x69);
const RED: RGBColor = RGBColor(0xd6, 0x4e, 0x4e);

pub(super) fn draw(figures: &Figures, picture: Picture) -> Result<Vec<u8>, ReportError> {
    for style in [FontStyle::Normal, FontStyle::Bold] {
        let font = epaint_default_fonts::UBUNTU_LIGHT;
        register_font(FONT, style, font).map_err(|_| drawing("the font cannot be read"))?;
    }
    match picture {
        Picture::Svg => {
            let mut text = String::new();
            draw_on(SVGBackend::with_string(&mut text, Chart::SIZE), figures)?;
            Ok(text.into_bytes())
        }
        Picture::Png => {
            let (width, height) = Chart::SIZE;
            let mut pixels = vec![0; (width * height * 3) as usize];
            draw_on(BitMapBackend::with_buffer(&mut pixels, Chart::SIZE), figures)?;
            encoded(&pixels)
        }
    }
}

fn encoded(pixels: &[u8]) -> Result<Vec<u8>, ReportError> {
    let mut bytes = Vec::new();
    let (width, height) = Chart::SIZE;
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().map_err(drawing)?;
    writer.write_image_data(pixels).map_err(drawing)?;
    writer.finish().map_err(drawing)?;
    Ok(bytes)
}

fn draw_on<B: DrawingBackend>(backend: B, figures: &Figures) -> Result<(), ReportError> {
    let root = backend.into_drawing_area();
    root.fill(&WHITE).map_err(drawing)?;
    let months: Vec<&str> = figures.months.iter().map(|(month, _)| month.as_str()).collect();
    let (first, last) = (months.first().unwrap_or(&""), months.last().unwrap_or(&""));
    let title = match first == last {
        true => format!("Subscriptions, {first}"),
        false => format!("Subscriptions, {first} to {last}"),
    };
    let font = (FONT, 26).into_font().color(&INK);
    let area = root.margin(8, 8, 8, 12).titled(&title, font).map_err(drawing)?;
    let (upper, lower) = area.split_vertically(290);
    let (left, right) = upper.split_horizontally(490);
    open(figures).draw(&left, &months)?;
    money(figures).draw(&right, &months)?;
    moves(figures).draw(&lower, &months)?;
    root.present().map_err(drawing)
}

type Area<B> = DrawingArea<B, Shift>;

fn series(
    figures: &Figures,
    name: &str,
    color: RGBColor,
    of: impl Fn(&Month) -> i64,
    told: impl Fn(i64) -> String,
) -> Series {
    let values = figures.each(of);
    let last = values.last().copied().unwrap_or_default();
    let month = figures.months.last().map_or("", |(month, _)| month);
    Series { label: format!("{name}, {month}: {}", told(last)), color, values }
}

fn open(figures: &Figures) -> Panel {
    let count = |value: i64| value.to_string();
    Panel {
        title: "Open at the month's end".to_owned(),
        unit: Unit::Things,
        bars: Vec::new(),
        lines: vec![
            series(figures, "active", BLUE, |month| month.active, count),
            series(figures, "paying", TEAL, |month| month.paying, count),
        ],
    }
}

fn money(figures: &Figures) -> Panel {
    let told = |micros| figures.in_currency(micros);
    Panel {
        title: format!("MRR and net revenue, {}", figures.currency),
        unit: Unit::Micros,
        bars: vec![series(figures, "net revenue", LAVENDER, |month| month.net_micros, told)],
        lines: vec![series(figures, "MRR", PURPLE, |month| month.mrr_micros, told)],
    }
}

fn moves(figures: &Figures) -> Panel {
    let count = |value: i64| value.to_string();
    Panel {
        title: "New and churned in the month".to_owned(),
        unit: Unit::Things,
        bars: vec![
            series(figures, "new and back", GREEN, |month| month.new, count),
            series(figures, "churned", RED, |month| month.churned, count),
        ],
        lines: Vec::new(),
    }
}

fn drawing(error: impl std::fmt::Display) -> ReportError {
    ReportError::Drawing(error.to_string())
}
