//! `matches`: a regular expression of linear time.

use regex::{Error, RegexBuilder};
use regex_syntax::ParserBuilder;

use super::substring::STARTS_WITH;
use super::{Fault, Operand, Scalar, Spec, Written};
use crate::condition::{Case, Pattern};

/// Longest pattern, in characters.
const PATTERN_CHARS_MAX: usize = 1_000;
/// Most memory of a compiled pattern: short ones such as `(\w{9}){9}` grow large.
const COMPILED_BYTES_MAX: usize = 256 * 1024;
/// Most memory in which a pattern keeps what it met, for each of the few texts that are matched at once.
const CACHE_BYTES_MAX: usize = 256 * 1024;
/// How deep groups of a pattern may be nested.
const NESTING_MAX: u32 = 50;

/// Its value is folded by the pattern itself: folding the text before would change what `[A-Z]` and `ß` mean.
pub(super) static MATCHES: Spec = Spec { read, keeps_case: true, test: matches, ..STARTS_WITH };

fn read(written: &Written<'_>) -> Result<Operand, Fault> {
    let text = written.text("a regular expression in quotes, such as '^ent-[0-9]+'")?;
    let chars = text.chars().count();
    if chars > PATTERN_CHARS_MAX {
        return Err(Fault::value(format!(
            "the pattern has {chars} characters; at most {PATTERN_CHARS_MAX} are allowed"
        )));
    }
    let exact = written.case == Case::Exact;
    let regex = RegexBuilder::new(text)
        .case_insensitive(!exact)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(CACHE_BYTES_MAX)
        .nest_limit(NESTING_MAX)
        .build()
        .map_err(|error| Fault::value(refusal(text, &error)))?;
    Ok(Operand::Pattern(Pattern { text: text.to_owned(), exact, regex }))
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

fn matches(value: &Scalar, operand: &Operand) -> bool {
    matches!((value, operand), (Scalar::Text(text), Operand::Pattern(pattern)) if pattern.is_match(text))
}
