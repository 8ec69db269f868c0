use leadyard_domain::import::{Asked, BadRow, Delimiter, Encoding, Place};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const START: Place = Place { offset: 0, row: 1, skipping: false };

/// Every row of some bytes that come in pieces of some sizes.
fn lines(bytes: &[u8], encoding: Encoding, delimiter: Delimiter, sizes: &[usize]) -> Vec<(Line, Place)> {
    let mut reader = Reader::new(encoding, delimiter, START);
    let mut lines = Vec::new();
    let mut take = |reader: &mut Reader| {
        while let Some(line) = reader.next_line() {
            lines.push((line, reader.place()));
        }
    };
    let mut rest = bytes;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, left) = rest.split_at((*size).clamp(1, rest.len()));
        reader.feed(piece);
        take(&mut reader);
        rest = left;
    }
    reader.end();
    take(&mut reader);
    assert_eq!(reader.place().offset, bytes.len() as u64, "all of it was read");
    lines
}

fn shown(text: &str) -> Vec<(u64, Value)> {
    let lines = lines(text.as_bytes(), Encoding::Utf8, Delimiter::Comma, &[usize::MAX]);
    let show = |line: Line| match line.cells {
        Ok(cells) => (line.row, json!(cells.kept)),
        Err(fault) => (line.row, json!(format!("{fault:?}"))),
    };
    lines.into_iter().map(|(line, _)| show(line)).collect()
}

