//! What a set holds, and what it costs.

use std::collections::HashSet;
use std::fmt::Write;

use proptest::prelude::*;

use super::*;

#[test]
fn entries_are_one_a_line() {
    let set = EntrySet::new(" 10115\r\n\n10117 \nBerlin\nBERLIN\nStraße\n", Case::Fold);
    assert_eq!(set.iter().collect::<Vec<_>>(), ["10115", "10117", "berlin", "strasse"]);
    assert!(set.contains("strasse") && !set.contains("Straße") && !set.contains("1011") && !set.contains(""));
    let exact = EntrySet::new("Berlin\nBERLIN\n ﬁn \n", Case::Exact);
    assert_eq!(exact.iter().collect::<Vec<_>>(), ["Berlin", "BERLIN", "fin"]);
    assert!(exact.contains("Berlin") && !exact.contains("berlin"));
    assert!(EntrySet::new("\n \n", Case::Fold).is_empty());
}

#[test]
fn one_name_has_a_set_for_each_case() {
    let name = ListName::new("cities").unwrap();
    let mut lists = Lists::default();
    lists.add(name.clone(), Case::Fold, "Berlin\nBERLIN");
    assert!(lists.get(&name, Case::Exact).is_none());
    lists.add(name.clone(), Case::Exact, "Berlin\nBERLIN");
    let len = |case| lists.get(&name, case).map(|set| set.len());
    assert_eq!((len(Case::Fold), len(Case::Exact)), (Some(1), Some(2)));
    assert!(lists.get(&ListName::new("towns").unwrap(), Case::Fold).is_none());
}

/// An entry's own cost, with sizes of lists where the hash table has just grown and where it is nearly full.
#[test]
fn an_entry_costs_less_than_20_bytes_over_its_text() {
    let digits = |n: usize| format!("{n:06}\n");
    let domain = |n: usize| format!("company-{n:07}.com\n");
    let rows: [(usize, &dyn Fn(usize) -> String); 4] =
        [(ENTRIES_MAX, &digits), (ENTRIES_MAX, &domain), (920_000, &digits), (40_000, &digits)];
    for (entries, line) in rows {
        let lines = (0..entries).fold(String::new(), |lines, n| lines + &line(n));
        let text_bytes = lines.len() - entries;
        let set = EntrySet::new(&lines, Case::Fold);
        assert_eq!(set.len(), entries);
        let over = set.bytes() - text_bytes;
        assert!(over < 20 * entries, "{entries} entries: {} bytes over {text_bytes} bytes of text", over);
        assert!(set.contains(line(entries - 1).trim()) && !set.contains(line(entries).trim()));
    }
}

proptest! {
    #[test]
    fn a_set_holds_what_a_set_of_strings_holds(
        lines in prop::collection::vec("[ aAbBßé]{0,3}|.{0,12}", 0..60),
        asked in prop::collection::vec("[ aAbBßé]{0,3}|.{0,12}", 0..30),
        exact: bool,
    ) {
        let text = lines.iter().fold(String::new(), |mut text, line| {
            writeln!(text, "{line}").unwrap();
            text
        });
        let folded: HashSet<String> =
            text.lines().map(|line| text::comparable(line, exact)).filter(|entry| !entry.is_empty()).collect();
        let set = EntrySet::new(&text, if exact { Case::Exact } else { Case::Fold });
        prop_assert_eq!(set.iter().map(str::to_owned).collect::<HashSet<_>>(), folded.clone());
        prop_assert_eq!(set.len(), folded.len());
        for text in asked.iter().chain(&lines) {
            let key = text::comparable(text, exact);
            prop_assert_eq!(set.contains(&key), folded.contains(&key), "{:?}", text);
        }
    }
}
