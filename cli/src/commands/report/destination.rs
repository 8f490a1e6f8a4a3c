//! Where a report goes.

use std::fs::OpenOptions;
use std::io::{ErrorKind, IsTerminal, Write, stdout};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::Format;
use crate::commands::Failure;
use crate::report::ReportError;

/// A file, or what the command prints to.
#[derive(Debug)]
pub(super) enum Destination {
    Printed,
    File(PathBuf),
}

impl Destination {
    pub(super) fn of(file: Option<PathBuf>) -> Self {
        file.map_or(Self::Printed, Self::File)
    }

    /// Before the work is done: whether it can go there in this form.
    pub(super) fn check(&self, format: Format) -> Result<(), Failure> {
        let is_terminal = matches!(self, Self::Printed) && stdout().is_terminal();
        if format == Format::Png && is_terminal {
            return Err("a terminal shows no PNG: name a file with --output".into());
        }
        Ok(())
    }

    /// Writes it. Who closes the pipe has read enough.
    pub(super) fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>,
    ) -> Result<(), Failure> {
        match self {
            Self::Printed => match write(&mut stdout().lock()) {
                Err(ReportError::Write(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                written => Ok(written?),
            },
            Self::File(path) => {
                // It may hold personal data.
                let mut options = OpenOptions::new();
                options.write(true).create(true).truncate(true).mode(0o600);
                let unwritable = |error| format!("{}: {error}", path.display());
                let mut file = options.open(path).map_err(unwritable)?;
                Ok(write(&mut file)?)
            }
        }
    }
}
