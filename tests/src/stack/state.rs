//! What `make up` leaves behind, so that `make down` and `make logs` find the stack.

use std::{
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{StackError, outputs::Outputs, workspace};

/// A stack that was left running.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// The emulator's process, the leader of its group.
    pub pid: u32,
    /// Where it listens.
    pub endpoint: String,
    /// The folder of its temporary files.
    pub temporary: PathBuf,
    /// What it runs.
    pub outputs: Outputs,
}

impl State {
    fn path() -> Result<PathBuf, StackError> {
        Ok(workspace::local_dir()?.join("stack.json"))
    }

    /// Writes it down.
    pub fn save(&self) -> Result<(), StackError> {
        let path = Self::path()?;
        let text = serde_json::to_string_pretty(self)
            .map_err(|source| StackError::Json { what: "the stack's state".to_owned(), source })?;
        fs::write(&path, text).map_err(StackError::file(&path))
    }

    /// Reads what was written down, if anything.
    pub fn load() -> Result<Option<Self>, StackError> {
        let path = Self::path()?;
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StackError::File { path, source }),
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|source| StackError::Json { what: path.display().to_string(), source })
    }

    /// Removes what is left of a stack that has ended.
    pub fn forget(self) -> Result<(), StackError> {
        if_there(fs::remove_dir_all(&self.temporary), self.temporary)?;
        let path = Self::path()?;
        if_there(fs::remove_file(&path), path)
    }
}

fn if_there(removed: io::Result<()>, path: PathBuf) -> Result<(), StackError> {
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(StackError::File { path, source }),
        _removed_or_never_there => Ok(()),
    }
}
