//! What a DynamoDB call is billed, in request units.
//!
//! Rules: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html> and
//! `CapacityUnitCalculations.html` beside it. A write unit is 1 KB of one item, twice for a transaction, and once more
//! for each index entry that is written or removed; a read unit is 4 KB, half for an eventually consistent read.
//!
//! Writes are as the emulator answers them (`ReturnConsumedCapacity`), which knows the item before and after and the
//! indexes. Its reads do not look at sizes, so they are counted here. So are calls whose conditions did not hold: a
//! failed write is billed as if it had been made, and a failed transaction is taken to be, both of its passes.

use std::ops::AddAssign;

use serde_json::Value;

use crate::proxy::Call;

const KB: usize = 1024;

/// Units of one or several calls.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Units {
    /// Write request units.
    pub write: f64,
    /// Read request units.
    pub read: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.write += other.write;
        self.read += other.read;
    }
}

/// What a call is billed.
pub(super) fn units(call: &Call) -> Units {
    let (input, output) = (call.input(), call.output());
    let write = |write| Units { write, read: 0.0 };
    let read = |read| Units { write: 0.0, read };
    match call.operation.as_str() {
        "GetItem" => read(read_units(item_bytes(&output["Item"]), is_consistent(&input))),
        "Query" => read(read_units(each(&output["Items"]).map(item_bytes).sum(), is_consistent(&input))),
        "BatchGetItem" => read(batch_get(&input, &output)),
        "PutItem" | "UpdateItem" | "DeleteItem" if call.status == 200 => write(answered(&output["ConsumedCapacity"])),
        // The item that stands in the way comes back where it was asked for; else it was a small one.
        "PutItem" | "UpdateItem" | "DeleteItem" => {
            write(write_units(item_bytes(&output["Item"]).max(item_bytes(&input["Item"]))))
        }
        "TransactWriteItems" if call.status == 200 => write(each(&output["ConsumedCapacity"]).map(answered).sum()),
        "TransactWriteItems" => write(each(&input["TransactItems"]).map(transaction_part).sum()),
        _ => Units::default(),
    }
}

/// One action of a transaction that did not come about.
fn transaction_part(action: &Value) -> f64 {
    2.0 * write_units(item_bytes(&action["Put"]["Item"]))
}

fn batch_get(input: &Value, output: &Value) -> f64 {
    let mut units = 0.0;
    for (table, asked) in input["RequestItems"].as_object().into_iter().flatten() {
        let consistent = is_consistent(asked);
        let found: Vec<&Value> = each(&output["Responses"][table]).collect();
        units += found.iter().map(|item| read_units(item_bytes(item), consistent)).sum::<f64>();
        // What is not there costs as much as the smallest item.
        let missing = each(&asked["Keys"]).count().saturating_sub(found.len());
        units += (0..missing).map(|_| read_units(0, consistent)).sum::<f64>();
    }
    units
}

fn is_consistent(input: &Value) -> bool {
    input["ConsistentRead"] == true
}

fn answered(capacity: &Value) -> f64 {
    capacity["CapacityUnits"].as_f64().unwrap_or_default()
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn read_units(bytes: usize, consistent: bool) -> f64 {
    let units = whole(bytes, 4 * KB);
    if consistent { units } else { units / 2.0 }
}

fn write_units(bytes: usize) -> f64 {
    whole(bytes, KB)
}

/// How many pieces of a size it takes, one at least.
pub(super) fn whole(bytes: usize, piece: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most a few hundred")]
    let pieces = bytes.div_ceil(piece).max(1) as f64;
    pieces
}

/// The size of an item as it is billed: names and values in UTF-8; see `CapacityUnitCalculations.html`.
fn item_bytes(item: &Value) -> usize {
    item.as_object().into_iter().flatten().map(|(name, value)| name.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    let text = value.as_str().unwrap_or_default();
    match kind.as_str() {
        "S" => text.len(),
        // Two digits a byte, and one byte more.
        "N" => text.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1,
        // Base64 on the wire, bytes in the table.
        "B" => text.trim_end_matches('=').len() * 3 / 4,
        "BOOL" | "NULL" => 1,
        // Three bytes for the list or map itself and one for each element.
        "L" => 3 + each(value).map(|element| 1 + value_bytes(element)).sum::<usize>(),
        "M" => 3 + value.as_object().map_or(0, serde_json::Map::len) + item_bytes(value),
        "SS" | "NS" | "BS" => each(value).filter_map(Value::as_str).map(str::len).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(operation: &str, status: u16, input: &Value, output: &Value) -> Call {
        Call {
            service: "dynamodb".to_owned(),
            operation: operation.to_owned(),
            request: input.to_string().into(),
            status,
            answer: output.to_string().into(),
        }
    }

    fn item(bytes: usize) -> Value {
        json!({ "pk": { "S": "x".repeat(bytes - 2) } })
    }

    #[test]
    fn an_item_is_as_large_as_the_documentation_says() {
        assert_eq!(item_bytes(&item(100)), 100);
        assert_eq!(item_bytes(&json!({ "n": { "N": "12345" } })), 1 + 4);
        assert_eq!(item_bytes(&json!({ "b": { "B": "AAECAw==" } })), 1 + 4);
        assert_eq!(item_bytes(&json!({ "m": { "M": { "a": { "BOOL": true } } } })), 1 + 3 + 1 + 1 + 1);
        assert_eq!(item_bytes(&json!({ "l": { "L": [{ "S": "ab" }] } })), 1 + 3 + 1 + 2);
        assert_eq!(item_bytes(&Value::Null), 0);
    }

    #[test]
    fn reads_are_by_four_kilobytes_and_half_when_they_may_be_late() {
        let get = |bytes: usize, consistent: bool| {
            units(&call("GetItem", 200, &json!({ "ConsistentRead": consistent }), &json!({ "Item": item(bytes) }))).read
        };
        assert_eq!((get(4096, true), get(4097, true), get(4097, false)), (1.0, 2.0, 1.0));
        let nothing = call("GetItem", 200, &json!({}), &json!({}));
        assert_eq!(units(&nothing).read, 0.5);
        // A batch rounds each item, a query their sum.
        let two = json!([item(3000), item(3000)]);
        let batch = json!({ "RequestItems": { "t": { "Keys": [1, 2, 3], "ConsistentRead": true } } });
        assert_eq!(units(&call("BatchGetItem", 200, &batch, &json!({ "Responses": { "t": two } }))).read, 3.0);
        let query = call("Query", 200, &json!({ "ConsistentRead": true }), &json!({ "Items": two }));
        assert_eq!(units(&query).read, 2.0);
    }

    #[test]
    fn writes_are_as_answered_and_failed_ones_are_billed_too() {
        let put = call("PutItem", 200, &json!({}), &json!({ "ConsumedCapacity": { "CapacityUnits": 3.0 } }));
        assert_eq!(units(&put).write, 3.0);
        let failed = call("PutItem", 400, &json!({ "Item": item(1025) }), &json!({}));
        assert_eq!(units(&failed).write, 2.0);
        let parts = json!({ "TransactItems": [{ "Put": { "Item": item(1025) } }, { "ConditionCheck": {} }] });
        assert_eq!(units(&call("TransactWriteItems", 400, &parts, &json!({}))).write, 6.0);
        let done = json!({ "ConsumedCapacity": [{ "CapacityUnits": 12.0 }] });
        assert_eq!(units(&call("TransactWriteItems", 200, &parts, &done)).write, 12.0);
    }
}
