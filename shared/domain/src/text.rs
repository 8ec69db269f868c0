//! Folding of text, so that what a person calls the same compares as the same.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Unicode NFKC, without surrounding white space, case folded. Folding a folded text changes nothing.
///
/// Case is folded by lower, upper and again lower case, which joins what has several forms (`ẞ`, `ß` and `ss`; `ς` and
/// `σ`). Letter by letter: the last `Σ` of a word would otherwise fold to another letter than in the middle of one, and
/// "starts with" would miss it.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_ascii_lowercase();
    }
    let normal: String = text.nfkc().collect();
    let folded = normal.trim().chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase);
    folded.flat_map(char::to_lowercase).nfkc().collect()
}

/// Unicode NFKC without surrounding white space: the folding of `case: exact`.
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_owned();
    }
    text.nfkc().collect::<String>().trim().to_owned()
}

/// A text of at most so many characters: of a longer one its beginning, with a mark that it goes on.
#[must_use]
pub fn shortened(text: &str, chars_max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// A text as it compares: folded, or only normalised when case counts.
#[must_use]
pub fn comparable(text: &str, exact: bool) -> String {
    if exact { normalise(text) } else { fold(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shortening() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äöü…");
        assert_eq!(shortened("", 0), "");
    }

    #[test]
    fn folding() {
        for (left, right) in [
            (" Berlin\n", "berlin"),
            ("STRASSE", "straße"),
            ("ＡＢＣ", "abc"),
            ("Ｅ\u{301}", "é"),
            ("ΟΔΟΣ", "οδος"),
            ("ẞ", "ss"),
        ] {
            assert_eq!(fold(left), fold(right), "{left} {right}");
        }
        assert_ne!(fold("ue"), fold("ü"));
        assert_eq!(normalise(" ﬁn "), "fin");
        assert_ne!(normalise("A"), normalise("a"));
    }

    #[test]
    fn the_end_of_a_word_folds_as_its_middle() {
        assert!(fold("ΟΔΟΣ Α").starts_with(&fold("ΟΔΟΣ")));
        assert!(fold("ΟΔΟΣΑ").starts_with(&fold("ΟΔΟΣ")));
    }

    /// The planes of Unicode that have letters.
    #[test]
    fn every_character_is_folded_at_once() {
        for c in '\0'..='\u{1ffff}' {
            let (folded, normal) = (fold(&c.to_string()), normalise(&c.to_string()));
            assert_eq!((fold(&folded), normalise(&normal)), (folded, normal), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in ".{0,20}|[ÅåΣσςßẞİıǰﬁ\u{301}\u{307}\u{345} ]{0,8}") {
            let (folded, normal) = (fold(&text), normalise(&text));
            prop_assert_eq!(fold(&folded), folded.as_str());
            prop_assert_eq!(normalise(&normal), normal.as_str());
            prop_assert_eq!(fold(&normal), folded.as_str());
            prop_assert_eq!(fold(&text.to_uppercase()), fold(&text.to_uppercase().to_lowercase()));
        }
    }
}
