//! A small client for the emulator's AWS calls: JSON in, JSON out. No SDK, so that a test shows what is stored.

use serde_json::Value;

use super::{StackError, emulator::REGION};

/// The environment of an AWS client that talks to the emulator, which takes any key.
pub fn credentials() -> [(&'static str, &'static str); 4] {
    [
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
}

/// A service that speaks AWS's JSON protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon DynamoDB.
    DynamoDb,
    /// Amazon SQS.
    Sqs,
    /// CloudWatch Logs.
    Logs,
}

impl Service {
    /// The name in the signature, the prefix of the target header and the content type.
    fn wire(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::DynamoDb => ("dynamodb", "DynamoDB_20120810", "application/x-amz-json-1.0"),
            Self::Sqs => ("sqs", "AmazonSQS", "application/x-amz-json-1.0"),
            Self::Logs => ("logs", "Logs_20140328", "application/x-amz-json-1.1"),
        }
    }
}

/// Calls the emulator at one endpoint.
#[derive(Debug, Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: String,
}

impl Client {
    pub fn new(http: reqwest::Client, endpoint: String) -> Self {
        Self { http, endpoint }
    }

    /// One call of a JSON service.
    pub async fn call(&self, service: Service, operation: &str, input: &Value) -> Result<Value, StackError> {
        let (name, target, content_type) = service.wire();
        let request = self
            .http
            .post(&self.endpoint)
            .header("x-amz-target", format!("{target}.{operation}"))
            .header("authorization", authorization(name))
            .header("content-type", content_type)
            .body(input.to_string());
        let text = answer_text(request, operation).await?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text)
            .map_err(|source| StackError::Json { what: format!("the answer to {operation}"), source })
    }

    /// The outputs of a CloudFormation stack, as XML: that service has no JSON protocol.
    pub async fn describe_stack(&self, stack: &str) -> Result<String, StackError> {
        let request = self
            .http
            .post(&self.endpoint)
            .header("authorization", authorization("cloudformation"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("Action=DescribeStacks&Version=2010-05-15&StackName={stack}"));
        answer_text(request, "DescribeStacks").await
    }

    /// One call of a service that speaks REST: a `POST` to a path.
    pub async fn post_rest(&self, service: &str, path: &str, input: &Value) -> Result<(), StackError> {
        let request = self
            .http
            .post(format!("{}{path}", self.endpoint))
            .header("authorization", authorization(service))
            .header("content-type", "application/json")
            .body(input.to_string());
        answer_text(request, path).await.map(drop)
    }

    /// One of the emulator's own pages, as JSON.
    pub async fn inspect(&self, path: &str) -> Result<Value, StackError> {
        let text = answer_text(self.http.get(format!("{}{path}", self.endpoint)), path).await?;
        serde_json::from_str(&text).map_err(|source| StackError::Json { what: path.to_owned(), source })
    }
}

/// The emulator checks no signature; it reads region and service from the header.
fn authorization(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=none"
    )
}

async fn answer_text(request: reqwest::RequestBuilder, operation: &str) -> Result<String, StackError> {
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    if status.is_success() {
        return Ok(body);
    }
    Err(StackError::Refused { operation: operation.to_owned(), status: status.as_u16(), body })
}
