//! Regular expressions of linear time, within bounds.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex::{Error, Regex, RegexBuilder};
use regex_syntax::ParserBuilder;

/// Longest pattern, in characters.
pub const PATTERN_CHARS_MAX: usize = 1_000;
/// Most different patterns in a config: one with `\w` takes some milliseconds to compile and some 100 KiB.
pub const PATTERNS_MAX: usize = 100;
/// Most memory of a compiled pattern: short ones such as `(\w{9}){9}` grow large.
const COMPILED_BYTES_MAX: usize = 256 * 1024;
/// Most memory in which a pattern keeps what it met, for each of the few texts that are matched at once.
const CACHE_BYTES_MAX: usize = 256 * 1024;
/// How deep groups of a pattern may be nested.
const NESTING_MAX: u32 = 50;

/// A regular expression and how it was written.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    exact: bool,
    regex: Arc<Regex>,
}

impl Pattern {
    /// Compiles a pattern. Upper and lower case differ when `exact`; the pattern itself may say otherwise.
    fn new(text: &str, exact: bool) -> Result<Self, String> {
        let chars = text.chars().count();
        if chars > PATTERN_CHARS_MAX {
            return Err(format!("the pattern has {chars} characters; at most {PATTERN_CHARS_MAX} are allowed"));
        }
        let regex = RegexBuilder::new(text)
            .case_insensitive(!exact)
            .size_limit(COMPILED_BYTES_MAX)
            .dfa_size_limit(CACHE_BYTES_MAX)
            .nest_limit(NESTING_MAX)
            .build()
            .map_err(|error| refusal(text, &error))?;
        Ok(Self { text: text.to_owned(), exact, regex: Arc::new(regex) })
    }

    /// Whether it stands anywhere in a normalised text.
    #[must_use]
    pub fn is_match(&self, normalised: &str) -> bool {
        self.regex.is_match(normalised)
    }
}

fn refusal(text: &str, error: &Error) -> String {
    match error {
        Error::CompiledTooBig(_) => format!(
            "the pattern is too large: compiled it needs more than {} KiB; repeat fewer times, or narrower classes such \
             as [a-z] for \\w",
            COMPILED_BYTES_MAX / 1024
        ),
        _ => format!("this is no regular expression: {}", syntax_error(text).unwrap_or_else(|| error.to_string())),
    }
}

/// What is wrong with a pattern and where, on one line: `unclosed group at character 5`.
fn syntax_error(text: &str) -> Option<String> {
    let (what, at) = match ParserBuilder::new().nest_limit(NESTING_MAX).build().parse(text).err()? {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.offset),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.offset),
        _ => return None,
    };
    Some(format!("{what} at character {}", text.get(..at)?.chars().count() + 1))
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, self.exact) == (&other.text, other.exact)
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.text, self.exact).hash(state);
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pattern").field("text", &self.text).field("exact", &self.exact).finish_non_exhaustive()
    }
}

/// The patterns of one config: each is compiled once, however many rules use it.
#[derive(Debug, Default)]
pub struct Patterns(RefCell<HashMap<(String, bool), Result<Pattern, String>>>);

impl Patterns {
    /// The pattern of a text, or why it is refused.
    pub(super) fn get(&self, text: &str, exact: bool) -> Result<Pattern, String> {
        let mut known = self.0.borrow_mut();
        if let Some(pattern) = known.get(&(text.to_owned(), exact)) {
            return pattern.clone();
        }
        if known.len() >= PATTERNS_MAX {
            return Err(format!(
                "the rules have more than {PATTERNS_MAX} different patterns: use 'starts_with', 'contains' or 'in_list' \
                 where they do"
            ));
        }
        let pattern = Pattern::new(text, exact);
        known.insert((text.to_owned(), exact), pattern.clone());
        pattern
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_compiled_once() {
        let patterns = Patterns::default();
        let [one, same, exact] = [false, false, true].map(|exact| patterns.get("^a", exact).unwrap());
        assert!(Arc::ptr_eq(&one.regex, &same.regex) && one == same);
        assert!(!Arc::ptr_eq(&one.regex, &exact.regex) && one != exact);
        assert!(one.is_match("A") && !exact.is_match("A"));
    }

    #[test]
    fn a_config_has_so_many_and_no_more() {
        let patterns = Patterns::default();
        for number in 0..PATTERNS_MAX {
            assert!(patterns.get(&format!("^a{number}$"), false).is_ok(), "{number}");
        }
        assert!(patterns.get("^a7$", false).is_ok());
        let refused = patterns.get("^a7$", true).unwrap_err();
        assert!(refused.contains("more than 100 different patterns"), "{refused}");
    }
}
