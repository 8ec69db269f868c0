//! What holds for every value.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::field::parse;

/// A field of each type, in the order of [`value`] and [`written`].
const FIELDS: [&str; 9] = ["size", "vip", "day", "at", "opens", "tier", "company", "tags", "email"];

/// Few different values, so that equal ones meet.
fn decimal() -> impl Strategy<Value = Decimal> {
    (-30_i64..30, 0_u32..3).prop_map(|(digits, scale)| Decimal::new(digits, scale))
}

fn day() -> impl Strategy<Value = String> {
    // Around the nights in which the clocks of Berlin change.
    prop::sample::select(vec!["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-25", "2026-10-26"])
        .prop_map(str::to_owned)
}

fn clock() -> impl Strategy<Value = String> {
    (prop::sample::select(vec![0, 1, 2, 3, 22, 23]), prop::sample::select(vec!["00", "00:00", "30", "30:01"]))
        .prop_map(|(hour, rest)| format!("{hour:02}:{rest}"))
}

fn words() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "A", "ab", " AB ", "ß", "SS", "Ａ", "b@a.com", "", " ", "hot", "Zürich", "bern"])
        .prop_map(str::to_owned)
}

/// A lead's value of the field at an index.
fn value(index: usize) -> BoxedStrategy<FieldValue> {
    match FIELDS[index] {
        "size" => decimal().prop_map(|number| FieldValue::Number { number }).boxed(),
        "vip" => any::<bool>().prop_map(FieldValue::Boolean).boxed(),
        "day" => day().prop_map(|day| FieldValue::Date { date: day.parse().unwrap() }).boxed(),
        "at" => (day(), clock())
            .prop_map(|(day, clock)| FieldValue::Datetime { datetime: format!("{day}T{clock}Z").parse().unwrap() })
            .boxed(),
        "opens" => clock().prop_map(|clock| FieldValue::Time { time: parse::time_of_day(&clock).unwrap() }).boxed(),
        "tier" => prop::sample::select(vec!["Gold", "Silver"]).prop_map(text).boxed(),
        "tags" => prop::collection::vec(words(), 0..3).prop_map(FieldValue::List).boxed(),
        _ => words().prop_map(FieldValue::Text).boxed(),
    }
}

/// A rule's value for the field at an index, as a person writes it.
fn written(index: usize) -> BoxedStrategy<Value> {
    match FIELDS[index] {
        "size" => (decimal(), any::<bool>())
            .prop_map(|(number, quoted)| {
                let text = number.to_string();
                if quoted { Value::from(text) } else { serde_json::from_str(&text).unwrap() }
            })
            .boxed(),
        "vip" => any::<bool>().prop_map(Value::from).boxed(),
        "day" | "at" => (day(), prop::option::of(clock()))
            .prop_map(|(day, clock)| match clock {
                Some(clock) => Value::from(format!("{day}T{clock}Z")),
                None => Value::from(day),
            })
            .boxed(),
        "opens" => clock().prop_map(Value::from).boxed(),
        "tier" => prop::sample::select(vec!["gold", "SILVER"]).prop_map(Value::from).boxed(),
        _ => words().prop_map(Value::from).boxed(),
    }
}

fn clock_of(value: &Value) -> jiff::civil::Time {
    parse::time_of_day(value.as_str().unwrap()).unwrap()
}

/// A field, a value of it or none, and some values that a rule may compare it with.
fn meeting(fields: std::ops::Range<usize>) -> impl Strategy<Value = (usize, Option<FieldValue>, Vec<Value>, bool)> {
    fields.prop_flat_map(|index| {
        let values = prop::collection::vec(written(index), 1..4);
        (Just(index), prop::option::weighted(0.9, value(index)), values, any::<bool>())
    })
}

