//! What a deployment sets for a function: its environment variables, read once at start.

use std::{collections::HashMap, env, fmt, str::FromStr};

/// The environment variables of a function.
///
/// An empty value counts as missing: a template parameter left blank arrives as an empty string.
/// Values can be secrets, so `Debug` shows the names only.
#[derive(Clone, Default)]
pub struct Settings {
    values: HashMap<String, String>,
}

impl Settings {
    /// Reads the process environment. A value that is not UTF-8 counts as missing.
    pub fn from_env() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { values: env::vars_os().filter_map(utf8).collect() }
    }

    /// Settings from given pairs, for tests and tools.
    pub fn from_map<N, V>(values: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self { values: values.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }

    /// The value of `name`, or `None` when it is missing or empty.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`; a missing one is an error that names it.
    pub fn required(&self, name: &'static str) -> Result<&str, SettingsError> {
        self.optional(name).ok_or_else(|| SettingsError::Missing { names: vec![name] })
    }

    /// The values of `names`, in that order; all missing ones are named in one error.
    pub fn all_required<const N: usize>(&self, names: [&'static str; N]) -> Result<[&str; N], SettingsError> {
        self.all(names).map_err(|names| SettingsError::Missing { names })
    }

    /// Like [`all_required`](Self::all_required), for variables that Lambda itself sets.
    pub(crate) fn all_from_lambda<const N: usize>(&self, names: [&'static str; N]) -> Result<[&str; N], SettingsError> {
        self.all(names).map_err(|names| SettingsError::NotInLambda { names })
    }

    /// The value of `name` as a `T`, or `None` when it is missing or empty.
    ///
    /// A value that does not parse is shown in the error, so never read a secret with this.
    pub fn parsed<T>(&self, name: &'static str) -> Result<Option<T>, SettingsError>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        let parse = |value: &str| {
            value.parse().map_err(|reason: T::Err| {
                let value = value.chars().take(SHOWN_CHARS).collect();
                let reason = reason.to_string();
                SettingsError::Invalid { name, value, reason }
            })
        };
        self.optional(name).map(parse).transpose()
    }

    /// The values of `names`, or the names of those that are missing.
    fn all<const N: usize>(&self, names: [&'static str; N]) -> Result<[&str; N], Vec<&'static str>> {
        let missing: Vec<_> = names.into_iter().filter(|name| self.optional(name).is_none()).collect();
        if missing.is_empty() { Ok(names.map(|name| self.optional(name).unwrap_or_default())) } else { Err(missing) }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.values.keys().collect();
        names.sort_unstable();
        f.debug_struct("Settings").field("names", &names).finish()
    }
}

/// Characters of a wrong value that an error shows.
const SHOWN_CHARS: usize = 80;

/// A setting that keeps a function from starting. Never worth a retry: a person has to change the deployment.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// Variables that the template should set.
    #[error(
        "{} missing: set {} in template.yaml under the function's Environment",
        listed(names),
        if names.len() == 1 { "it" } else { "them" }
    )]
    Missing {
        /// All of the missing names that were asked for together.
        names: Vec<&'static str>,
    },
    /// Variables that Lambda sets for every function.
    #[error("{} missing: AWS Lambda sets this, so start the function with `make up` or `make watch`", listed(names))]
    NotInLambda {
        /// All of the missing names that were asked for together.
        names: Vec<&'static str>,
    },
    /// A value of the wrong form.
    #[error(
        "environment variable {name} holds {value:?}, which does not fit: {reason}; \
         correct it in template.yaml under the function's Environment"
    )]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it holds, cut to its first characters.
        value: String,
        /// Why it does not parse.
        reason: String,
    },
}

/// `environment variable A is` or `environment variables A, B are`.
fn listed(names: &[&str]) -> String {
    match names {
        [one] => format!("environment variable {one} is"),
        several => format!("environment variables {} are", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::from_map([("TABLE_NAME", "leads"), ("EMPTY", ""), ("LIMIT", "ten"), ("PORT", "8080")])
    }

    #[test]
    fn a_value_is_read_as_it_stands() {
        assert_eq!(settings().required("TABLE_NAME"), Ok("leads"));
        assert_eq!(settings().optional("TABLE_NAME"), Some("leads"));
        assert_eq!(settings().parsed::<u16>("PORT"), Ok(Some(8080)));
        assert_eq!(settings().all_required(["PORT", "TABLE_NAME"]), Ok(["8080", "leads"]));
    }

    #[test]
    fn an_empty_value_is_missing() {
        assert_eq!(settings().optional("EMPTY"), None);
        assert_eq!(settings().parsed::<u16>("EMPTY"), Ok(None));
        assert!(settings().required("EMPTY").is_err());
    }

    #[test]
    fn errors_say_what_and_where_and_what_to_do() {
        let cases = [
            (
                settings().required("QUEUE_URL").map(drop),
                "environment variable QUEUE_URL is missing: set it in template.yaml under the function's Environment",
            ),
            (
                settings().all_required(["QUEUE_URL", "PORT", "EMPTY"]).map(drop),
                "environment variables QUEUE_URL, EMPTY are missing: set them in template.yaml under the function's Environment",
            ),
            (
                settings().all_from_lambda(["AWS_REGION"]).map(drop),
                "environment variable AWS_REGION is missing: AWS Lambda sets this, so start the function with `make up` or `make watch`",
            ),
            (
                settings().parsed::<u16>("LIMIT").map(drop),
                "environment variable LIMIT holds \"ten\", which does not fit: invalid digit found in string; \
                 correct it in template.yaml under the function's Environment",
            ),
        ];
        for (result, text) in cases {
            assert_eq!(result.unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let shown = format!("{:?}", Settings::from_map([("AWS_SECRET_ACCESS_KEY", "hunter2")]));
        assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_process_environment_is_read() {
        let path = Settings::from_env().optional("PATH").map(str::to_owned);
        assert_eq!(path, env::var("PATH").ok());
    }
}
