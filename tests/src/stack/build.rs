//! Builds the functions and lays them out beside the template, ready for `sam deploy`.
//!
//! `sam build` is for one's own account. It calls cargo once for each function, always with a `--target`, so it
//! shares no compiled dependency with `cargo test`; and on a host that is not Linux its binaries do not run here.
//! Locally one plain cargo call builds all. The layout is what the template asks for: `functions/NAME/bootstrap`.

use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{
    StackError,
    program::{blocking, run_captured},
    workspace,
};

/// How the functions are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Quick to build.
    #[default]
    Dev,
    /// As [`Dev`](Self::Dev), for use in tests: what `cargo test --workspace` compiled is used and nothing is compiled
    /// twice. (The tests' own dependencies ask for more features of shared ones, so the two differ.)
    Test,
    /// Optimised, as it is deployed; for benchmarks.
    Release,
}

impl Profile {
    /// What to build, and how, in cargo's words. Features resolve for all the crates of a call together, so every call
    /// that names the same ones shares what is compiled: the whole workspace, except that a release has no more
    /// features than the deployed functions (and the one they are measured against).
    fn cargo_arguments(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &["--workspace", "--bins"],
            // Naming any test brings in the features that tests ask for.
            Self::Test => &["--workspace", "--bins", "--test", "end_to_end"],
            Self::Release => &[
                "--release",
                "--package=hello",
                "--package=intake",
                "--package=evaluate",
                "--package=deliver-webhook",
                "--package=deliver-email",
                "--package=api",
                "--bins",
            ],
        }
    }

    fn dir_name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
            Self::Release => "release",
        }
    }
}

/// Builds all functions and returns the folder that `sam deploy` deploys from. Progress goes to standard error.
pub async fn build(profile: Profile) -> Result<PathBuf, StackError> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(workspace::root())
        .args(["build", "--message-format=json-render-diagnostics"])
        .args(profile.cargo_arguments());
    for name in inherited_from_cargo() {
        cargo.env_remove(name);
    }
    let messages = run_captured(cargo).await?;
    blocking(move || lay_out(profile, &executables(&messages)?)).await
}

/// What cargo tells the program that it runs, us, about our own crate. Some build scripts run again when it changes,
/// so the cargo that we call must not see it.
fn inherited_from_cargo() -> impl Iterator<Item = OsString> {
    let about_us = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|prefix| name.starts_with(prefix))
    };
    std::env::vars_os().map(|(name, _value)| name).filter(move |name| name.to_str().is_some_and(about_us))
}

/// The binaries that cargo says it built, by name.
fn executables(messages: &str) -> Result<HashMap<String, PathBuf>, StackError> {
    let mut found = HashMap::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line)
            .map_err(|source| StackError::Json { what: "cargo's message".to_owned(), source })?;
        // The unit tests of a binary are an executable of the same name.
        if message["profile"]["test"] == true {
            continue;
        }
        if let (Some(name), Some(path)) = (message["target"]["name"].as_str(), message["executable"].as_str()) {
            found.insert(name.to_owned(), PathBuf::from(path));
        }
    }
    Ok(found)
}

fn lay_out(profile: Profile, executables: &HashMap<String, PathBuf>) -> Result<PathBuf, StackError> {
    let dir = workspace::local_dir()?.join("build").join(profile.dir_name());
    for function in workspace::FUNCTIONS {
        let binary = executables.get(function).ok_or(StackError::NotBuilt { function })?;
        let folder = dir.join("functions").join(function);
        fs::create_dir_all(&folder).map_err(StackError::file(&folder))?;
        let bootstrap = folder.join("bootstrap");
        if is_newer(binary, &bootstrap)? {
            replace(&bootstrap, |to| strip(binary, to))?;
        }
    }
    let template = workspace::root().join("template.yaml");
    replace(&dir.join("template.yaml"), |to| fs::copy(&template, to).map(drop).map_err(StackError::file(&template)))?;
    Ok(dir)
}

fn is_newer(source: &Path, target: &Path) -> Result<bool, StackError> {
    let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified());
    let source_time = modified(source).map_err(StackError::file(source))?;
    Ok(modified(target).map_or(true, |target_time| source_time > target_time))
}

/// Writes a file under another name first: a second stack may be deploying from this folder right now.
fn replace(target: &Path, write: impl FnOnce(&Path) -> Result<(), StackError>) -> Result<(), StackError> {
    let fresh = target.with_extension(format!("{}.new", std::process::id()));
    write(&fresh)?;
    fs::rename(&fresh, target).map_err(StackError::file(target))
}

/// Copies a binary without its symbols: SAM compresses and uploads five of them at each start. A panic still says where.
fn strip(binary: &Path, to: &Path) -> Result<(), StackError> {
    let status = Command::new("strip")
        .arg("-o")
        .arg(to)
        .arg(binary)
        .status()
        .map_err(|source| StackError::Spawn { program: "strip".to_owned(), source })?;
    if status.success() {
        return Ok(());
    }
    Err(StackError::ProgramFailed {
        program: "strip".to_owned(),
        status: status.to_string(),
        output: binary.display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::executables;

    #[test]
    fn a_binary_is_found_by_its_name_and_neither_a_library_nor_a_test_is_one() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"leadyard_domain"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"intake"},"executable":"/t/debug/intake"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"intake"},"profile":{"test":true},"executable":"/t/x"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        let found = executables(messages).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found["intake"].to_str(), Some("/t/debug/intake"));
    }
}
