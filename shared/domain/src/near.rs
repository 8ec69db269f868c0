//! The known name that a person may have meant.

/// The known name most like an unknown one, for an error message; `None` when none is near.
///
/// Near is at most one slip in three letters: a letter left out, added or changed, or two neighbours swapped. Case does
/// not count. Of names that are as near the first is taken. The cost grows with the known names and their length.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
        let slips_max = wanted.len().max(letters.len()) / 3;
        // A name that is too long or too short needs no closer look.
        if wanted.len().abs_diff(letters.len()) > slips_max {
            continue;
        }
        let slips = slips(&wanted, &letters);
        if slips <= slips_max && best.is_none_or(|(fewest, _)| slips < fewest) {
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

/// The optimal string alignment distance: letters inserted, removed or changed, and neighbours swapped.
fn slips(left: &[char], right: &[char]) -> usize {
    let mut before = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            let mut fewest = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == right[j - 1] && left[i - 1] == *b {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
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
        assert_eq!(hint("emial", known.into_iter()), "; did you mean 'email'?");
        assert_eq!(hint("x", known.into_iter()), "");
    }

    #[test]
    fn each_kind_of_slip_counts_one() {
        let count =
            |left: &str, right: &str| slips(&left.chars().collect::<Vec<_>>(), &right.chars().collect::<Vec<_>>());
        assert_eq!(count("abc", "abc"), 0);
        assert_eq!(count("abc", "abxc"), 1);
        assert_eq!(count("abc", "ac"), 1);
        assert_eq!(count("abc", "axc"), 1);
        assert_eq!(count("abc", "bac"), 1);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
    }
}