/// Whether a comparison holds; `None` when it is refused.
fn holds(index: usize, found: Option<&FieldValue>, op: &str, value: &Value, exact: bool) -> Option<bool> {
    let lead = lead(found.map(|value| (FIELDS[index], value.clone())));
    let case = if exact { "exact" } else { "fold" };
    let condition = json!({ "field": FIELDS[index], "op": op, "value": value, "case": case });
    let test = compiled(condition, &berlin()).ok()?;
    let source = &lead.source;
    let subject = Subject { lead: &lead, source, is_new: true, received_at: Timestamp::UNIX_EPOCH, zone: &berlin() };
    Some(test.check(&subject).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_negative_operators_are_the_opposites((index, found, values, exact) in meeting(0..9)) {
        let many = Value::from(values.clone());
        let list = Value::from(if exact { "cities" } else { "codes" });
        for (op, not, value) in [
            ("eq", "ne", &values[0]),
            ("in", "not_in", &many),
            ("contains", "not_contains", &values[0]),
            ("in_list", "not_in_list", &list),
        ] {
            let yes = holds(index, found.as_ref(), op, value, exact);
            prop_assert_eq!(yes.map(|yes| !yes), holds(index, found.as_ref(), not, value, exact), "{} {}", op, value);
        }
    }

    #[test]
    fn in_is_eq_with_any_of_the_values((index, found, values, exact) in meeting(0..9)) {
        let any = values.iter().any(|value| holds(index, found.as_ref(), "eq", value, exact) == Some(true));
        prop_assert_eq!(holds(index, found.as_ref(), "in", &Value::from(values), exact), Some(any));
    }

    #[test]
    fn between_is_gte_and_lte((index, found, mut values, exact) in meeting(0..5)) {
        values.push(values[0].clone());
        let one = |op: &str, value: &Value| holds(index, found.as_ref(), op, value, exact);
        let both = one("gte", &values[0]).zip(one("lte", &values[1]));
        let low_high = Value::from(values[..2].to_vec());
        match one("between", &low_high) {
            // A number or a day that is refused: the first is the greater one, so nothing is both.
            None => prop_assert!(both.is_none_or(|(gte, lte)| !(gte && lte)), "{}", low_high),
            // A night goes over midnight: either after the first or before the last.
            Some(between) if FIELDS[index] == "opens" && clock_of(&values[0]) > clock_of(&values[1]) => {
                prop_assert_eq!(both.map(|(gte, lte)| gte || lte), Some(between), "{}", low_high);
            }
            Some(between) => prop_assert_eq!(both.map(|(gte, lte)| gte && lte), Some(between), "{}", low_high),
        }
    }

    #[test]
    fn orders_agree((index, found, values, exact) in meeting(0..5)) {
        let one = |op: &str| holds(index, found.as_ref(), op, &values[0], exact);
        if FIELDS[index] == "vip" {
            prop_assert_eq!(one("gt"), None);
        } else {
            let [gt, gte, eq, lte, lt] = ["gt", "gte", "eq", "lte", "lt"].map(|op| one(op) == Some(true));
            prop_assert_eq!((gte, lte), (gt || eq, lt || eq));
            // Exactly one of the three, unless there is nothing to compare.
            prop_assert_eq!(usize::from(gt) + usize::from(eq) + usize::from(lt), usize::from(found.is_some()));
        }
    }

    #[test]
    fn a_number_is_its_value_however_it_is_written(digits in -10_000_i64..10_000, scale in 0_u32..4, zeros in 0_usize..4) {
        let number = Decimal::new(digits, scale);
        let plain = number.normalize().to_string();
        let longer = if plain.contains('.') { plain.clone() } else { format!("{plain}.0") } + &"0".repeat(zeros);
        let found = FieldValue::Number { number: longer.parse().unwrap() };
        for written in [json!(plain), json!(longer), json!(format!(" {plain} ")), serde_json::from_str(&plain).unwrap()] {
            prop_assert_eq!(holds(0, Some(&found), "eq", &written, false), Some(true), "{}", written);
            prop_assert_eq!(holds(0, Some(&found), "in", &json!([written, 123_456]), false), Some(true), "{}", written);
        }
        let other = Value::from((number + Decimal::new(1, 4)).to_string());
        prop_assert_eq!(holds(0, Some(&found), "eq", &other, false), Some(false), "{}", other);
    }

    #[test]
    fn a_part_of_a_text_is_found_in_it(
        before in "[a-cAÄßΣσςıİé]{0,4}", part in "[a-cAÄßΣσςıİé]{1,4}", after in "[a-cAÄßΣσςıİé]{0,4}",
    ) {
        let found = text(&format!("{before}{part}{after}"));
        let company = 6;
        for (op, text) in [
            ("contains", part.clone()),
            ("starts_with", format!("{before}{part}")),
            ("ends_with", format!("{part}{after}")),
        ] {
            prop_assert_eq!(holds(company, Some(&found), op, &json!(text.to_uppercase()), false), Some(true), "{}", op);
        }
    }
}