#[test]
fn rows() {
    let unclosed = |column| json!(format!("Unclosed {{ column: {column} }}"));
    let behind = |column| json!(format!("BehindQuote {{ column: {column} }}"));
    for (text, expected) in [
        ("", vec![]),
        ("a,b", vec![(1, json!(["a", "b"]))]),
        ("a,b\n", vec![(1, json!(["a", "b"]))]),
        ("a\r\nb\rc\nd", vec![(1, json!(["a"])), (2, json!(["b"])), (3, json!(["c"])), (4, json!(["d"]))]),
        ("a\n\n,\nb", vec![(1, json!(["a"])), (2, json!([""])), (3, json!(["", ""])), (4, json!(["b"]))]),
        ("a,\n,b", vec![(1, json!(["a", ""])), (2, json!(["", "b"]))]),
        (r#""a,b","c ""d""","""#, vec![(1, json!(["a,b", "c \"d\"", ""]))]),
        // A quote is one only at the beginning of a cell.
        (r#"6" pipe,a"b"#, vec![(1, json!(["6\" pipe", "a\"b"]))]),
        // A line break within quotes belongs to the value, and the row counts once.
        ("\"a\r\nb\",c\nd,e", vec![(1, json!(["a\r\nb", "c"])), (2, json!(["d", "e"]))]),
        // A quote that nobody closes costs its own line only.
        ("a,\"b\nc,d\ne,f", vec![(1, unclosed(1)), (2, json!(["c", "d"])), (3, json!(["e", "f"]))]),
        ("a,\"b\nc,\"d\"\ne,f", vec![(1, unclosed(1)), (2, json!(["c", "d"])), (3, json!(["e", "f"]))]),
        // The lines before it that belong to a closed cell are not taken for rows.
        ("\"a\nb\",\"c\nd,e", vec![(1, unclosed(1)), (2, json!(["d", "e"]))]),
        ("a,\"b", vec![(1, unclosed(1))]),
        ("\"a\"b,c\nd,e", vec![(1, behind(0)), (2, json!(["d", "e"]))]),
        ("ä,\u{1f600}\n", vec![(1, json!(["ä", "\u{1f600}"]))]),
    ] {
        assert_eq!(shown(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_too_long_costs_one_row() {
    let cell = "x".repeat(8 * 1024 + 1);
    assert_eq!(shown(&format!("a,{cell}\nb"))[0].1, json!("CellTooLong { column: 1, bytes: 8193 }"));
    let row = "x,".repeat(ROW_UNITS_MAX);
    for (text, first) in [(format!("{row}\nb"), "RowTooLong"), (format!("\"{row}\nb"), "Unclosed { column: 0 }")] {
        for sizes in [&[usize::MAX][..], &[1_000], &[ROW_UNITS_MAX + 1]] {
            let lines = lines(text.as_bytes(), Encoding::Utf8, Delimiter::Comma, sizes);
            let rows: Vec<(u64, String)> = lines
                .into_iter()
                .map(|(line, _)| (line.row, format!("{:?}", line.cells.map(|cells| cells.kept))))
                .collect();
            assert_eq!(rows, [(1, format!("Err({first})")), (2, "Ok([\"b\"])".to_owned())]);
        }
    }
    // Without any line break it is read to its end, without keeping it.
    assert_eq!(shown(&row), [(1, json!("RowTooLong"))]);
}

#[test]
fn bytes_that_are_no_text_cost_one_row() {
    let lines = lines(b"a\n\xff\nb\n", Encoding::Utf8, Delimiter::Comma, &[2]);
    let read: Vec<bool> = lines.iter().map(|(line, _)| line.cells.is_ok()).collect();
    assert_eq!(read, [true, false, true]);
    assert_eq!(lines[1].0.cells, Err(Fault::Encoding(Encoding::Utf8)));
}

/// `text` in an encoding, with its mark or without.
fn encoded(text: &str, encoding: Encoding, mark: bool) -> Vec<u8> {
    let marked = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
    match encoding {
        Encoding::Utf8 => marked.into_bytes(),
        Encoding::Utf16Le => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
    }
}

fn found(bytes: &[u8]) -> Detected {
    detect(bytes, true, may_be_utf8(bytes, true), Asked::default())
}

#[test]
fn encodings() {
    let text = "Name;Straße\nJürgen;Königsallee 1 – „links“\n";
    for (encoding, marks) in [
        (Encoding::Utf8, &[true, false][..]),
        (Encoding::Utf16Le, &[true, false]),
        (Encoding::Utf16Be, &[true, false]),
        (Encoding::Windows1252, &[false]),
    ] {
        for mark in marks {
            let bytes = encoded(text, encoding, *mark);
            let layout = found(&bytes).layout().unwrap();
            assert_eq!((layout.encoding, layout.delimiter), (encoding, Delimiter::Semicolon), "mark: {mark}");
            assert_eq!(layout.header, ["Name", "Straße"]);
            let mut reader = Reader::new(encoding, layout.delimiter, layout.begin);
            reader.feed(&bytes[usize::try_from(layout.begin.offset).unwrap()..]);
            reader.end();
            let line = reader.next_line().unwrap();
            assert_eq!((line.row, line.cells.unwrap().kept[1].as_str()), (2, "Königsallee 1 – „links“"));
        }
    }
    // Other scripts have few zeros in UTF-16.
    let chinese = encoded("姓名,电话\n王小明,一二三\n李四,四五六\n", Encoding::Utf16Le, false);
    assert_eq!(found(&chinese).encoding, Encoding::Utf16Le);
    // What a person says counts, mark or not.
    let asked = Asked { encoding: Some(Encoding::Windows1252), delimiter: Some(Delimiter::Comma) };
    let detected = detect("a;b,ä\n".as_bytes(), true, true, asked);
    assert_eq!((detected.header, detected.encoding), (vec!["a;b".to_owned(), "Ã¤".to_owned()], Encoding::Windows1252));
    let asked = Asked { encoding: Some(Encoding::Utf8), delimiter: None };
    assert_eq!(detect("\u{feff}a,b\n".as_bytes(), true, true, asked).header, ["a", "b"]);
}

#[test]
fn a_character_may_be_cut_between_two_parts() {
    let bytes = "añ\u{1f600}".as_bytes();
    for cut in 0..=bytes.len() {
        assert!(may_be_utf8(&bytes[..cut], true) && may_be_utf8(&bytes[cut..], false), "{cut}");
    }
    for (bytes, first) in [(&b"a\xe4b"[..], true), (b"\xa4b", true), (b"\x80\x80\x80\x80", false), (b"\xffa", false)] {
        assert!(!may_be_utf8(bytes, first), "{bytes:?}");
    }
}

#[test]
fn delimiters_and_headers() {
    for (text, delimiter, header, row) in [
        ("a,b\n1,2\n", Delimiter::Comma, &["a", "b"][..], 1),
        ("a;b\n1,5;2,5\n", Delimiter::Semicolon, &["a", "b"], 1),
        ("a\tb\n\"1\t,;\"\t2\n", Delimiter::Tab, &["a", "b"], 1),
        ("a|b|c\n1|2,3|4\n", Delimiter::Pipe, &["a", "b", "c"], 1),
        // The first line looks like three columns of commas; the others say otherwise.
        ("a, b, c;d\n1;2\n3;4\n", Delimiter::Semicolon, &["a, b, c", "d"], 1),
        // A delimiter within quotes is none.
        ("\"a;b;c\",d\n\"1;2;3\",4\n", Delimiter::Comma, &["a;b;c", "d"], 1),
        ("email\na@example.com\n", Delimiter::Comma, &["email"], 1),
        ("\n ;; \n a ;;c\n1;2;3", Delimiter::Semicolon, &["a", "column_2", "c"], 3),
        ("sep=|\na,b|c\n1|2\n", Delimiter::Pipe, &["a,b", "c"], 1),
        ("\u{feff}sep=;\r\né;b\r\n1;2\r\n", Delimiter::Semicolon, &["é", "b"], 1),
        ("sep=,x\n1,2\n", Delimiter::Comma, &["sep=", "x"], 1),
        ("a,b", Delimiter::Comma, &["a", "b"], 1),
    ] {
        let detected = found(text.as_bytes());
        assert_eq!((detected.delimiter, detected.header_row), (delimiter, Some(row)), "{text:?}");
        assert_eq!(detected.problems, Vec::<String>::new(), "{text:?}");
        assert_eq!(detected.header, header, "{text:?}");
        assert_eq!(detected.begin.row, row + 1, "{text:?}");
    }
}

#[test]
fn headers_that_are_none() {
    let long = "x".repeat(513);
    let many = vec!["x"; 201].iter().enumerate().map(|(n, x)| format!("{x}{n}")).collect::<Vec<_>>().join(",");
    for (text, says) in [
        (String::new(), "no rows"),
        (" \n,,\n".to_owned(), "no rows"),
        ("a,b,a\n1,2,3\n".to_owned(), "Columns 1 and 3 are both called \"a\""),
        (long, "column 1 has 513 bytes"),
        (many, "201 columns; at most 200"),
        ("\"a,b\nc,d".to_owned(), "row 1 can't be read: a quotation mark"),
    ] {
        let problems = found(text.as_bytes()).layout().unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains(says), "{problems:?}");
    }
    let begun = detect(b"a,b", false, true, Asked::default());
    assert!(begun.problems[0].contains("No header"), "{begun:?}");
}

#[test]
fn what_a_row_says() {
    let header = ["email", "name"].map(str::to_owned);
    let all = |text: &str| -> Vec<Option<Result<Value, BadRow>>> {
        let lines = lines(text.as_bytes(), Encoding::Utf8, Delimiter::Comma, &[usize::MAX]);
        lines.into_iter().map(|(line, _)| payload(&header, line).map(|row| row.map(Value::Object))).collect()
    };
    let bad = |row, column, reason| Some(Err(BadRow::refused(row, column, reason)));
    let read = all("a@x.de, \n\n , \nb\n1,2,3\n4,\"5\"6\n");
    assert_eq!(
        read,
        [
            Some(Ok(json!({ "email": "a@x.de" }))),
            None,
            None,
            bad(4, None, "the row has 1 column, the header has 2 columns"),
            bad(5, None, "the row has 3 columns, the header has 2 columns"),
            bad(6, Some("name"), &Fault::BehindQuote { column: 1 }.to_string()),
        ]
    );
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    let cell = "[a-z ,;\"\n\r\tä\u{1f600}|]{0,12}";
    (1..5_usize).prop_flat_map(move |columns| prop::collection::vec(prop::collection::vec(cell, columns), 1..12))
}

fn encodings_of_all() -> impl Strategy<Value = Encoding> {
    prop::sample::select(vec![Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be])
}

proptest! {
    /// What a CSV library writes is read as it was meant.
    #[test]
    fn what_another_program_writes_is_read(table in table(), encoding in encodings_of_all(), semicolon: bool) {
        let delimiter = if semicolon { Delimiter::Semicolon } else { Delimiter::Comma };
        let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter.byte()).from_writer(Vec::new());
        table.iter().for_each(|row| writer.write_record(row).unwrap());
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let read = lines(&encoded(&text, encoding, false), encoding, delimiter, &[7]);
        let read: Vec<Vec<String>> = read.into_iter().map(|(line, _)| line.cells.unwrap().kept).collect();
        prop_assert_eq!(read, table);
    }

    /// However a file is cut, and wherever reading goes on, its rows are the same.
    #[test]
    fn cuts_change_nothing(
        text in "[a\",;\n\r\t é\"\n,]{0,60}",
        encoding in encodings_of_all(),
        sizes in prop::collection::vec(1..9_usize, 1..6),
        odd: bool,
    ) {
        let mut bytes = encoded(&text, encoding, false);
        if odd {
            bytes.pop();
        }
        let whole = lines(&bytes, encoding, Delimiter::Comma, &[usize::MAX]);
        prop_assert_eq!(&lines(&bytes, encoding, Delimiter::Comma, &sizes), &whole);
        for (index, (_, place)) in whole.iter().enumerate() {
            let mut reader = Reader::new(encoding, Delimiter::Comma, *place);
            reader.feed(&bytes[usize::try_from(place.offset).unwrap()..]);
            reader.end();
            let rest: Vec<Line> = std::iter::from_fn(|| reader.next_line()).collect();
            let expected: Vec<Line> = whole[index + 1..].iter().map(|(line, _)| line.clone()).collect();
            prop_assert_eq!(rest, expected);
        }
    }

    /// Any bytes are read to their end, whatever they are.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let Detected { encoding, delimiter, .. } = found(&bytes);
        lines(&bytes, encoding, delimiter, &[3]);
    }
}
