//! Leads in no engine's form: each engine prepares them for itself.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Lower-case ASCII, so that folding text changes nothing: the others compare text as it is.
    Text,
    /// Whole numbers: all of the others are quickest with them.
    Number,
    /// True or false.
    Boolean,
}

/// The fields of a lead; each lead has all of them, as the engines differ in what a missing one means.
pub const FIELDS: [(&str, Kind); 12] = [
    ("state", Kind::Text),
    ("postal_code", Kind::Text),
    ("city", Kind::Text),
    ("industry", Kind::Text),
    ("campaign", Kind::Text),
    ("job_title", Kind::Text),
    ("company", Kind::Text),
    ("score", Kind::Number),
    ("company_size", Kind::Number),
    ("budget", Kind::Number),
    ("newsletter", Kind::Boolean),
    ("urgent", Kind::Boolean),
];

/// Places in [`FIELDS`].
pub mod field {
    #![expect(missing_docs, reason = "they are named in the list")]
    pub const STATE: usize = 0;
    pub const POSTAL_CODE: usize = 1;
    pub const CITY: usize = 2;
    pub const INDUSTRY: usize = 3;
    pub const CAMPAIGN: usize = 4;
    pub const JOB_TITLE: usize = 5;
    pub const COMPANY: usize = 6;
    pub const SCORE: usize = 7;
    pub const COMPANY_SIZE: usize = 8;
    pub const BUDGET: usize = 9;
    pub const NEWSLETTER: usize = 10;
    pub const URGENT: usize = 11;
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of a text.
    Text(String),
    /// Of a number.
    Number(i64),
    /// Of a boolean.
    Boolean(bool),
}

/// A lead: one value for each of [`FIELDS`].
pub type Lead = [Value; FIELDS.len()];

/// A lead as JSON, which two of the engines read.
#[must_use]
pub fn to_json(lead: &Lead) -> serde_json::Value {
    let fields = FIELDS.iter().zip(lead).map(|((name, _), value)| ((*name).to_owned(), value.to_json()));
    serde_json::Value::Object(fields.collect())
}

impl Value {
    /// The value as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Number(number) => (*number).into(),
            Self::Boolean(value) => (*value).into(),
        }
    }
}
