//! What a set holds, and what it costs.

use super::*;

#[test]
fn entries_are_one_a_line() {
    let set = EntrySet::new(" 10115\r\n\n10117 \nBerlin\nBERLIN\nStraße\n", Case::Fold);
    assert_eq!(set.iter().collect::<Vec<_>>(), ["10115", "10117", "berlin", "strasse"]);
    assert!(set.contains("strasse") && !set.contains("Straße") && !set.contains("1011") && !set.contains(""));
    let exact = EntrySet::new("Berlin\nBERLIN\n", Case::Exact);
    assert_eq!(exact.len(), 2);
    assert!(exact.contains("Berlin") && !exact.contains("berlin"));
    assert!(EntrySet::new("\n \n", Case::Fold).is_empty());
}
