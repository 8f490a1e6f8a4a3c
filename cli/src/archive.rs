//! The archive of what was on the bus: in memory for who runs the stack, and the rows for reports in
//! `FILE.events.jsonl` where the table is in `FILE`.

use std::collections::{HashSet, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use usher::domain::event::Detail;

use crate::kept::KeptError;

/// So many of the last entries are in memory: some 200 MB at the most.
const IN_MEMORY: usize = 100_000;

/// What was on the bus, each event once.
#[derive(Debug, Default)]
pub(crate) struct Archive(Mutex<Contents>);

#[derive(Debug, Default)]
struct Contents {
    last: VecDeque<Detail>,
    /// The ids of all, by which an entry that comes again is known.
    ids: HashSet<String>,
    rows: Option<(PathBuf, File)>,
}

/// What is read of a row when the archive is opened.
#[derive(Deserialize)]
struct Id {
    event_id: String,
}

impl Archive {
    /// An archive whose rows are in a file, with those that it has already.
    ///
    /// # Errors
    /// When the file cannot be read or written, or holds something else.
    pub(crate) fn in_file(path: &Path) -> Result<Self, KeptError> {
        let unwritable = |source| KeptError::Unwritable { path: path.to_owned(), source };
        let ids = match File::open(path) {
            Ok(file) => ids_in(path, file)?,
            Err(error) if error.kind() == ErrorKind::NotFound => HashSet::new(),
            Err(source) => return Err(KeptError::Unreadable { path: path.to_owned(), source }),
        };
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        let rows = Some((path.to_owned(), file.map_err(unwritable)?));
        Ok(Self(Mutex::new(Contents { ids, rows, ..Contents::default() })))
    }

    /// Adds an entry, unless it is there already. Its row is in the file when this returns.
    ///
    /// # Errors
    /// When the file cannot be written; nothing is added then.
    pub(crate) fn add(&self, detail: Detail) -> Result<(), KeptError> {
        let mut contents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if contents.ids.contains(&detail.row.event_id) {
            return Ok(());
        }
        if let Some((path, file)) = &mut contents.rows {
            let line = serde_json::to_string(&detail.row).map_err(std::io::Error::other);
            let written = line.and_then(|line| file.write_all(format!("{line}\n").as_bytes()));
            written.map_err(|source| KeptError::Unwritable { path: path.clone(), source })?;
        }
        contents.ids.insert(detail.row.event_id.clone());
        contents.last.push_back(detail);
        if contents.last.len() > IN_MEMORY {
            contents.last.pop_front();
        }
        Ok(())
    }

    /// The last entries, in the order in which they came.
    pub(crate) fn last(&self) -> Vec<Detail> {
        let contents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        contents.last.iter().cloned().collect()
    }
}

/// The ids in a file of rows. Its last line may be the half of one, after a sudden end: it is cut off,
/// and its event comes again.
fn ids_in(path: &Path, file: File) -> Result<HashSet<String>, KeptError> {
    let unreadable = |source| KeptError::Unreadable { path: path.to_owned(), source };
    let (mut ids, mut lines, mut whole) = (HashSet::new(), BufReader::new(file), 0);
    let mut line = String::new();
    while lines.read_line(&mut line).map_err(unreadable)? > 0 {
        if !line.ends_with('\n') {
            let cut = OpenOptions::new().write(true).open(path);
            cut.and_then(|file| file.set_len(whole)).map_err(unreadable)?;
            break;
        }
        let row: Id = serde_json::from_str(&line).map_err(|why| KeptError::Invalid {
            path: path.to_owned(),
            line: ids.len() + 1,
            column: why.column(),
        })?;
        ids.insert(row.event_id);
        whole += line.len() as u64;
        line.clear();
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use usher::domain::event::row::Row;

    use super::*;

    fn detail(id: &str) -> Detail {
        Detail { event: None, row: Row { event_id: id.to_owned(), ..Row::default() } }
    }

    fn ids(archive: &Archive) -> Vec<String> {
        archive.last().into_iter().map(|detail| detail.row.event_id).collect()
    }

    /// A file that is not there yet.
    fn file() -> PathBuf {
        std::env::temp_dir().join(format!("usher-archive-{}", uuid::Uuid::new_v4()))
    }

    #[test]
    fn what_comes_again_is_there_once() {
        let archive = Archive::default();
        for id in ["a", "b", "a"] {
            archive.add(detail(id)).unwrap();
        }
        assert_eq!(ids(&archive), ["a", "b"]);
    }

    #[test]
    fn the_file_goes_on_where_it_ended_even_in_the_middle_of_a_row() {
        let path = file();
        Archive::in_file(&path).unwrap().add(detail("a")).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{{\"event_id\":\"b")).unwrap();

        let archive = Archive::in_file(&path).unwrap();
        for id in ["a", "b"] {
            archive.add(detail(id)).unwrap();
        }
        assert_eq!(ids(&archive), ["b"], "a was there before");
        let rows = std::fs::read_to_string(&path).unwrap();
        let rows: Vec<Row> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!(rows, [detail("a").row, detail("b").row]);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_of_something_else_is_refused_and_left() {
        let path = file();
        std::fs::write(&path, "something else\n").unwrap();
        let error = Archive::in_file(&path).unwrap_err();
        assert!(matches!(error, KeptError::Invalid { line: 1, .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "something else\n");
        std::fs::remove_file(&path).unwrap();
    }
}
