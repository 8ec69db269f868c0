//! A program with a fault: requests are changed on their way, so that a test can see what a missing condition does without
//! a switch for it in the program itself.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_types::body::SdkBody;
use leadyard_runtime::Aws;
use serde_json::Value;

/// A client that leaves out the conditions on some items of a transaction, by their keys.
pub(crate) fn client(aws: &Aws, on: fn(&str, &str) -> bool) -> Client {
    Client::from_conf(Builder::from(aws.config()).interceptor(WithoutConditions(on)).build())
}

#[derive(Debug)]
struct WithoutConditions(fn(&str, &str) -> bool);

impl Intercept for WithoutConditions {
    fn name(&self) -> &'static str {
        "without conditions"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let transaction =
            request.headers().get("x-amz-target").is_some_and(|target| target.ends_with("TransactWriteItems"));
        let Some(bytes) = request.body().bytes().filter(|_| transaction) else { return Ok(()) };
        let mut body: Value = serde_json::from_slice(bytes)?;
        for action in body["TransactItems"].as_array_mut().into_iter().flatten() {
            let Some(put) = action.get_mut("Put").and_then(Value::as_object_mut) else { continue };
            let key = |name: &str| put["Item"][name]["S"].as_str().unwrap_or_default().to_owned();
            if !(self.0)(&key("pk"), &key("sk")) {
                continue;
            }
            for part in ["ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"] {
                put.remove(part);
            }
        }
        let body = body.to_string();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
    }
}
