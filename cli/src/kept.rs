//! What `usher local` keeps beside its table, so that it goes on after a stop: secrets, publisher
//! tokens and how far the table's stream was read in `FILE.local.json`, the simulated Roku in
//! `FILE.roku.json`, and what happened in `FILE.events.jsonl`, where `FILE` is the table. Only their owner may read them. Without a table in a file, all of it is in memory.

mod private_file;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use roku_simulator::Simulator;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use usher::domain::id::PublisherId;

use crate::archive::Archive;
use private_file::{PrivateFile, beside};

/// What is kept, in files or in memory.
#[derive(Debug)]
pub struct Kept {
    disk: Option<Disk>,
    contents: Mutex<Contents>,
}

/// The files. They are this process's alone while it runs.
#[derive(Debug)]
struct Disk {
    table: PathBuf,
    contents: PrivateFile,
    roku: PrivateFile,
    _lock: File,
}

/// All but the simulated Roku.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Contents {
    /// For whom it ran last.
    pub(crate) publisher: Option<PublisherId>,
    /// The token that is printed at each start, of each publisher that it ran for.
    pub(crate) publisher_tokens: BTreeMap<PublisherId, Secret>,
    /// What Secrets Manager has. A secret may be made without a value.
    pub(crate) secrets: BTreeMap<String, Option<Secret>>,
    /// The number of the last record of the table's stream that was published or passed over.
    pub(crate) stream_read_through: Option<String>,
}

/// A secret that is written down as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Secret(pub(crate) SecretString);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// The form in which [`Contents`] are written.
#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum Version {
    #[serde(rename = "1")]
    First(Contents),
}

/// Why what is kept cannot be used. No text of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// Another process uses the same files.
    #[error("another `usher local` runs on {}: stop it first, or name another file", .0.display())]
    InUse(PathBuf),
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something else. It is left as it is.
    #[error(
        "{} is not as this version of usher writes it (line {line}, column {column}). It is left as \
         it is: mend it, or move it away to begin without what is in it",
        path.display()
    )]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where it was noticed.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// A file cannot be written. It is as it was.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl KeptError {
    /// Where a file is wrong. What is wrong there may be a secret.
    fn invalid(path: &Path, why: &serde_json::Error) -> Self {
        Self::Invalid { path: path.to_owned(), line: why.line(), column: why.column() }
    }
}

impl Kept {
    /// Nothing yet, and nothing is left after the process.
    pub fn in_memory() -> Self {
        Self { disk: None, contents: Mutex::default() }
    }

    /// What lies beside a table's file; nothing yet where none does.
    ///
    /// # Errors
    /// [`KeptError`] when another process uses it, or it cannot be read.
    pub fn beside(table: &Path) -> Result<Self, KeptError> {
        let lock = lock(table)?;
        let contents = PrivateFile::at(beside(table, ".local.json"));
        let Version::First(known) =
            contents.read()?.unwrap_or_else(|| Version::First(Contents::default()));
        let roku = PrivateFile::at(beside(table, ".roku.json"));
        let disk = Disk { table: table.to_owned(), contents, roku, _lock: lock };
        Ok(Self { disk: Some(disk), contents: Mutex::new(known) })
    }

    /// The table's file; none if the table is in memory.
    pub fn table(&self) -> Option<&Path> {
        self.disk.as_ref().map(|disk| disk.table.as_path())
    }

    /// The archive of what happened; in memory if the table is.
    pub(crate) fn archive(&self) -> Result<Archive, KeptError> {
        let rows = self.table().map(|table| beside(table, ".events.jsonl"));
        rows.map_or_else(|| Ok(Archive::default()), |rows| Archive::in_file(&rows))
    }

    /// For whom it ran last.
    pub fn publisher(&self) -> Option<PublisherId> {
        self.read(|contents| contents.publisher.clone())
    }

    /// The value of a secret.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.read(|contents| contents.secrets.get(name).cloned().flatten()).map(|secret| secret.0)
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Contents) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the contents. The change is written when this returns, and undone if it cannot be.
    pub(crate) fn change<T, E: From<KeptError>>(
        &self,
        work: impl FnOnce(&mut Contents) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut contents = self.lock();
        let mut changed = contents.clone();
        let outcome = work(&mut changed)?;
        if let Some(disk) = &self.disk {
            disk.contents.write(|| Version::First(changed.clone()))?;
        }
        *contents = changed;
        Ok(outcome)
    }

    /// The simulated Roku as it was written down; none where it never was.
    pub(crate) fn roku(&self) -> Result<Option<roku_simulator::State>, KeptError> {
        self.disk.as_ref().map_or(Ok(None), |disk| disk.roku.read())
    }

    /// Writes the simulated Roku down as it is now.
    pub(crate) fn keep_roku(&self, simulator: &Simulator) -> Result<(), KeptError> {
        self.disk.as_ref().map_or(Ok(()), |disk| disk.roku.write(|| simulator.save()))
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two processes would write over what the other keeps. The lock ends with the process, however it
/// ends.
fn lock(table: &Path) -> Result<File, KeptError> {
    let path = beside(table, ".lock");
    let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = match opened {
        Ok(file) => file,
        Err(source) => return Err(KeptError::Unwritable { path, source }),
    };
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(KeptError::InUse(table.to_owned())),
        Err(TryLockError::Error(source)) => Err(KeptError::Unwritable { path, source }),
    }
}
