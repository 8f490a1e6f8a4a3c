//! One panel: bars and lines over months, with axes and a legend.

use plotters::backend::DrawingBackend;
use plotters::chart::{ChartBuilder, ChartContext, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{Color, IntoFont, RGBColor, WHITE};

use super::{Area, FONT, INK, drawing};
use crate::report::error::ReportError;

/// Of which things the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Whole things.
    Things,
    /// Millionths of a currency.
    Micros,
}

/// A number for each month.
pub(super) struct Series {
    pub(super) label: String,
    pub(super) color: RGBColor,
    pub(super) values: Vec<i64>,
}

/// Bars and lines over the same months.
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) unit: Unit,
    pub(super) bars: Vec<Series>,
    pub(super) lines: Vec<Series>,
}

/// How much of the width of a month its bars take.
const BARS_WIDTH: f64 = 0.64;
/// So wide is the name of a month with the room around it, in pixels.
const MONTH_WIDTH: usize = 66;

type Context<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Unit {
    #[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
    fn height(self, value: i64) -> f64 {
        match self {
            Self::Things => value as f64,
            Self::Micros => value as f64 / 1e6,
        }
    }

    /// The least range of the axis: not one of hundredths of a customer.
    fn least(self) -> f64 {
        match self {
            Self::Things => 4.0,
            Self::Micros => 1.0,
        }
    }
}

impl Panel {
    pub(super) fn draw<B: DrawingBackend>(
        &self,
        area: &Area<B>,
        months: &[&str],
    ) -> Result<(), ReportError> {
        let count = place(months.len());
        let (lowest, highest) = self.range();
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, (FONT, 17).into_font().color(&INK))
            .margin(8)
            .x_label_area_size(26)
            .y_label_area_size(58)
            .build_cartesian_2d(-0.5..count - 0.5, lowest..highest)
            .map_err(drawing)?;
        self.axes(&mut chart, area, months)?;
        for (nth, bars) in self.bars.iter().enumerate() {
            self.draw_bars(&mut chart, nth, bars)?;
        }
        for line in &self.lines {
            self.draw_line(&mut chart, line)?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .margin(8)
            .background_style(WHITE.mix(0.85))
            .border_style(INK.mix(0.2))
            .label_font((FONT, 14).into_font().color(&INK))
            .draw()
            .map_err(drawing)?;
        Ok(())
    }

    /// From zero, or from below it, with a quarter of room for the legend.
    fn range(&self) -> (f64, f64) {
        let values = self.bars.iter().chain(&self.lines).flat_map(|series| &series.values);
        let heights = values.map(|value| self.unit.height(*value));
        let (lowest, highest) = heights
            .fold((0.0_f64, self.unit.least()), |(low, high), one| (low.min(one), high.max(one)));
        (lowest * 1.1, highest * 1.45)
    }

    fn axes<B: DrawingBackend>(
        &self,
        chart: &mut Context<'_, B>,
        area: &DrawingArea<B, Shift>,
        months: &[&str],
    ) -> Result<(), ReportError> {
        let room = area.dim_in_pixel().0 as usize / MONTH_WIDTH;
        let name = |at: &f64| {
            let nearest = at.round();
            let is_month = (at - nearest).abs() < 0.01 && nearest >= 0.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it was a place among the months"
            )]
            let month = is_month.then(|| months.get(nearest as usize)).flatten();
            month.map(ToString::to_string).unwrap_or_default()
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(months.len().clamp(2, room.max(2)))
            .x_label_formatter(&name)
            .y_labels(6)
            .y_label_formatter(&|height| grouped(*height))
            .bold_line_style(INK.mix(0.12))
            .light_line_style(INK.mix(0.0))
            .axis_style(INK.mix(0.5))
            .label_style((FONT, 13).into_font().color(&INK))
            .draw()
            .map_err(drawing)
    }

    fn draw_bars<B: DrawingBackend>(
        &self,
        chart: &mut Context<'_, B>,
        nth: usize,
        bars: &Series,
    ) -> Result<(), ReportError> {
        let width = BARS_WIDTH / place(self.bars.len());
        let style = bars.color.filled();
        let rectangles = bars.values.iter().enumerate().map(|(month, value)| {
            let left = place(month) - BARS_WIDTH / 2.0 + width * place(nth);
            Rectangle::new([(left, 0.0), (left + width, self.unit.height(*value))], style)
        });
        let drawn = chart.draw_series(rectangles).map_err(drawing)?;
        drawn
            .label(&bars.label)
            .legend(move |(x, y)| Rectangle::new([(x + 4, y - 5), (x + 16, y + 5)], style));
        Ok(())
    }

    fn draw_line<B: DrawingBackend>(
        &self,
        chart: &mut Context<'_, B>,
        line: &Series,
    ) -> Result<(), ReportError> {
        let style = line.color.stroke_width(3);
        let values = line.values.iter().enumerate();
        let points: Vec<(f64, f64)> =
            values.map(|(month, value)| (place(month), self.unit.height(*value))).collect();
        let drawn = chart.draw_series(LineSeries::new(points.clone(), style)).map_err(drawing)?;
        drawn.label(&line.label).legend(move |(x, y)| {
            Rectangle::new([(x + 2, y - 1), (x + 18, y + 2)], style.filled())
        });
        let dots = points.into_iter().map(|point| Circle::new(point, 4, line.color.filled()));
        chart.draw_series(dots).map_err(drawing)?;
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a place on a screen")]
fn place(nth: usize) -> f64 {
    nth as f64
}

/// A number of the axis, with commas between the thousands.
fn grouped(height: f64) -> String {
    let text = if height.abs() < 10.0 && height.fract().abs() > 0.001 {
        format!("{height:.1}")
    } else {
        format!("{height:.0}")
    };
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (nth, digit) in whole.chars().enumerate() {
        if nth > 0 && (whole.len() - nth) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let dot = if rest.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{dot}{rest}")
}
