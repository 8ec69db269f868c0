//! Fields of a lead: names, types and values.

mod built_in;
mod kind;
mod name;
pub mod parse;
mod point;
mod read;
mod value;

pub use built_in::{BUILT_IN, DERIVED, Derived};
pub use kind::FieldType;
pub use name::{FieldName, InvalidFieldName};
pub use point::{InvalidPoint, Point};
pub use value::FieldValue;

/// Most fields that a lead may have.
pub const FIELDS_MAX: usize = 200;
/// Most bytes of one field's text.
pub const FIELD_BYTES_MAX: usize = 8 * 1024;
