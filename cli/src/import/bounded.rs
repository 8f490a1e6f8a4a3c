//! A file of which no more is read at once than a row may have.

use std::io::{Error, ErrorKind, Read, Result};

/// A row has less than this; what has more is not closed by its last quote.
const MAX_ROW_BYTES: usize = 1024 * 1024;

/// A reader that fails where more than a row is read without a [`Bounded::next_row`].
#[derive(Debug)]
pub(super) struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, left: MAX_ROW_BYTES }
    }

    /// Another row may be read.
    pub(super) fn next_row(&mut self) {
        self.left = MAX_ROW_BYTES;
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.left == 0 {
            let why = format!("a row of more than {MAX_ROW_BYTES} bytes: is a quote not closed?");
            return Err(Error::new(ErrorKind::InvalidData, why));
        }
        let most = into.len().min(self.left);
        let read = self.inner.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}
