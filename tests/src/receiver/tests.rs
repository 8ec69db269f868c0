use std::time::Duration;

use super::*;

/// Long for a machine, short for a person.
const PATIENCE: Duration = Duration::from_secs(10);

fn client() -> reqwest::Client {
    rustls::crypto::ring::default_provider().install_default().ok();
    let no_redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(no_redirects).timeout(PATIENCE).build().unwrap()
}

#[tokio::test]
async fn a_request_is_answered_200_and_remembered() {
    let receiver = Receiver::start().await.unwrap();
    let answer = client().post(receiver.url("/a?b=c")).header("webhook-id", "d1").body("{\"n\":1}").send();
    assert_eq!(answer.await.unwrap().status(), 200);
    let requests = receiver.requests_to("/a");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[0].webhook_id(), Some("d1"));
    assert_eq!(requests[0].json()["n"], 1);
    assert_eq!((receiver.count(), receiver.requests_to("/b").len()), (1, 0));
    assert!(!format!("{:?}", requests[0]).contains("\"n\""));
}

#[tokio::test]
async fn each_path_has_its_own_script() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/gone", Script::Status(410));
    receiver.on("/twice", Script::FailThenOk { status: 503, times: 2 });
    receiver.on("/moved", Script::Redirect("http://127.0.0.1:9/".to_owned()));
    let client = client();
    let status = async |path: &str| client.post(receiver.url(path)).send().await.unwrap().status().as_u16();
    assert_eq!(status("/gone").await, 410);
    assert_eq!(status("/moved").await, 302);
    let twice = [status("/twice").await, status("/twice").await, status("/twice").await, status("/twice").await];
    assert_eq!(twice, [503, 503, 200, 200]);
    receiver.on("/gone", Script::Status(200));
    assert_eq!(status("/gone").await, 200);
}

#[tokio::test]
async fn a_silent_path_takes_the_request_and_never_answers() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/", Script::Silent);
    let answer = client().post(receiver.url("/")).timeout(Duration::from_millis(200)).send().await;
    assert!(answer.unwrap_err().is_timeout());
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn a_reset_ends_the_connection_without_an_answer() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/", Script::Reset);
    let error = client().post(receiver.url("/")).send().await.unwrap_err();
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn endless_and_dripping_bodies_go_on() {
    let receiver = Receiver::start().await.unwrap();
    receiver.on("/endless", Script::Endless);
    receiver.on("/dripping", Script::Dripping);
    for (path, at_least) in [("/endless", 1_000_000), ("/dripping", 3)] {
        let mut answer = client().get(receiver.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut read = 0;
        while read < at_least {
            read += answer.chunk().await.unwrap().unwrap().len();
        }
    }
}

#[tokio::test]
async fn dropping_the_receiver_frees_its_port() {
    let receiver = Receiver::start().await.unwrap();
    let url = receiver.url("/");
    drop(receiver);
    // The abort takes effect when the runtime gets to it.
    tokio::task::yield_now().await;
    assert!(client().get(url).send().await.unwrap_err().is_connect());
}
