//! What the deployed stack says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::StackError;

/// The outputs of the stack, by the names in template.yaml.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Outputs(BTreeMap<String, String>);

impl Outputs {
    /// Reads CloudFormation's answer to `DescribeStacks`.
    pub fn parse(xml: &str) -> Self {
        let mut outputs = BTreeMap::new();
        let mut rest = xml;
        while let Some((name, after_name)) = element(rest, "OutputKey") {
            let Some((value, after_value)) = element(after_name, "OutputValue") else { break };
            outputs.insert(name.to_owned(), value.to_owned());
            rest = after_value;
        }
        Self(outputs)
    }

    /// One output; an error when the template does not have it.
    pub fn get(&self, name: &'static str) -> Result<&str, StackError> {
        self.0.get(name).map(String::as_str).ok_or(StackError::OutputMissing { name })
    }
}

/// The text of the first element of this name, and what follows it.
fn element<'a>(xml: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (_, inside) = xml.split_once(&format!("<{name}>"))?;
    inside.split_once(&format!("</{name}>"))
}

#[cfg(test)]
mod tests {
    use super::Outputs;

    #[test]
    fn outputs_are_read_by_name_with_or_without_a_description() {
        let outputs = Outputs::parse(
            "<Outputs><member><OutputKey>ApiUrl</OutputKey><OutputValue>http://a</OutputValue>\
             <Description>Base</Description></member><member><OutputKey>TableName</OutputKey>\
             <OutputValue>leads</OutputValue></member></Outputs>",
        );
        assert_eq!(outputs.get("ApiUrl").unwrap(), "http://a");
        assert_eq!(outputs.get("TableName").unwrap(), "leads");
        assert!(outputs.get("Nothing").unwrap_err().to_string().contains("Nothing"));
    }
}
