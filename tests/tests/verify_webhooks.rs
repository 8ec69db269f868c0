//! The code in `docs/verify-webhooks.md` is run as it stands there, against requests that our own code signed.
//!
//! Receivers copy that code. One that refuses a good request loses leads, one that takes a bad request lets anybody in.
#![cfg(test)]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use data_encoding::BASE64;
use jiff::{Timestamp, ToSpan as _};
use leadyard_tests::stack::workspace;
use serde::Serialize;
use serde_json::Value;

const GUIDE: &str = include_str!("../../docs/verify-webhooks.md");
const BODY: &str = r#"{"type":"lead.assigned","data":{"lead":{"fields":{"name":"Zoë \\ Łukasz","size":0.5}}}}"#;

/// The one place that knows where the sender's code is.
fn signed(id: &str, at: Timestamp, body: &str, secrets: &[&str]) -> BTreeMap<String, String> {
    use leadyard_outbound::signature::{Secret, headers};
    let secrets: Vec<_> = secrets.iter().map(|secret| Secret::parse(secret).unwrap()).collect();
    headers(id, at, body.as_bytes(), &secrets).into_iter().collect()
}

/// What code of the guide makes of a request.
#[derive(Debug, PartialEq)]
enum Outcome {
    Taken,
    HeaderMissing,
    NoneRight,
    NotNow,
    /// Refused with a message that a receiver has no use for.
    Other(String),
}

