//! A file of JSON that only its owner may read, and that is there whole or not at all.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::KeptError;

/// A file that is replaced as a whole. Who ends in the middle of that leaves the old one.
#[derive(Debug)]
pub(super) struct PrivateFile {
    path: PathBuf,
    writing: Mutex<()>,
}

impl PrivateFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path, writing: Mutex::default() }
    }

    /// What is in it; none where there is no such file.
    ///
    /// # Errors
    /// When it cannot be read or holds something else.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<Option<T>, KeptError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeptError::Unreadable { path: self.path.clone(), source }),
        };
        let read = serde_json::from_slice(&text);
        read.map(Some).map_err(|why| KeptError::invalid(&self.path, &why))
    }

    /// Replaces it. What is to be in it is made when nobody else writes, so that what is older is
    /// never written later.
    ///
    /// # Errors
    /// When it cannot be written; it is as it was then.
    pub(super) fn write<T: Serialize>(&self, make: impl FnOnce() -> T) -> Result<(), KeptError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = serde_json::to_vec(&make()).map_err(std::io::Error::other);
        let written = text.and_then(|text| self.replace(&text));
        written.map_err(|source| KeptError::Unwritable { path: self.path.clone(), source })
    }

    fn replace(&self, text: &[u8]) -> std::io::Result<()> {
        let new = beside(&self.path, ".new");
        // One that was left behind may be readable by others.
        drop(std::fs::remove_file(&new));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(text)?;
        file.sync_data()?;
        std::fs::rename(&new, &self.path)
    }
}

/// The path of a file whose name is another's with something after it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}
