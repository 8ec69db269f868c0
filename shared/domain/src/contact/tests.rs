//! Who is the same person.

use super::*;

fn contacts(fields: &[(&str, &str)]) -> Vec<Contact> {
    let fields = fields.iter().map(|(name, text)| (FieldName::new(*name).unwrap(), FieldValue::Text((*text).into())));
    Contact::of(&fields.collect())
}

#[test]
fn email_and_phone_name_a_person_and_nothing_else_does() {
    assert_eq!(contacts(&[("full_name", "Eva"), ("company", "eva@example.com")]), []);
    assert_eq!(contacts(&[("email", ""), ("phone", "")]), []);
    let eva = contacts(&[("email", "Eva@Example.com"), ("phone", "+4930111"), ("city", "Berlin")]);
    assert_eq!(eva.len(), 2);
    assert_eq!(contacts(&[("email", "eva@example.com")]), eva[..1]);
    assert_eq!(contacts(&[("phone", "+4930111")]), eva[1..]);
    assert!(contacts(&[("phone", "+4930112")]) != eva[1..]);
}

#[test]
fn a_number_that_stands_for_an_email_is_no_phone() {
    assert!(contacts(&[("email", "+4930111")]) != contacts(&[("phone", "+4930111")]));
}

#[test]
fn neither_is_kept() {
    let [contact] = contacts(&[("email", "eva@example.com")]).try_into().unwrap();
    assert_eq!(contact.as_str().len(), CHARS);
    assert!(contact.as_str().chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(serde_json::to_value(&contact).unwrap(), contact.as_str());
}
