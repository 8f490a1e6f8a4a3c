//! Monthly figures as a chart, in vectors or in pixels by the same strokes. The font comes along, so
//! that the machine needs none.

mod drawing;
mod figures;

use super::database::{Database, Filter};
use super::error::ReportError;
use figures::Figures;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Vectors.
    Svg,
    /// Pixels.
    Png,
}

/// The chart of a publisher's months.
#[derive(Debug)]
pub struct Chart {
    figures: Figures,
}

impl Chart {
    /// Its width and height in pixels.
    pub const SIZE: (u32, u32) = (1000, 600);

    /// The chart of what is asked for, all offers and channels together.
    ///
    /// # Errors
    /// [`ReportError::Nothing`], and [`ReportError::Currencies`] where there are several.
    pub fn of(database: &Database, filter: &Filter) -> Result<Self, ReportError> {
        Ok(Self { figures: Figures::of(database, filter)? })
    }

    /// The bytes of the picture.
    ///
    /// # Errors
    /// [`ReportError::Drawing`].
    pub fn draw(&self, picture: Picture) -> Result<Vec<u8>, ReportError> {
        drawing::draw(&self.figures, picture)
    }
}

#[cfg(test)]
mod tests;
