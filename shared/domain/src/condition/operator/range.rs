//! `between`.

use super::ordering::{GT, comparable};
use super::{Fault, Operand, Scalar, Spec, Written};

pub(super) static BETWEEN: Spec = Spec { read, test: between, ..GT };

const NEEDS: &str = "a list of two values, the first and the last, such as [10, 20]";

fn read(written: &Written<'_>) -> Result<Operand, Fault> {
    let items = written.items(NEEDS)?;
    let [low, high] = items else {
        let count = match items.len() {
            1 => "is 1 value".to_owned(),
            count => format!("are {count} values"),
        };
        return Err(Fault::value(format!("there {count}: 'between' needs {NEEDS}")));
    };
    let (low_value, high_value) = (written.scalar(low, "[0]")?, written.scalar(high, "[1]")?);
    // From 22:00 to 06:00 is the night.
    if low_value > high_value && !matches!(low_value, Scalar::Time(_)) {
        return Err(Fault::value(format!("{low} is more than {high}: no value is between them; swap the two")));
    }
    Ok(Operand::Between { low: low_value, high: high_value })
}

fn between(value: &Scalar, operand: &Operand) -> bool {
    let Operand::Between { low, high } = operand else { return false };
    if !comparable(value, low) {
        return false;
    }
    if low <= high { low <= value && value <= high } else { low <= value || value <= high }
}
