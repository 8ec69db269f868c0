//! Which country a telephone number belongs to.

mod table;

use table::COUNTRIES;

/// The ISO 3166 country of an E.164 number (`+4930…` is `DE`); `None` for a number that belongs to no country, such as a
/// satellite phone's.
///
/// Countries that share a code are told apart by the digits after it: +1 242 is the Bahamas, +7 7 Kazakhstan, +44 1481
/// Guernsey. Where even those are shared, as by the toll-free numbers of +1, it is the code's main country.
pub(super) fn country(e164: &str) -> Option<&'static str> {
    let digits = e164.strip_prefix('+')?;
    (1..=PREFIX_DIGITS_MAX).rev().find_map(|length| {
        let prefix = digits.get(..length)?;
        let index = COUNTRIES.binary_search_by_key(&prefix, |(prefix, _)| prefix).ok()?;
        Some(COUNTRIES[index].1)
    })
}

/// The longest prefix of the table.
const PREFIX_DIGITS_MAX: usize = 8;

#[cfg(test)]
mod tests {
    use phonenumber::metadata::{DATABASE, Descriptor};

    use super::*;

    #[test]
    fn shared_codes_are_told_apart() {
        for (number, expected) in [
            ("+4930123456", Some("DE")),
            ("+12025550123", Some("US")),
            ("+14165550123", Some("CA")),
            ("+12425550123", Some("BS")),
            ("+18765550123", Some("JM")),
            ("+78005550123", Some("RU")),
            ("+77012345678", Some("KZ")),
            ("+447911123456", Some("GG")),
            ("+441481960194", Some("GG")),
            ("+441534960194", Some("JE")),
            ("+441624960194", Some("IM")),
            ("+442079460000", Some("GB")),
            ("+390669812345", Some("IT")),
            ("+4779123456", Some("SJ")),
            ("+870773111632", None),
            ("4930123456", None),
            ("+", None),
            ("+ä", None),
            ("", None),
        ] {
            assert_eq!(country(number), expected, "{number}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_no_row_is_idle() {
        assert!(COUNTRIES.is_sorted_by(|left, right| left.0 < right.0));
        for (prefix, country) in COUNTRIES {
            assert!(prefix.len() <= PREFIX_DIGITS_MAX);
            let shorter = (1..prefix.len()).rev().find_map(|length| {
                COUNTRIES.iter().find(|(shorter, _)| *shorter == &prefix[..length]).map(|(_, country)| country)
            });
            assert_ne!(shorter, Some(country), "{prefix}");
        }
    }

    /// Every example of every territory that libphonenumber knows.
    #[test]
    fn libphonenumber_says_the_same() {
        let mut compared = 0;
        for territory in DATABASE.iter() {
            let all = territory.descriptors();
            let kinds = [all.fixed_line(), all.mobile(), all.toll_free(), all.premium_rate(), all.voip()];
            for example in kinds.into_iter().flatten().filter_map(Descriptor::example) {
                let number = format!("+{}{example}", territory.country_code());
                let parsed = phonenumber::parse(None, &number).ok();
                let Some(id) = parsed.and_then(|parsed| parsed.country().id()) else { continue };
                assert_eq!(country(&number), Some(id.as_ref()), "{number} of {}", territory.id());
                compared += 1;
            }
        }
        assert!(compared > 800, "{compared}");
    }
}
