//! The known name that a person may have meant.

/// The known name most like an unknown one, for an error message; `None` when none is near.
///
/// Near is at most one slip in three letters: a letter left out, added or changed, or two neighbours swapped. Case does
/// not count. Of names that are as near the first is taken.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let mut compared = Comparison::default();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        compared.letters.clear();
        compared.letters.extend(candidate.chars().flat_map(char::to_lowercase));
        let slips_max = wanted.len().max(compared.letters.len()) / 3;
        // After a near one only a nearer one counts.
        let slips_max = match best {
            Some((0, _)) => break,
            Some((fewest, _)) => slips_max.min(fewest - 1),
            None => slips_max,
        };
        if let Some(slips) = compared.slips(&wanted, slips_max) {
            best = Some((slips, candidate));
        }
    }
    best.map(|(_, name)| name)
}

/// `; did you mean 'email'?`, or nothing: the end of a message about an unknown name.
#[must_use]
pub fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(name, known).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default()
}

/// A candidate and the rows of its comparison, kept for the next one: a config with many faults compares many names.
#[derive(Default)]
struct Comparison {
    letters: Vec<char>,
    before: Vec<usize>,
    last: Vec<usize>,
    row: Vec<usize>,
}

impl Comparison {
    /// The optimal string alignment distance: letters inserted, removed or changed, and neighbours swapped. `None` when
    /// it is more than `slips_max`.
    fn slips(&mut self, wanted: &[char], slips_max: usize) -> Option<usize> {
        let Self { letters, before, last, row } = self;
        if wanted.len().abs_diff(letters.len()) > slips_max {
            return None;
        }
        last.clear();
        last.extend(0..=letters.len());
        for (i, a) in wanted.iter().enumerate() {
            row.clear();
            row.push(i + 1);
            for (j, b) in letters.iter().enumerate() {
                let changed = last[j] + usize::from(a != b);
                let mut fewest = changed.min(last[j + 1] + 1).min(row[j] + 1);
                if i > 0 && j > 0 && *a == letters[j - 1] && wanted[i - 1] == *b {
                    fewest = fewest.min(before[j - 1] + 1);
                }
                row.push(fewest);
            }
            // No later row holds less than the least of this one.
            if row.iter().all(|slips| *slips > slips_max) {
                return None;
            }
            std::mem::swap(before, last);
            std::mem::swap(last, row);
        }
        last.last().copied().filter(|slips| *slips <= slips_max)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slip_is_answered_with_the_right_name() {
        let known = ["email", "email.domain", "postal_code", "size", "starts_with", "ends_with", "eu", "us"];
        for (name, near) in [
            ("emial", Some("email")),
            ("Email", Some("email")),
            ("sise", Some("size")),
            ("postalcode", Some("postal_code")),
            ("strats_with", Some("starts_with")),
            ("email_domain", Some("email.domain")),
            ("favourite_colour", None),
            // One letter of two is another name, not a slip.
            ("es", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known.into_iter()), near, "{name}");
        }
        // Of two that are as near, the first; a nearer one goes before it.
        assert_eq!(nearest("pool-a", ["pool-b", "pool-c"].into_iter()), Some("pool-b"));
        assert_eq!(nearest("pool-a", ["poll-b", "pool-c"].into_iter()), Some("pool-c"));
        assert_eq!(hint("emial", known.into_iter()), "; did you mean 'email'?");
        assert_eq!(hint("x", known.into_iter()), "");
    }

    #[test]
    fn each_kind_of_slip_counts_one() {
        let count = |left: &str, right: &str| {
            let mut compared = Comparison { letters: right.chars().collect(), ..Comparison::default() };
            compared.slips(&left.chars().collect::<Vec<_>>(), usize::MAX).unwrap()
        };
        assert_eq!(count("abc", "abc"), 0);
        assert_eq!(count("abc", "abxc"), 1);
        assert_eq!(count("abc", "ac"), 1);
        assert_eq!(count("abc", "axc"), 1);
        assert_eq!(count("abc", "bac"), 1);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
    }

    proptest! {
        /// Giving up early changes no answer, nor does what an earlier comparison left behind.
        #[test]
        fn the_bound_only_cuts(
            names in prop::collection::vec("[abc]{0,6}", 1..5), wanted in "[abc]{0,6}", slips_max in 0_usize..4,
        ) {
            let wanted: Vec<char> = wanted.chars().collect();
            let mut compared = Comparison::default();
            for name in names {
                let mut fresh = Comparison { letters: name.chars().collect(), ..Comparison::default() };
                let all = fresh.slips(&wanted, usize::MAX).filter(|slips| *slips <= slips_max);
                compared.letters = name.chars().collect();
                prop_assert_eq!(compared.slips(&wanted, slips_max), all, "{}", name);
            }
        }
    }
}
