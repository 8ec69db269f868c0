//! `exists` and `missing`. An empty value is a missing one.

use super::Spec;

pub(super) static EXISTS: Spec = Spec {
    applies: |_| true,
    expects: "it looks at every field",
    read: |written| written.nothing(),
    keeps_case: false,
    when_missing: false,
    test: |_, _| true,
};

pub(super) static MISSING: Spec = Spec { when_missing: true, test: |_, _| false, ..EXISTS };
