//! The value of a comparison as a person wrote it, and the ways to read it.

use serde_json::Value;

use super::Operator;
use crate::condition::{Case, Operand, Scalar, Scope};
use crate::config::FieldInfo;
use crate::text;

/// Most values of a comparison; more are kept as a list beside the config.
const VALUES_MAX: usize = 10_000;
/// Longest piece of a value that a message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// A value as a message repeats it: the beginning of a long one.
pub(in crate::condition) fn shown(value: &Value) -> String {
    text::shortened(&value.to_string(), SHOWN_CHARS_MAX).into_owned()
}

/// The value of a comparison as it was written, and what it is read by.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// The operator.
    pub op: Operator,
    /// What stands under `value`.
    pub value: Option<&'a Value>,
    /// The field that is compared.
    pub field: &'a FieldInfo,
    /// Whether case counts.
    pub case: Case,
    /// What else may be named.
    pub scope: &'a Scope<'a>,
}

/// What is wrong with a value, and where below the comparison's node: `.value[1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The path from the comparison's node.
    pub at: String,
    /// What was found and what was expected.
    pub message: String,
}

impl Fault {
    /// A fault of the whole value.
    pub(super) fn value(message: impl Into<String>) -> Self {
        Self::at("", message)
    }

    /// A fault of a part of the value, such as `[1]` or `.km`.
    pub(super) fn at(part: &str, message: impl Into<String>) -> Self {
        Self { at: format!(".value{part}"), message: message.into() }
    }
}

impl<'a> Written<'a> {
    /// No value at all.
    pub(super) fn nothing(&self) -> Result<Operand, Fault> {
        match self.value {
            None => Ok(Operand::Nothing),
            Some(_) => Err(Fault::value(format!("'{}' takes no value", self.op.name()))),
        }
    }

    /// One value of the field's type.
    pub(super) fn one(&self) -> Result<Operand, Fault> {
        self.scalar(self.required("a value")?, "").map(Operand::One)
    }

    /// A text that is looked for in the field: of a choice it need not be an option.
    pub(super) fn part(&self) -> Result<Operand, Fault> {
        let text = text::comparable(self.text("a text in quotes")?, self.case == Case::Exact);
        if text.is_empty() {
            // It stands in every text.
            return Err(Fault::value("the text is empty, and every value has that in it: use exists or missing"));
        }
        Ok(Operand::One(Scalar::Text(text)))
    }

    /// A list of values of the field's type.
    pub(super) fn many(&self) -> Result<Operand, Fault> {
        let items = self.items("a list of values")?;
        if items.is_empty() {
            return Err(Fault::value("the list is empty: give at least one value"));
        }
        if items.len() > VALUES_MAX {
            return Err(Fault::value(format!(
                "found {} values, expected at most {VALUES_MAX}: keep them as a list beside the config and use in_list",
                items.len()
            )));
        }
        let read = items.iter().enumerate().map(|(index, item)| self.scalar(item, &format!("[{index}]")));
        let mut values = read.collect::<Result<Vec<_>, _>>()?;
        values.sort_unstable();
        values.dedup();
        Ok(Operand::Many(values))
    }

    /// The value; `what` says what the operator needs.
    pub(super) fn required(&self, what: &str) -> Result<&'a Value, Fault> {
        let missing = || Fault { at: String::new(), message: format!("'{}' needs {what}", self.op.name()) };
        self.value.ok_or_else(missing)
    }

    /// The items of a value that is a list.
    pub(super) fn items(&self, what: &str) -> Result<&'a [Value], Fault> {
        match self.required(what)? {
            Value::Array(items) => Ok(items),
            other => Err(Fault::value(format!("{} does not fit: '{}' needs {what}", shown(other), self.op.name()))),
        }
    }

    /// A value that is a text.
    pub(super) fn text(&self, what: &str) -> Result<&'a str, Fault> {
        match self.required(what)? {
            Value::String(text) => Ok(text),
            other => Err(Fault::value(format!("{} does not fit: '{}' needs {what}", shown(other), self.op.name()))),
        }
    }

    /// A value of the field's type at a part of the written one.
    pub(super) fn scalar(&self, value: &Value, part: &str) -> Result<Scalar, Fault> {
        Scalar::read(value, self.field, self.case, self.scope.zone).map_err(|message| Fault::at(part, message))
    }
}
