//! `matches`: a regular expression.

use super::substring::STARTS_WITH;
use super::{Fault, Operand, Scalar, Spec, Written};
use crate::condition::Case;

/// Its value is folded by the pattern itself: folding the text before would change what `[A-Z]` and `ß` mean.
pub(super) static MATCHES: Spec = Spec { read, keeps_case: true, test: matches, ..STARTS_WITH };

fn read(written: &Written<'_>) -> Result<Operand, Fault> {
    let text = written.text("a regular expression in quotes, such as '^ent-[0-9]+'")?;
    let pattern = written.scope.patterns.get(text, written.case == Case::Exact);
    pattern.map(Operand::Pattern).map_err(Fault::value)
}

fn matches(value: &Scalar, operand: &Operand) -> bool {
    matches!((value, operand), (Scalar::Text(text), Operand::Pattern(pattern)) if pattern.is_match(text))
}