impl Outcome {
    /// By the messages of the guide's code and of the libraries.
    fn refused(message: &str) -> Self {
        match message.trim_end() {
            "a header is missing" | "Missing required headers" => Self::HeaderMissing,
            "no signature is right" | "No matching signature found" => Self::NoneRight,
            "the timestamp is not of now" | "Message timestamp too old" | "Message timestamp too new" => Self::NotNow,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A request as it arrives, and the secret that its receiver has.
#[derive(Debug, Clone, Serialize)]
struct Request {
    secret: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Request {
    fn with(mut self, header: &str, value: impl Into<String>) -> Self {
        self.headers.insert(header.to_owned(), value.into());
        self
    }

    fn without(mut self, header: &str) -> Self {
        self.headers.remove(header).unwrap();
        self
    }

    fn signature(&self) -> &str {
        &self.headers["webhook-signature"]
    }
}

/// Bytes whose base64 has `+` or `/`; their number decides on its padding.
fn secret(byte: u8, length: usize) -> String {
    format!("whsec_{}", BASE64.encode(&vec![byte; length]))
}

/// Requests, and what every code of the guide must make of them.
fn cases() -> Vec<(&'static str, Request, Outcome)> {
    let (ours, other) = (secret(0xfb, 32), secret(0xff, 24));
    let now = Timestamp::now();
    let request = |at, secrets: &[&str]| Request {
        secret: ours.clone(),
        headers: signed("dlv_1_crm", at, BODY, secrets),
        body: BODY.to_owned(),
    };
    let good = request(now, &[&ours]);
    let foreign = request(now, &[&other]);
    let mac = good.signature().strip_prefix("v1,").unwrap();
    let old = request(now - 301.seconds(), &[&ours]);

    let mut lengths = Vec::new();
    for length in [24, 25, 64] {
        let secret = secret(0xfb, length);
        let headers = signed("dlv_1_crm", now, BODY, &[&secret]);
        lengths.push(("a key of another length", Request { secret, headers, ..good.clone() }, Outcome::Taken));
    }
    let mut cases = vec![
        ("signed", good.clone(), Outcome::Taken),
        ("the new secret in a rotation", request(now, &[&ours, &other]), Outcome::Taken),
        ("the old secret in a rotation", request(now, &[&other, &ours]), Outcome::Taken),
        ("four minutes old", request(now - 240.seconds(), &[&ours]), Outcome::Taken),
        // A runner starts in less than the minute between.
        ("four minutes early", request(now + 240.seconds(), &[&ours]), Outcome::Taken),
        (
            "a version that is to come, before ours",
            good.clone().with("webhook-signature", format!("v1a,{mac} v1,{mac}")),
            Outcome::Taken,
        ),
        ("another secret", foreign.clone(), Outcome::NoneRight),
        ("two other secrets", request(now, &[&other, &secret(1, 32)]), Outcome::NoneRight),
        ("another body", Request { body: BODY.replace("0.5", "5"), ..good.clone() }, Outcome::NoneRight),
        ("the same JSON in other bytes", Request { body: format!("{BODY}\n"), ..good.clone() }, Outcome::NoneRight),
        ("no body", Request { body: String::new(), ..good.clone() }, Outcome::NoneRight),
        ("another id", good.clone().with("webhook-id", "dlv_2_crm"), Outcome::NoneRight),
        (
            "an old request with a fresh timestamp",
            old.clone().with("webhook-timestamp", now.as_second().to_string()),
            Outcome::NoneRight,
        ),
        ("another version only", good.clone().with("webhook-signature", format!("v2,{mac}")), Outcome::NoneRight),
        (
            "a part of the signature",
            good.clone().with("webhook-signature", format!("v1,{}", &mac[..23])),
            Outcome::NoneRight,
        ),
        ("no signature after the version", good.clone().with("webhook-signature", "v1,"), Outcome::NoneRight),
        ("too old", old, Outcome::NotNow),
        ("too early", request(now + 400.seconds(), &[&ours]), Outcome::NotNow),
        ("not signed", request(now, &[]), Outcome::HeaderMissing),
        ("an empty signature", good.clone().with("webhook-signature", ""), Outcome::HeaderMissing),
        ("no id", good.clone().without("webhook-id"), Outcome::HeaderMissing),
        ("no timestamp", good.without("webhook-timestamp"), Outcome::HeaderMissing),
    ];
    cases.append(&mut lengths);
    cases
}

/// The code blocks of the guide by language and kind: ```` ```js by-hand ````. A block without a kind is an example.
fn blocks() -> BTreeMap<&'static str, String> {
    let mut blocks = BTreeMap::new();
    let mut lines = GUIDE.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```") else { continue };
        let code: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        if name.contains(' ') {
            assert_eq!(blocks.insert(name, code.join("\n") + "\n"), None, "{name} is there twice");
        }
    }
    blocks
}

/// A folder with a block of the guide in it.
fn folder_with(block: &str, file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), &blocks()[block]).unwrap();
    folder
}

fn run(command: &mut Command, stdin: &Path, when_missing: &str) -> Output {
    let output = command.stdin(File::open(stdin).unwrap()).output();
    match output {
        Err(error) if error.kind() == ErrorKind::NotFound => panic!("{when_missing}"),
        output => output.unwrap(),
    }
}

/// Runs all cases in one process, which answers `{"taken": message}` or `{"refused": why}` for each.
fn check_all(block: &str, folder: &Path, command: &mut Command, when_missing: &str) {
    let cases = cases();
    let input = folder.join("requests.json");
    let requests: Vec<_> = cases.iter().map(|(_, request, _)| request).collect();
    fs::write(&input, serde_json::to_vec(&requests).unwrap()).unwrap();

    let output = run(command, &input, when_missing);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{block} does not run:\n{errors}");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), cases.len(), "{block}");
    for ((name, request, expected), answer) in cases.iter().zip(&answers) {
        let outcome = match answer["refused"].as_str() {
            Some(message) => Outcome::refused(message),
            None => {
                let body: Value = serde_json::from_str(&request.body).unwrap();
                assert_eq!(answer["taken"], body, "{block}: {name}: what it returns");
                Outcome::Taken
            }
        };
        expect(block, name, outcome, expected);
    }
}

fn expect(block: &str, case: &str, outcome: Outcome, expected: &Outcome) {
    // Python's library trips over base64 that is cut off before it compares: a refusal all the same.
    let is_refused_anyhow =
        block.ends_with("library") && case == "a part of the signature" && outcome != Outcome::Taken;
    assert!(is_refused_anyhow || outcome == *expected, "{block}: {case}: {outcome:?} instead of {expected:?}");
}

fn check_python(block: &str) {
    const RUNNER: &str = r#"
import json, sys
from verify import verify

def answer(request):
    try:
        return {"taken": verify(request["secret"], request["headers"], request["body"].encode())}
    except Exception as refusal:
        return {"refused": str(refusal)}

print(json.dumps([answer(request) for request in json.load(sys.stdin.buffer)]))
"#;
    let folder = folder_with(block, "verify.py");
    fs::write(folder.path().join("run.py"), RUNNER).unwrap();
    let mut python = Command::new(workspace::tool("python").unwrap());
    if block.ends_with("by-hand") {
        // Without what is installed: nothing but Python.
        python.arg("-S");
    }
    check_all(block, folder.path(), python.arg("run.py").current_dir(&folder), "Python is missing: run `make tools`");
}

fn check_node(block: &str) {
    const RUNNER: &str = r#"
import { readFileSync } from "node:fs";
import { verify } from "./verify.mjs";

function answer({ secret, headers, body }) {
  try {
    return { taken: verify(secret, headers, Buffer.from(body)) };
  } catch (refusal) {
    return { refused: refusal.message };
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answer)));
"#;
    let folder = folder_with(block, "verify.mjs");
    fs::write(folder.path().join("run.mjs"), RUNNER).unwrap();
    if block.ends_with("library") {
        std::os::unix::fs::symlink(node_modules(), folder.path().join("node_modules")).unwrap();
    }
    check_all(
        block,
        folder.path(),
        Command::new("node").arg("run.mjs").current_dir(&folder),
        "node is missing: the guide's JavaScript is tested with Node 20 or newer",
    );
}

/// What `make test` installs from `tests/verify/package-lock.json`.
fn node_modules() -> PathBuf {
    let folder = workspace::root().join(".local/tools/verify/node_modules");
    assert!(folder.exists(), "{} is missing: run `make guide-tools`, which needs Node and its npm", folder.display());
    folder
}

#[test]
fn python_with_the_library() {
    check_python("python library");
}

#[test]
fn python_by_hand() {
    check_python("python by-hand");
}

#[test]
fn javascript_with_the_library() {
    check_node("js library");
}

#[test]
fn javascript_by_hand() {
    check_node("js by-hand");
}

#[test]
fn shell_by_hand() {
    let block = "sh by-hand";
    let folder = folder_with(block, "verify.sh");
    let body = folder.path().join("body");
    for (name, request, expected) in cases() {
        fs::write(&body, &request.body).unwrap();
        let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
        let mut bash = Command::new("bash");
        bash.arg("verify.sh").current_dir(&folder).env("SECRET", &request.secret);
        bash.args(["webhook-id", "webhook-timestamp", "webhook-signature"].map(header));
        let output = run(&mut bash, &body, "bash is missing: the guide's shell code is tested with bash and openssl");
        let outcome = match output.status.success() {
            true => Outcome::Taken,
            false => Outcome::refused(&String::from_utf8_lossy(&output.stderr)),
        };
        expect(block, name, outcome, &expected);
    }
}

#[test]
fn no_code_of_the_guide_goes_untested() {
    let tested = ["js by-hand", "js library", "python by-hand", "python library", "sh by-hand"];
    assert_eq!(blocks().into_keys().collect::<Vec<_>>(), tested);
}

/// The guide's last table is for receivers in other languages.
#[test]
fn the_guide_has_the_published_request() {
    let vector: Value = serde_json::from_str(include_str!("../../events/standard_webhooks_vector.json")).unwrap();
    let text = |name: &str| vector[name].as_str().map_or_else(|| vector[name].to_string(), str::to_owned);
    for (row, name) in [
        ("secret", "secret"),
        ("`webhook-id`", "webhook-id"),
        ("`webhook-timestamp`", "webhook-timestamp"),
        ("body", "payload"),
        ("`webhook-signature`", "webhook-signature"),
    ] {
        let line = format!("| {row} | `{}` |", text(name));
        assert!(GUIDE.lines().any(|found| found == line), "{line}");
    }
    let at = Timestamp::from_second(text("webhook-timestamp").parse().unwrap()).unwrap();
    let headers = signed(&text("webhook-id"), at, &text("payload"), &[&text("secret")]);
    assert_eq!(headers["webhook-signature"], text("webhook-signature"));
}
