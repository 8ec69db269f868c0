//! What was handed to SES.

use serde_json::Value;

use super::{Stack, StackError};

impl Stack {
    /// Every email sent so far, as the emulator shows it: `Source`, `To`, `Subject`, `BodyText`, `BodyHtml`, `MessageId`.
    pub async fn emails(&self) -> Result<Vec<Value>, StackError> {
        let page = self.client.inspect("/_ministack/ses/messages").await?;
        // Grouped by AWS account; here there is one.
        let accounts = page["messages"].as_object().into_iter().flat_map(|accounts| accounts.values());
        Ok(accounts.filter_map(Value::as_array).flatten().cloned().collect())
    }
}
