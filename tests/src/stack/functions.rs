//! What the deployed functions are told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{STACK_NAME, Stack, StackError, workspace};

impl Stack {
    /// Lambda's answer to GetFunctionConfiguration for a function (`intake`, `evaluate`, ...).
    pub async fn function_configuration(&self, function: &str) -> Result<Value, StackError> {
        let path = format!("/2015-03-31/functions/{STACK_NAME}-{function}/configuration");
        self.client.inspect(&path).await
    }

    /// The environment of all functions together: the same name has the same value in each.
    pub async fn function_environment(&self) -> Result<BTreeMap<String, String>, StackError> {
        let mut all = BTreeMap::new();
        for function in workspace::FUNCTIONS {
            let configuration = self.function_configuration(function).await?;
            let variables = configuration["Environment"]["Variables"].as_object();
            for (name, value) in variables.into_iter().flatten() {
                all.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
            }
        }
        Ok(all)
    }
}
