//! What the deployed functions are told.

use std::collections::BTreeMap;

use super::{STACK_NAME, Stack, StackError, workspace};

impl Stack {
    /// The environment of all functions together: the same name has the same value in each.
    pub async fn function_environment(&self) -> Result<BTreeMap<String, String>, StackError> {
        let mut all = BTreeMap::new();
        for function in workspace::FUNCTIONS {
            let path = format!("/2015-03-31/functions/{STACK_NAME}-{function}/configuration");
            let configuration = self.client.inspect(&path).await?;
            let variables = configuration["Environment"]["Variables"].as_object();
            for (name, value) in variables.into_iter().flatten() {
                all.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(all)
    }
}
