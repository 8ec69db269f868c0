//! The functions' log groups.

use serde_json::{Value, json};

use super::{STACK_NAME, Service, Stack, StackError};

/// One line that a function, or Lambda on its behalf, wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Milliseconds since 1970, UTC.
    pub time_ms: i64,
    /// Tells lines of one time apart.
    pub id: String,
    /// What was written, without the end of the line.
    pub text: String,
}

impl Stack {
    /// What a function (`intake`, `evaluate`, ...) logged at or after a time in milliseconds since 1970, oldest first.
    pub async fn logs(&self, function: &str, since_ms: i64) -> Result<Vec<LogLine>, StackError> {
        let mut input =
            json!({ "logGroupName": format!("/aws/lambda/{STACK_NAME}-{function}"), "startTime": since_ms });
        let mut lines = Vec::new();
        loop {
            let page = self.aws(Service::Logs, "FilterLogEvents", &input).await?;
            lines.extend(page["events"].as_array().into_iter().flatten().filter_map(line));
            match page["nextToken"].as_str() {
                Some(next) => input["nextToken"] = json!(next),
                None => break,
            }
        }
        lines.sort_by_key(|line| line.time_ms);
        Ok(lines)
    }
}

fn line(event: &Value) -> Option<LogLine> {
    let text = event["message"].as_str()?.trim_end().to_owned();
    // The emulator gives no ids; there, the text with its stream is as good, as each invocation has its own id in it.
    let id = match event["eventId"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{} {text}", event["logStreamName"].as_str()?),
    };
    Some(LogLine { time_ms: event["timestamp"].as_i64()?, id, text })
}
