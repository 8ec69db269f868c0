//! The address that mails come from, and what was handed to SES.

use serde_json::{Value, json};

use super::{Stack, StackError};

impl Stack {
    /// Verifies the sender's address, which is a person's task on AWS: SES refuses mails from any other.
    pub(super) async fn verify_sender(&self) -> Result<(), StackError> {
        let environment = self.function_environment().await?;
        let Some(sender) = environment.get("EMAIL_SENDER").filter(|sender| !sender.is_empty()) else { return Ok(()) };
        self.client.post_rest("ses", "/v2/email/identities", &json!({ "EmailIdentity": sender })).await
    }

    /// Every email sent so far, as the emulator shows it: `Source`, `To`, `Subject`, `BodyText`, `BodyHtml`, `MessageId`.
    pub async fn emails(&self) -> Result<Vec<Value>, StackError> {
        let page = self.client.inspect("/_ministack/ses/messages").await?;
        // Grouped by AWS account; here there is one.
        let accounts = page["messages"].as_object().into_iter().flat_map(|accounts| accounts.values());
        Ok(accounts.filter_map(Value::as_array).flatten().cloned().collect())
    }
}
