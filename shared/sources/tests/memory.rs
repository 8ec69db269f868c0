//! A file of a hundred thousand rows takes no more memory than one of a thousand. Alone in its process: what is measured is the
//! most that the process ever took.
#![cfg(test)] // clippy takes helper functions for test code only so
#![cfg(target_os = "linux")]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leadyard_domain::config::document::{Syntax, parse};
use leadyard_domain::event::{Identity, Intent, Origin, Received};
use leadyard_domain::id::{AccountId, EventId};
use leadyard_domain::import::Asked;
use leadyard_sources::csv::{Reader, detect, payload};

const ROWS: u32 = 100_000;
/// The bytes that are in memory at a time, as of a piece in the table.
const PIECE_BYTES: usize = 256 * 1024;
/// Far below the 256 MB of the smallest function.
const PEAK_KB_MAX: u64 = 64 * 1024;

/// The most memory that this process has taken so far, in KB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The file, piece by piece: it is never there as a whole.
fn pieces() -> impl Iterator<Item = Vec<u8>> {
    let mut row = 0;
    std::iter::from_fn(move || {
        let mut piece = Vec::new();
        if row == 0 {
            piece.extend_from_slice(b"E-Mail;Name;City;Note\n");
        }
        while row < ROWS && piece.len() < PIECE_BYTES {
            let note = "x".repeat(200);
            let line = format!("lead{row}@example.com;Jane Doe {row};\"Berlin; Mitte\";{note}\n");
            piece.extend_from_slice(line.as_bytes());
            row += 1;
        }
        (!piece.is_empty()).then_some(piece)
    })
}

#[test]
fn a_hundred_thousand_rows() {
    let config = parse(r#"{ "sources": [{ "id": "fair", "format": "json" }] }"#, Syntax::Json).unwrap();
    let checked = config.check_published().unwrap();
    let source = checked.source(&"fair".parse().unwrap()).unwrap();
    let account = AccountId::new("main").unwrap();
    let mut pieces = pieces().peekable();
    let layout = detect(pieces.peek().unwrap(), false, true, Asked::default()).layout().unwrap();
    let mut reader = Reader::new(layout.encoding, layout.delimiter, layout.begin);
    let mut passed = usize::try_from(layout.begin.offset).unwrap();
    let (mut captured, mut bytes) = (0, 0);
    let mut take = |reader: &mut Reader| {
        while let Some(line) = reader.next_line() {
            let row = line.row.to_string();
            let received = Received {
                account: account.clone(),
                source: source.id.clone(),
                event: EventId::from_external(&account, &source.id, &row),
                received_at: Timestamp::UNIX_EPOCH,
                identity: Identity::External(row),
                payload: payload(&layout.header, line).unwrap().unwrap(),
                origin: Origin::default(),
                intent: Intent::Capture,
            };
            let draft = leadyard_sources::capture(source, checked.fields(), &TimeZone::UTC, &received).unwrap();
            assert_eq!(draft.keys.len(), 1);
            captured += 1;
        }
    };
    for piece in pieces {
        bytes += piece.len();
        reader.feed(&piece[std::mem::take(&mut passed)..]);
        take(&mut reader);
    }
    reader.end();
    take(&mut reader);
    let peak = peak_kb();
    assert_eq!(captured, ROWS);
    assert!(bytes > 20 * 1024 * 1024, "{bytes}");
    assert!(peak < PEAK_KB_MAX, "{peak} KB for {bytes} bytes");
    println!("at most {peak} KB for {bytes} bytes");
}
