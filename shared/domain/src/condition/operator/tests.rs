//! Names of operators.

use serde_json::json;

use super::*;

#[test]
fn names_read_back_and_a_misspelt_one_is_answered_with_the_right_one() {
    for op in Operator::ALL {
        assert_eq!(serde_json::from_value::<Operator>(json!(op.name())).unwrap(), *op);
        assert_eq!(serde_json::to_value(op).unwrap(), json!(op.name()));
    }
    let refused = |name: &str| serde_json::from_value::<Operator>(json!(name)).unwrap_err().to_string();
    assert!(refused("strats_with").starts_with("there is no operator 'strats_with'; did you mean 'starts_with'?"));
    assert!(refused("not in").contains("'not_in'"));
    assert!(refused("like").starts_with("there is no operator 'like' (one of `eq`, "));
}
