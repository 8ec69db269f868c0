//! Which messages go together in one call.

/// Entries of one `SendMessageBatch` call: a limit of SQS.
const ENTRIES_MAX: usize = 10;

/// Bytes of one message, and of all messages of one call: a limit of SQS
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>).
pub(super) const BYTES_MAX: usize = 1024 * 1024;

/// Cuts `items` into calls that keep both limits, in order. An item over the limit gets a call of its own.
pub(super) fn calls<T>(items: Vec<T>, bytes: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut calls: Vec<Vec<T>> = Vec::new();
    let mut filled = 0;
    for item in items {
        let size = bytes(&item);
        match calls.last_mut() {
            Some(call) if call.len() < ENTRIES_MAX && filled + size <= BYTES_MAX => {
                call.push(item);
                filled += size;
            }
            _ => {
                calls.push(vec![item]);
                filled = size;
            }
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_keep_both_limits_and_the_order() {
        const HALF: usize = BYTES_MAX / 2;
        let cases: [(&str, Vec<usize>, &[usize]); 6] = [
            ("nothing", vec![], &[]),
            ("one", vec![5], &[1]),
            ("ten fit", vec![1; 10], &[10]),
            ("eleven do not", vec![1; 11], &[10, 1]),
            ("two halves fit, a third does not", vec![HALF, HALF, 1], &[2, 1]),
            ("a full one stands alone", vec![1, BYTES_MAX, 1], &[1, 1, 1]),
        ];
        for (what, sizes, expected) in cases {
            let calls = calls(sizes.clone(), |size| *size);
            assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), expected, "{what}");
            assert_eq!(calls.concat(), sizes, "{what}");
        }
    }
}
