//! Folding of text, so that what a person calls the same compares as the same.

use unicode_normalization::UnicodeNormalization;

/// Unicode NFKC, without surrounding white space, case folded.
///
/// Case is folded by upper then lower case, which joins what has several lower forms (`ß` and `ss`, `ς` and `σ`).
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_ascii_lowercase();
    }
    let normal: String = text.nfkc().collect();
    normal.trim().to_uppercase().to_lowercase().nfkc().collect()
}

/// Unicode NFKC without surrounding white space: the folding of `case: exact`.
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_owned();
    }
    text.nfkc().collect::<String>().trim().to_owned()
}

/// A text as it compares: folded, or only normalised when case counts.
#[must_use]
pub fn comparable(text: &str, exact: bool) -> String {
    if exact { normalise(text) } else { fold(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        for (left, right) in
            [(" Berlin\n", "berlin"), ("STRASSE", "straße"), ("ＡＢＣ", "abc"), ("Ｅ\u{301}", "é"), ("ΟΔΟΣ", "οδος")]
        {
            assert_eq!(fold(left), fold(right), "{left} {right}");
        }
        assert_ne!(fold("ue"), fold("ü"));
        assert_eq!(normalise(" ﬁn "), "fin");
        assert_ne!(normalise("A"), normalise("a"));
    }
}
