//! A queue that answers inside the SDK's HTTP client: what a benchmark measures is then ours and not the network's.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Builder, RuntimeComponents};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use leadyard_runtime::{Aws, QueueSender};
use serde_json::{Value, json};

/// A sender to a queue that takes everything and keeps nothing.
#[must_use]
pub fn queue_at_once(aws: &Aws) -> QueueSender {
    let client = Client::from_conf(Builder::from(aws.config()).http_client(AtOnce).build());
    QueueSender::new(client, "http://sqs/queue")
}

#[derive(Debug, Clone)]
struct AtOnce;

impl HttpClient for AtOnce {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for AtOnce {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = call["Entries"].as_array().unwrap().iter();
        let taken = entries.map(|entry| json!({ "Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "" }));
        let answer = json!({ "Successful": taken.collect::<Vec<_>>(), "Failed": [] }).to_string();
        let response = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::from(answer));
        HttpConnectorFuture::ready(Ok(response))
    }
}
