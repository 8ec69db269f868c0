//! Names that AWS limits in length and characters.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Hex digits of the hash that ends a shortened name: 128 bits, so two names do not meet by chance.
const HASH_CHARS: usize = 32;

/// `name` itself when it has at most `max_chars` characters and all are `allowed`; else a readable start of it
/// and a hash of the whole, which is the same for the same name and different for another.
///
/// `allowed` must let through ASCII letters, digits and `-`; `max_chars` must leave room for the hash.
pub(crate) fn fit(name: &str, max_chars: usize, allowed: impl Fn(char) -> bool) -> String {
    if !name.is_empty() && name.chars().count() <= max_chars && name.chars().all(&allowed) {
        return name.to_owned();
    }
    let readable =
        name.chars().take(max_chars.saturating_sub(HASH_CHARS + 1)).map(|c| if allowed(c) { c } else { '-' });
    let hash = HEXLOWER.encode(&Sha256::digest(name.as_bytes())[..HASH_CHARS / 2]);
    readable.chain(['-']).chain(hash.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '-'
    }

    #[test]
    fn a_name_that_fits_stays() {
        let longest = "a".repeat(64);
        for name in ["delivery-1", longest.as_str()] {
            assert_eq!(fit(name, 64, word), name);
        }
    }

    #[test]
    fn any_other_is_cut_and_hashed() {
        let long = "a".repeat(65);
        let cases = [
            ("a b", "a-b-c8687a08aa5d6ed2044328fa6a697ab8"),
            ("", "-e3b0c44298fc1c149afbf4c8996fb924"),
            (&long, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-635361c48bb9eab14198e76ea8ab7f1a"),
        ];
        for (name, expected) in cases {
            let fitted = fit(name, 64, word);
            assert_eq!(fitted, expected);
            assert!(fitted.len() <= 64 && fitted.chars().all(word));
        }
    }

    #[test]
    fn names_that_differ_only_at_the_end_stay_apart() {
        let long = "a".repeat(100);
        assert_ne!(fit(&format!("{long}1"), 64, word), fit(&format!("{long}2"), 64, word));
    }
}
