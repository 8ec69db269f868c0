//! `exists` and `missing`. An empty value is a missing one.

use super::{Arity, Spec};

pub(super) static EXISTS: Spec =
    Spec { applies: |_| true, expects: "any field", arity: Arity::Nothing, when_missing: false, test: |_, _| true };

pub(super) static MISSING: Spec = Spec { when_missing: true, test: |_, _| false, ..EXISTS };
