//! A whole function as a process of its own, beside a stand-in for Lambda's runtime API.
#![cfg(test)] // clippy takes helper functions for test code only so

use std::{
    convert::Infallible,
    env,
    future::pending,
    num::NonZeroUsize,
    process::{Command, ExitCode, Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, body::Bytes, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use leadyard_runtime::{Limits, Record, Start, now, start};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot};

/// What Lambda sets, but for the address of its API.
const LAMBDA: [(&str, &str); 6] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_LAMBDA_FUNCTION_NAME", "obedient"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
];

#[test]
#[ignore = "the function that the other tests start as a process of its own"]
fn function() -> ExitCode {
    start("obedient", async |function: Start| {
        function.settings.required("QUEUE_URL")?;
        let limits = Limits { concurrency: NonZeroUsize::MIN, start_reserve: Duration::from_secs(1) };
        function
            .serve_each(limits, async |record: Record<String>| match record.message.as_str() {
                "work" => Ok(()),
                "panic" => panic!("anna@example.com"),
                _ => Err("told to"),
            })
            .await
    })
}

/// [`function`] as a command, with exactly these variables.
fn command<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "function", "--ignored", "--nocapture"])
        .env_clear()
        .envs(variables)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The JSON lines of a stream; the test harness writes other lines between them.
fn json_lines(stream: &[u8]) -> Vec<Value> {
    let text = String::from_utf8_lossy(stream);
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect()
}

#[test]
fn a_function_that_cannot_start_says_why_and_fails() {
    let without_region: Vec<_> =
        LAMBDA.into_iter().skip(1).chain([("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")]).collect();
    let without_queue: Vec<_> = LAMBDA.into_iter().chain([("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")]).collect();
    let cases = [
        (LAMBDA.to_vec(), "environment variable AWS_LAMBDA_RUNTIME_API is missing: "),
        (without_region, "environment variable AWS_REGION is missing: "),
        (without_queue, "environment variable QUEUE_URL is missing: set it in template.yaml"),
    ];
    for (variables, reason) in cases {
        let output = command(variables).output().unwrap();
        assert!(!output.status.success());
        let lines = json_lines(&output.stderr);
        let [line] = lines.as_slice() else { panic!("one line, not {lines:?}") };
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["function"], "obedient");
        assert!(line["error"].as_str().unwrap().starts_with(reason), "{line}");
    }
}

#[tokio::test]
async fn a_batch_is_handled_reported_logged_and_measured() {
    let batch = json!({ "Records": [
        { "messageId": "a", "body": "\"work\"" },
        { "messageId": "b", "body": "\"panic\"" },
        { "messageId": "c", "body": "\"fail\"" },
        { "messageId": "d", "body": "anna@example.com" },
    ]});
    let (answer, output) = invoke(batch).await;

    let failed: Vec<_> = answer["batchItemFailures"].as_array().unwrap().iter().map(|f| &f["itemIdentifier"]).collect();
    assert_eq!(failed, ["b", "c", "d"]);

    let logged = json_lines(&output.stderr);
    assert!(logged.iter().all(|line| line["requestId"] == "request-1" && line["function"] == "obedient"), "{logged:?}");
    let of = |id: &str| -> Vec<_> {
        logged.iter().filter(|line| line["message_id"] == id).map(|line| line["message"].as_str().unwrap()).collect()
    };
    assert_eq!(of("a"), [""; 0]);
    assert_eq!(of("b"), ["panicked", "the handler panicked"]);
    assert_eq!(of("c"), ["record failed"]);
    assert_eq!(of("d"), ["the body is not a message of this queue"]);
    let last = logged.last().unwrap();
    assert_eq!((&last["records"], &last["failed"]), (&json!(4), &json!(3)));

    let measured = json_lines(&output.stdout);
    let [metrics] = measured.as_slice() else { panic!("one line, not {measured:?}") };
    assert_eq!((&metrics["Records"], &metrics["RecordsFailed"]), (&json!(4), &json!(3)));

    for stream in [output.stdout, output.stderr] {
        let text = String::from_utf8(stream).unwrap();
        assert!(!text.contains("anna"), "{text}");
    }
}

/// Starts the function, hands it `event`, and returns its answer and what it wrote until it asked for more.
async fn invoke(event: Value) -> (Value, Output) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (answered, answer) = oneshot::channel();
    let (asked_again, idle) = oneshot::channel();
    let api = Arc::new(RuntimeApi {
        event: Mutex::new(Some(event)),
        answered: Mutex::new(Some(answered)),
        asked_again: Mutex::new(Some(asked_again)),
    });
    let server = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let api = Arc::clone(&api);
            let service = service_fn(move |request| Arc::clone(&api).serve(request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    let own = [("AWS_LAMBDA_RUNTIME_API", address.as_str()), ("QUEUE_URL", "http://127.0.0.1/queue")];
    let mut function = command(LAMBDA.into_iter().chain(own)).spawn().unwrap();
    let answer = answer.await.unwrap();
    idle.await.unwrap();
    function.kill().unwrap();
    let output = function.wait_with_output().unwrap();
    server.abort();
    (answer, output)
}

/// Lambda's runtime API for one invocation
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
struct RuntimeApi {
    event: Mutex<Option<Value>>,
    answered: Mutex<Option<oneshot::Sender<Value>>>,
    asked_again: Mutex<Option<oneshot::Sender<()>>>,
}

impl RuntimeApi {
    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        let response = if request.method() == Method::GET {
            assert_eq!(path, "/2018-06-01/runtime/invocation/next");
            let event = self.event.lock().unwrap().take();
            let Some(event) = event else {
                let first = self.asked_again.lock().unwrap().take();
                first.unwrap().send(()).unwrap();
                return pending().await;
            };
            Response::builder()
                .header("Lambda-Runtime-Aws-Request-Id", "request-1")
                .header("Lambda-Runtime-Deadline-Ms", (now().as_millisecond() + 30_000).to_string())
                .body(event.to_string().into())
        } else {
            assert_eq!(path, "/2018-06-01/runtime/invocation/request-1/response");
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let answered = self.answered.lock().unwrap().take().unwrap();
            answered.send(serde_json::from_slice(&body).unwrap()).unwrap();
            Response::builder().status(202).body(Full::default())
        };
        Ok(response.unwrap())
    }
}
