use super::read::Form;
use super::*;

fn read(form: Form, text: &str) -> Result<String, String> {
    form.read(text).map(|entries| entries.lines().to_owned()).map_err(|problem| format!("{problem:?}"))
}

#[test]
fn entries_are_kept_in_one_form() {
    let kept = Ok("10115\nBerlin\nGroß\n".to_owned());
    assert_eq!(read(Form::Lines, "Berlin\n10115\n\n  10115 \nGroß\n"), kept);
    assert_eq!(read(Form::Lines, "\u{feff}Groß\r\nBerlin\r\n１０１１５"), kept);
    assert_eq!(read(Form::Json, r#"["10115", " Groß ", "", "Berlin"]"#), kept);
    assert_eq!(read(Form::Csv { header: false }, "10115,x\n\"Berlin\",y\n\nGroß\n"), kept);
    assert_eq!(read(Form::Csv { header: true }, "zip,name\r\n10115,x\r\nBerlin,y\r\nGroß,\r\n"), kept);
    assert_eq!(read(Form::Csv { header: false }, "\"a, b\",c\n"), Ok("a, b\n".to_owned()));
}

#[test]
fn content_types() {
    for (content_type, expected) in [
        ("text/plain", Some(Form::Lines)),
        ("Text/Plain; charset=utf-8", Some(Form::Lines)),
        ("text/csv", Some(Form::Csv { header: false })),
        ("text/csv; charset=utf-8; header=present", Some(Form::Csv { header: true })),
        ("text/csv; header=absent", Some(Form::Csv { header: false })),
        ("application/json", Some(Form::Json)),
        ("application/yaml", None),
        ("", None),
    ] {
        assert_eq!(Form::of(content_type), expected, "{content_type}");
    }
}

#[test]
fn what_cannot_be_an_entry_is_named_by_its_place() {
    let long = "x".repeat(ENTRY_BYTES_MAX);
    assert_eq!(read(Form::Lines, &long), Ok(format!("{long}\n")));
    for (form, text, says) in [
        (Form::Lines, format!("a\n\n{long}y\n"), ["line 3", "has 256 bytes"]),
        (Form::Lines, "a\tb".to_owned(), ["line 1", r"control character '\\t'"]),
        (Form::Json, r#"["a", "b\nc"]"#.to_owned(), ["value 2", r"control character '\\n'"]),
        (Form::Csv { header: true }, "zip\n1\n\"b\nc\"\n".to_owned(), ["line 3", r"control character '\\n'"]),
        (Form::Json, r#"["a", 7]"#.to_owned(), ["no JSON array of strings", "column 7"]),
        (Form::Json, "{}".to_owned(), ["no JSON array of strings", "BadRequest"]),
        (Form::Lines, " \n\n".to_owned(), ["holds no entry", "Unprocessable"]),
        (Form::Json, "[]".to_owned(), ["holds no entry", "Unprocessable"]),
    ] {
        let refused = read(form, &text).unwrap_err();
        for says in says {
            assert!(refused.contains(says), "{says}: {refused}");
        }
    }
    // No more than is of use, and no more of an entry than shows which it is.
    let refused = read(Form::Lines, &format!("{long}y\n").repeat(100)).unwrap_err();
    assert!(refused.contains("line 20\"") && !refused.contains("line 21\""), "{refused}");
    assert!(!refused.contains(&"x".repeat(SHOWN_CHARS + 1)), "{refused}");
}

#[test]
fn adding_and_taking_away() {
    let entries = |text: &str| if text.is_empty() { Entries(String::new()) } else { Form::Lines.read(text).unwrap() };
    for (here, there, with, without) in [
        ("a\nc", "b\nc\nd", "a\nb\nc\nd\n", "a\n"),
        ("a", "a", "a\n", ""),
        ("b", "a", "a\nb\n", "b\n"),
        ("a\nb", "", "a\nb\n", "a\nb\n"),
        ("", "a", "a\n", ""),
        // Not the order of lines with their ends: '!' sorts after a line feed and 'a' is a part of 'a!'.
        ("a\na!", "a", "a\na!\n", "a!\n"),
    ] {
        let (here, there) = (entries(here), entries(there));
        assert_eq!(here.with(&there).lines(), with, "{here:?} with {there:?}");
        assert_eq!(here.without(&there).lines(), without, "{here:?} without {there:?}");
    }
}

#[test]
fn lists_have_limits() {
    let many = |count: usize| Entries((0..count).map(|number| format!("{number:07}\n")).collect());
    assert!(many(ENTRIES_MAX).fit().is_ok());
    let said = |entries: Entries| format!("{:?}", entries.fit().unwrap_err());
    assert!(said(many(ENTRIES_MAX + 1)).contains("1000001 entries"));
    let long = Entries((0..LIST_BYTES_MAX / 100 + 1).map(|number| format!("{number:099}\n")).collect());
    assert!(said(long).contains("33 MiB of text; 32 MiB are the most"));
    assert!(said(Entries(String::new())).contains("would be empty"));
}
