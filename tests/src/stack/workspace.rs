//! Where things are in this checkout.

use std::path::{Path, PathBuf};

use super::StackError;

/// The functions of the stack: the folder, the binary and the end of the function's name in AWS are the same word.
pub const FUNCTIONS: [&str; 5] = ["intake", "evaluate", "deliver-webhook", "deliver-email", "api"];

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests crate lies in the workspace")
}

/// The folder of everything that running locally leaves behind: logs, state, what is deployed. Not under version control.
pub fn local_dir() -> Result<PathBuf, StackError> {
    let dir = root().join(".local");
    std::fs::create_dir_all(&dir).map_err(StackError::file(&dir))?;
    Ok(dir)
}

/// A pinned tool of `requirements.txt`.
pub fn tool(name: &str) -> Result<PathBuf, StackError> {
    let path = root().join(".venv/bin").join(name);
    if path.exists() { Ok(path) } else { Err(StackError::ToolMissing { path }) }
}
