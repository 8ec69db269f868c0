//! Real requests to a real receiver on the loopback, which fails in scripted ways.

mod name_server;
mod receiver;
mod tls;

use name_server::{NameServer, Record};
use receiver::{Receiver, Script};

use super::*;

/// Long enough never to be met where no timeout is expected.
const PATIENCE: Duration = Duration::from_secs(30);
/// For exchanges that can only end by their timeout.
const SHORT: Duration = Duration::from_millis(300);

/// The setting of the local stack, with both loopback addresses.
fn local() -> Exchange {
    exchange("127.0.0.0/8, ::1")
}

/// Trusts no authority: reading the system's takes longer than any of these tests.
fn exchange(allowed: &str) -> Exchange {
    let policy = AddressPolicy::parse(allowed, "true").unwrap();
    Exchange::with_roots(policy, RootCertStore::empty()).unwrap()
}

fn request(url: impl Into<String>) -> OutboundRequest {
    OutboundRequest {
        method: Method::POST,
        url: url.into(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: br#"{"lead":1}"#.to_vec(),
        timeout: PATIENCE,
    }
}

fn with_header(name: &str, value: &str) -> OutboundRequest {
    let mut request = request("http://127.0.0.1:1/");
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

fn answer(reply: Reply) -> Answer {
    match reply {
        Reply::Answer(answer) => answer,
        Reply::Failure(failure) => panic!("an answer was expected: {failure}"),
    }
}

fn failure(reply: Reply) -> Failure {
    match reply {
        Reply::Failure(failure) => failure,
        Reply::Answer(answer) => panic!("a failure was expected: {answer:?}"),
    }
}

fn say(head: &str, body: &str) -> Script {
    Script::Say(format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

fn head(text: &str) -> Vec<u8> {
    format!("HTTP/1.1 {text}\r\n\r\n").into_bytes()
}

/// What comes of one request to a receiver with this script.
async fn ask(script: Script, timeout: Duration) -> Reply {
    let receiver = Receiver::start(script).await;
    local().send(OutboundRequest { timeout, ..request(receiver.url()) }).await
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    for (head, body) in [("200 OK", "thanks"), ("500 Oops", ""), ("410 Gone", r#"{"why":"moved"}"#)] {
        let answer = answer(ask(say(head, body), PATIENCE).await);
        assert_eq!(answer.status.to_string(), head[..3]);
        assert_eq!(answer.body, body.as_bytes());
        assert_eq!(answer.body_end, BodyEnd::Complete);
        assert_eq!(answer.excerpt(), Excerpt { text: body.to_owned(), truncated: false });
    }
}

#[tokio::test]
async fn the_request_goes_out_as_given() {
    let receiver = Receiver::start(say("200 OK", "")).await;
    let mut put = request(format!("{}?a=1#part", receiver.url()));
    put.method = Method::PUT;
    put.headers.push(("X-Team".to_owned(), "first".to_owned()));
    put.headers.push(("x-team".to_owned(), "Zürich".to_owned()));
    answer(local().send(put).await);

    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("PUT /leads?a=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, r#"{"lead":1}"#);
    for line in [
        "content-type: application/json",
        "x-team: Zürich",
        concat!("user-agent: Leadyard/", env!("CARGO_PKG_VERSION")),
        &format!("host: 127.0.0.1:{}", receiver.port()),
    ] {
        assert!(head.lines().any(|l| l == line), "{line} in {head}");
    }
    assert!(!head.contains("first"));
}

#[tokio::test]
async fn every_request_has_its_own_connection() {
    // Kept connections would deadlock here: this receiver serves one connection after the other and lets none go.
    let receiver = Receiver::start(Script::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec())).await;
    let exchange = local();
    for _ in 0..2 {
        assert_eq!(answer(exchange.send(request(receiver.url())).await).status, 200);
    }
    assert_eq!(receiver.requests().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let inside = Receiver::start(say("200 OK", "secret")).await;
    for location in [inside.url(), "http://169.254.169.254/latest/meta-data".to_owned()] {
        for status in ["301 Moved", "302 Found", "307 Again", "308 Moved"] {
            let script = say(&format!("{status}\r\nLocation: {location}"), "");
            let answer = answer(ask(script, PATIENCE).await);
            assert_eq!(answer.status.to_string(), status[..3]);
            assert_eq!(answer.location(), Some(location.as_str()));
        }
    }
    assert!(inside.requests().is_empty());
}

#[tokio::test]
async fn an_endless_body_ends_at_the_cap() {
    for framing in ["content-type: text/plain", "content-length: 9999999999"] {
        let answer = answer(ask(Script::Flood(head(&format!("200 OK\r\n{framing}"))), PATIENCE).await);
        assert_eq!((answer.status, answer.body_end), (200, BodyEnd::Capped));
        assert_eq!(answer.body.len(), BODY_READ_BYTES_MAX);
        let excerpt = answer.excerpt();
        assert_eq!((excerpt.text.len(), excerpt.truncated), (BODY_KEPT_BYTES_MAX, true));
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_cap_is_complete() {
    let body = "x".repeat(BODY_READ_BYTES_MAX);
    let answer = answer(ask(say("200 OK", &body), PATIENCE).await);
    assert_eq!((answer.body.len(), answer.body_end), (BODY_READ_BYTES_MAX, BodyEnd::Complete));
}

#[tokio::test]
async fn a_dripping_body_ends_at_the_timeout_and_the_status_stands() {
    let answer = answer(ask(Script::Drip(head("201 Created\r\ncontent-length: 2000")), SHORT).await);
    assert_eq!((answer.status, answer.body_end), (201, BodyEnd::TimedOut));
    assert!(answer.body.len() < 2_000);
    assert!(answer.excerpt().truncated);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_status() {
    for script in [
        Script::Say(b"HTTP/1.1 503 Busy\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
        Script::Say(b"HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n".to_vec()),
    ] {
        let answer = answer(ask(script, PATIENCE).await);
        assert_eq!((answer.status, answer.body_end), (503, BodyEnd::Broken));
        assert!(answer.excerpt().truncated);
    }
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout_that_may_have_arrived() {
    for script in [
        Script::Hang(Vec::new()),
        Script::Hang(b"HTTP/1.1 200 OK\r\nx-slow: ".to_vec()),
        Script::Drip(b"HTTP/1.1 200 OK\r\nx-slow: ".to_vec()),
        Script::Drip(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nx: ".to_vec()),
    ] {
        let failure = failure(ask(script, SHORT).await);
        assert_eq!(failure.code, FailureCode::Timeout, "{failure}");
        assert!(failure.code.is_retryable() && failure.code.may_have_arrived());
        assert_eq!(failure.message, "no answer came within 300ms");
    }
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_may_have_carried_the_request() {
    for script in [
        Script::Say(Vec::new()),
        Script::Say(b"HTTP/1.1 200 OK\r\nx-half".to_vec()),
        Script::Say(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        Script::Reset(Vec::new()),
    ] {
        let failure = failure(ask(script, PATIENCE).await);
        assert_eq!(failure.code, FailureCode::Response, "{failure}");
        assert!(failure.code.is_retryable() && failure.code.may_have_arrived());
    }
}

#[tokio::test]
async fn a_reset_after_the_headers_never_loses_a_status_that_was_read() {
    // The kernel may throw the headers away with the reset before the client has read them: both ends are right.
    match ask(Script::Reset(head("200 OK\r\ncontent-length: 10")), PATIENCE).await {
        Reply::Answer(answer) => {
            assert_eq!((answer.status, answer.body_end), (200, BodyEnd::Broken))
        }
        Reply::Failure(failure) => assert_eq!(failure.code, FailureCode::Response, "{failure}"),
    }
}

#[tokio::test]
async fn headers_beyond_the_limit_are_a_failure() {
    let many = "x-a: 1\r\n".repeat(101);
    let huge = format!("x-a: {}\r\n", "a".repeat(1 << 20));
    for headers in [many, huge] {
        let script = Script::Say(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n").into_bytes());
        let failure = failure(ask(script, PATIENCE).await);
        assert_eq!(failure.code, FailureCode::TooLarge, "{failure}");
    }
}

#[tokio::test]
async fn a_reset_is_a_failure_at_every_stage() {
    for script in [
        // Before the request was read, and within the answer's head.
        Script::ResetAtOnce,
        Script::Reset(b"HTTP/1.1 200 OK\r\nx-half: 1".to_vec()),
        Script::Reset(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n".to_vec()),
    ] {
        let failure = failure(ask(script, PATIENCE).await);
        assert_eq!(failure.code, FailureCode::Response, "{failure}");
        assert!(failure.code.is_retryable() && failure.code.may_have_arrived());
    }
    // Within the body the status stands, when it was read before the reset.
    for body in ["content-length: 10\r\n\r\nhalf", "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        match ask(Script::Reset(format!("HTTP/1.1 201 Created\r\n{body}").into_bytes()), PATIENCE).await {
            Reply::Answer(answer) => assert_eq!((answer.status, answer.body_end), (201, BodyEnd::Broken)),
            Reply::Failure(failure) => assert_eq!(failure.code, FailureCode::Response, "{failure}"),
        }
    }
}

#[tokio::test]
async fn of_large_headers_the_status_is_taken_and_little_is_kept() {
    // One header of 100 kB, and a hundred kB in many.
    let one = format!("x-a: {}\r\n", "a".repeat(100_000));
    let many: String = (0..80).map(|index| format!("x-{index}: {}\r\n", "b".repeat(1_250))).collect();
    for headers in [one, many] {
        let script = Script::Say(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\nok").into_bytes());
        let answer = answer(ask(script, PATIENCE).await);
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok".as_slice()));
        let kept: usize = answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(kept <= HEADERS_KEPT_BYTES_MAX, "{kept}");
    }
}

/// An exchange whose names a server of the test answers, and where 127.0.0.2 stands for a public address: it is allowed, and
/// 127.0.0.1 is not.
async fn naming(records: Vec<Vec<Record>>) -> (NameServer, Exchange) {
    let server = NameServer::start(records).await;
    let policy = Arc::new(AddressPolicy::parse("127.0.0.2/32", "true").unwrap());
    let resolver = CheckedResolver::with(Arc::clone(&policy), server.look_up());
    let exchange = Exchange::with(policy, RootCertStore::empty(), resolver).unwrap();
    (server, exchange)
}

fn a(address: &str) -> Record {
    Record::Address(address.parse().unwrap())
}

#[tokio::test]
async fn a_name_that_changes_behind_our_back_leads_only_where_it_was_checked() {
    let outside = Receiver::start_on("127.0.0.2:0", say("200 OK", "outside")).await;
    // The same port inside: only the address could tell one from the other.
    let inside = Receiver::start_on(&format!("127.0.0.1:{}", outside.port()), say("200 OK", "inside")).await;
    let (server, exchange) = naming(vec![vec![a("127.0.0.2")], vec![a("127.0.0.1")]]).await;
    let url = format!("http://rebinding.example:{}/", outside.port());

    assert_eq!(answer(exchange.send(request(url.clone())).await).body, b"outside");
    assert_eq!(server.asked(), ["rebinding.example"], "what was checked is connected to: nobody asks a second time");

    let refused = failure(exchange.send(request(url)).await);
    assert_eq!(refused.code, FailureCode::AddressRefused, "{refused}");
    assert_eq!(server.asked().len(), 2, "and each exchange asks anew");
    assert_eq!((outside.requests().len(), inside.requests().len()), (1, 0));
}

#[tokio::test]
async fn one_address_inside_is_enough_to_send_nothing() {
    let outside = Receiver::start_on("127.0.0.2:0", say("200 OK", "")).await;
    for (records, category) in [
        (vec![a("127.0.0.2"), a("10.0.0.1")], "a private network"),
        (vec![a("169.254.169.254"), a("127.0.0.2")], "metadata"),
        (vec![a("127.0.0.2"), a("::1")], "a loopback address"),
        (vec![a("127.0.0.2"), a("fd00:ec2::254")], "metadata"),
        (vec![a("::ffff:10.0.0.1")], "a private network"),
        (vec![a("64:ff9b::a9fe:a9fe")], "NAT64"),
        (vec![Record::Alias("db.internal.example"), a("172.16.0.9")], "a private network"),
        (vec![Record::Alias("one.example"), Record::Alias("two.example"), a("127.0.0.1")], "a loopback address"),
    ] {
        let shown = format!("{records:?}");
        let (server, exchange) = naming(vec![records]).await;
        let failure = failure(exchange.send(request(format!("http://mixed.example:{}/", outside.port()))).await);
        assert_eq!(failure.code, FailureCode::AddressRefused, "{shown}: {failure}");
        assert!(failure.message.contains(category), "{shown}: {failure}");
        assert_eq!(server.asked(), ["mixed.example"], "{shown}");
    }
    assert!(outside.requests().is_empty());
    let (_server, exchange) = naming(vec![vec![Record::Alias("edge.example"), a("127.0.0.2")]]).await;
    let reply = exchange.send(request(format!("http://alias.example:{}/", outside.port()))).await;
    assert_eq!(answer(reply).status, 200, "an alias of a public address is none the worse");
}

#[tokio::test]
async fn a_name_without_an_address_is_tried_again() {
    let (_server, exchange) = naming(vec![Vec::new(), vec![Record::Alias("nowhere.example")]]).await;
    for _ in 0..2 {
        let failure = failure(exchange.send(request("http://empty.example/")).await);
        assert_eq!(failure.code, FailureCode::Dns, "{failure}");
        assert!(failure.code.is_retryable() && !failure.code.may_have_arrived());
    }
}

#[tokio::test]
async fn headers_are_kept_as_far_as_they_fit() {
    let huge = "a".repeat(HEADERS_KEPT_BYTES_MAX);
    let answer = answer(ask(say(&format!("429 Slow\r\nx-huge: {huge}\r\nRetry-After: 7"), ""), PATIENCE).await);
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(answer.header("x-huge"), None);
}

#[tokio::test]
async fn a_header_value_that_is_not_text_is_no_obstacle() {
    let script = Script::Say(b"HTTP/1.1 200 OK\r\nx-raw: \xff\xfe\r\ncontent-length: 0\r\n\r\n".to_vec());
    assert_eq!(answer(ask(script, PATIENCE).await).header("x-raw"), Some("\u{fffd}\u{fffd}"));
}

#[tokio::test]
async fn a_refused_connection_has_certainly_not_arrived() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = failure(local().send(request(format!("http://{free}/"))).await);
    assert_eq!(failure.code, FailureCode::Connect, "{failure}");
    assert!(failure.code.is_retryable() && !failure.code.may_have_arrived());
    assert!(failure.message.contains("refused"), "{failure}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_retried() {
    // A label of more than 63 bytes fails without asking any name server.
    let host = format!("{}.invalid", "a".repeat(64));
    let failure = failure(local().send(request(format!("http://{host}/"))).await);
    assert_eq!(failure.code, FailureCode::Dns, "{failure}");
    assert!(failure.code.is_retryable() && !failure.code.may_have_arrived());
    assert!(failure.message.starts_with(&host), "{failure}");
}

#[tokio::test]
async fn the_loopback_is_refused_unless_allowed() {
    let receiver = Receiver::start(say("200 OK", "")).await;
    let port = receiver.port();
    for host in ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST.", "[::1]"] {
        let failure = failure(exchange("").send(request(format!("http://{host}:{port}/"))).await);
        assert_eq!(failure.code, FailureCode::AddressRefused, "{host}: {failure}");
        assert!(!failure.code.is_retryable() && !failure.code.may_have_arrived());
        assert!(failure.message.contains("a loopback address"), "{host}: {failure}");
    }
    assert!(receiver.requests().is_empty());

    for host in ["127.0.0.1", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST."] {
        let reply = local().send(request(format!("http://{host}:{port}/"))).await;
        assert_eq!(answer(reply).status, 200, "{host}");
    }
    assert!(receiver.requests()[3].contains(&format!("host: localhost:{port}\r\n")));
}

#[tokio::test]
async fn an_unfit_url_is_refused_before_anything_is_sent() {
    for url in ["ftp://127.0.0.1/", "http://user:pass@127.0.0.1/", "127.0.0.1"] {
        let failure = failure(local().send(request(url)).await);
        assert_eq!(failure.code, FailureCode::Url, "{url}: {failure}");
        assert!(!failure.code.is_retryable());
        assert!(!failure.message.contains("pass@"), "{failure}");
    }
}

#[tokio::test]
async fn a_header_that_would_change_the_message_is_refused() {
    for (name, value) in [
        ("x-team", "a\r\nx-admin: 1"),
        ("x-team", "a\nb"),
        ("x-team", "a\0b"),
        ("x team", "a"),
        ("x-team\r\nx-admin", "1"),
        ("", "a"),
        ("Host", "inside.example"),
        ("Content-Length", "3"),
        ("Transfer-Encoding", "chunked"),
    ] {
        let failure = failure(local().send(with_header(name, value)).await);
        assert_eq!(failure.code, FailureCode::Header, "{name:?} {value:?}");
        assert!(!failure.message.contains(['\r', '\n']) && !failure.message.contains("admin: 1"), "{failure}");
    }
}

#[test]
fn debug_shows_no_lead_and_no_secret() {
    let mut request = with_header("authorization", "s3cret");
    request.url = "https://example.com/s3cret".to_owned();
    request.body = b"s3cret".to_vec();
    let answer = Answer {
        status: 200,
        headers: vec![("set-cookie".to_owned(), "s3cret".to_owned())],
        body: b"s3cret".to_vec(),
        body_end: BodyEnd::Complete,
        elapsed_ms: 1,
    };
    let shown = format!("{request:?} {answer:?} {:?}", answer.excerpt());
    assert!(shown.contains("authorization") && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn an_excerpt_is_cut_between_characters() {
    let body = "é".repeat(BODY_KEPT_BYTES_MAX);
    let mut answer = Answer {
        status: 200,
        headers: Vec::new(),
        body: format!("a{body}").into_bytes(),
        body_end: BodyEnd::Complete,
        elapsed_ms: 0,
    };
    let excerpt = answer.excerpt();
    assert_eq!((excerpt.text.len(), excerpt.truncated), (BODY_KEPT_BYTES_MAX - 1, true));
    answer.body = vec![0xff; BODY_KEPT_BYTES_MAX];
    assert!(answer.excerpt().text.len() <= BODY_KEPT_BYTES_MAX);
}
