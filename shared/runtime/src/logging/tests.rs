//! Each test gives a layer of its own to its thread: nothing global is touched.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::*;

/// The lines that `work` logs in a function called `deliver-webhook`.
fn lines(level: Level, work: impl FnOnce()) -> Vec<Value> {
    let written = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&written);
    let layer = JsonLines::new("deliver-webhook", level, move |line: &str| sink.lock().unwrap().push_str(line));
    tracing::subscriber::with_default(Registry::default().with(layer), work);
    let written = written.lock().unwrap();
    written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_has_the_event_the_spans_and_the_function() {
    let lines = lines(Level::INFO, || {
        let _invocation =
            tracing::info_span!(target: "lambda_runtime::layers::trace", "invoke", requestId = "r-1").entered();
        let _record = tracing::info_span!("record", message_id = "m-1").entered();
        tracing::info!(attempt = 2, ratio = 0.5, sent = true, "delivery\nsent");
    });
    let [line] = lines.as_slice() else { panic!("one line, not {lines:?}") };
    let time: Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
    assert!(time <= clock::now());
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["function"], "deliver-webhook");
    assert_eq!(line["message"], "delivery\nsent");
    assert_eq!(line["target"], "leadyard_runtime::logging::tests");
    assert_eq!(line["requestId"], "r-1");
    assert_eq!(line["message_id"], "m-1");
    assert_eq!(line["attempt"], 2);
    assert_eq!(line["ratio"], 0.5);
    assert_eq!(line["sent"], true);
}

#[test]
fn the_line_begins_with_time_level_function_and_message() {
    let written = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&written);
    let layer = JsonLines::new("intake", Level::INFO, move |line: &str| sink.lock().unwrap().push_str(line));
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        let _invocation = tracing::info_span!("invoke", requestId = "r-1").entered();
        tracing::warn!(level = "mine", function = "mine", "spoofed");
    });
    let line = written.lock().unwrap().clone();
    let (_, after_time) = line.split_once("Z\",").unwrap();
    assert!(line.starts_with("{\"timestamp\":\"2"), "{line}");
    assert!(after_time.starts_with("\"level\":\"WARN\",\"function\":\"intake\",\"message\":\"spoofed\","), "{line}");
    assert!(!line.contains("mine"), "{line}");
    assert!(line.ends_with("}\n"), "{line}");
}

#[test]
fn the_level_holds_for_our_code_and_libraries_stay_quiet() {
    let log_all = || {
        tracing::debug!("ours debug");
        tracing::info!("ours info");
        tracing::debug!(target: "deliver_webhook::handler", "function debug");
        tracing::info!(target: "hyper_util::client", "library info");
        tracing::warn!(target: "hyper_util::client", "library warn");
        tracing::error!(target: "hyper_util::client", "library error");
    };
    let cases: [(Level, &[&str]); 3] = [
        (Level::DEBUG, &["ours debug", "ours info", "function debug", "library warn", "library error"]),
        (Level::INFO, &["ours info", "library warn", "library error"]),
        (Level::ERROR, &["library error"]),
    ];
    for (level, expected) in cases {
        let messages: Vec<_> = lines(level, log_all).iter().map(|line| line["message"].clone()).collect();
        assert_eq!(messages, expected, "at {level}");
    }
}

#[test]
fn the_request_id_is_there_at_every_level() {
    let lines = lines(Level::ERROR, || {
        let _invocation =
            tracing::info_span!(target: "lambda_runtime::layers::trace", "invoke", requestId = "r-1").entered();
        tracing::error!("failed");
    });
    assert_eq!(lines[0]["requestId"], "r-1");
}

#[test]
fn an_inner_value_wins_and_a_late_one_is_recorded() {
    let lines = lines(Level::INFO, || {
        let outer = tracing::info_span!("outer", step = "outer", outcome = tracing::field::Empty).entered();
        outer.record("outcome", "sent");
        tracing::info!(step = "inner", "done");
    });
    assert_eq!(lines[0]["step"], "inner");
    assert_eq!(lines[0]["outcome"], "sent");
}

#[test]
fn an_error_is_told_with_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("cannot load the config")]
    struct Outer(#[source] io::Error);
    let error = Outer(io::Error::other("the table is gone"));
    let lines = lines(Level::INFO, || {
        tracing::error!(error = &error as &dyn Error, "failed");
    });
    assert_eq!(lines[0]["error"], "cannot load the config: the table is gone");
}

#[test]
fn a_long_value_is_cut() {
    let lines = lines(Level::INFO, || tracing::info!(body = "é".repeat(10_000), "long"));
    let kept = lines[0]["body"].as_str().unwrap();
    assert_eq!(kept.chars().count(), VALUE_CHARS_MAX + 1);
    assert!(kept.ends_with("é…"));
}

#[test]
fn a_panic_is_logged_by_its_place_only() {
    let lines = lines(Level::INFO, || {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(log_panic));
        let caught = panic::catch_unwind(|| panic!("anna@example.com"));
        panic::set_hook(previous);
        assert!(caught.is_err());
    });
    let [line] = lines.as_slice() else { panic!("one line, not {lines:?}") };
    assert_eq!(line["message"], "panicked");
    assert!(line["place"].as_str().unwrap().contains("src/logging/tests.rs:"), "{line}");
    assert!(!line.to_string().contains("anna"), "{line}");
}
