use super::*;

fn import() -> Import {
    let account = AccountId::new("main").unwrap();
    let id = ImportId::from_name(&account, "x");
    Import::new(id, account, SourceId::new("fair").unwrap(), "ops", at(0))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn part(number: u32, bytes: u64) -> Part {
    Part { number, bytes, sha256: format!("{number}-{bytes}"), utf8: true }
}

#[test]
fn parts_come_in_any_order_and_again() {
    let mut import = import();
    for (number, bytes, changed) in [(3, 30, true), (1, 10, true), (3, 30, false), (1, 11, true)] {
        assert_eq!(import.add_part(part(number, bytes)), Ok(changed), "part {number}");
    }
    assert_eq!((import.missing(), import.bytes()), (vec![2], 41));
    import.add_part(part(2, 20)).unwrap();
    assert_eq!(import.missing(), Vec::<u32>::new());
    for (offset, expected) in [
        (0, Some((1, 0))),
        (10, Some((1, 10))),
        (11, Some((2, 0))),
        (31, Some((3, 0))),
        (60, Some((3, 29))),
        (61, None),
    ] {
        assert_eq!(import.part_at(offset).map(|(part, within)| (part.number, within)), expected, "{offset}");
    }
    import.state = ImportState::Running;
    assert_eq!(import.add_part(part(2, 20)), Ok(false), "what is there may be sent again at any time");
    assert_eq!(import.add_part(part(2, 21)), Err(PartRefused::Started(ImportState::Running)));
}

#[test]
fn fifty_megabytes_and_not_one_byte_more() {
    let mut import = import();
    import.add_part(part(1, FILE_BYTES_MAX)).unwrap();
    let bytes = FILE_BYTES_MAX + 1;
    assert_eq!(import.add_part(part(2, 1)), Err(PartRefused::TooLarge { bytes }));
    assert_eq!(import.add_part(part(1, 5)), Ok(true), "a smaller one in its place");
    assert_eq!(import.add_part(part(2, 1)), Ok(true));
}

#[test]
fn rows_are_counted_once_and_it_ends_when_all_are_settled() {
    let mut import = import();
    import.state = ImportState::Running;
    import.refuse();
    (3..=6).for_each(|row| import.take(row));
    assert_eq!(import.room(), OUTSTANDING_MAX - 4);
    assert_eq!(import.settle(3, EventStatus::Created, None), None);
    let failed = import.settle(4, EventStatus::Failed, Some("no")).unwrap();
    assert_eq!((failed.stage, failed.reason.as_str()), (BadStage::Failed, "no"));
    assert_eq!(failed.event, Some(import.event_of(4)));
    assert_eq!(import.settle(5, EventStatus::Rejected, None).unwrap().stage, BadStage::Rejected);
    import.read_all = true;
    import.end(at(1));
    assert_eq!((import.state, import.finished_at), (ImportState::Running, None));
    import.moved_at = Some(at(1));
    assert_eq!(import.give_up(at(24 * 3_600)), []);
    let given_up = import.give_up(at(24 * 3_600 + 1));
    assert_eq!(given_up.iter().map(|bad| (bad.row, bad.stage)).collect::<Vec<_>>(), [(6, BadStage::Unsettled)]);
    import.end(at(2));
    assert_eq!((import.state, import.finished_at), (ImportState::Done, Some(at(2))));
    let Counts { read, refused, taken, created, failed, rejected, unsettled, .. } = import.counts;
    assert_eq!([read, refused, taken, created, failed, rejected, unsettled], [5, 1, 4, 1, 1, 1, 1]);
}

#[test]
fn one_that_was_cancelled_ends_when_what_it_sent_is_settled() {
    let mut import = import();
    import.take(2);
    import.state = ImportState::Cancelled;
    import.end(at(1));
    assert_eq!(import.finished_at, None);
    import.settle(2, EventStatus::Created, None);
    import.end(at(2));
    assert_eq!((import.state, import.finished_at), (ImportState::Cancelled, Some(at(2))));
}

#[test]
fn names_are_read_as_they_are_written() {
    for encoding in Encoding::ALL {
        assert_eq!(encoding.name().parse(), Ok(*encoding));
    }
    assert_eq!("UTF-8".parse(), Ok(Encoding::Utf8));
    let error = "latin".parse::<Encoding>().unwrap_err().to_string();
    assert_eq!(error, "\"latin\" is no encoding: use one of utf-8, utf-16le, utf-16be, windows-1252");
    assert_eq!("tab".parse::<Delimiter>().map(Delimiter::byte), Ok(b'\t'));
}
