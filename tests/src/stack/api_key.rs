//! The first API key, which no API call can make.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Stack, StackError};

/// Bytes of randomness in a key: more than anybody guesses.
const KEY_BYTES: usize = 32;

impl Stack {
    /// Makes an API key of an account with a role, and returns it. The table keeps only its hash, so this is the one
    /// time that it can be read.
    pub async fn seed_api_key(&self, account: &str, role: &str) -> Result<String, StackError> {
        let mut secret = [0; KEY_BYTES];
        getrandom::fill(&mut secret).map_err(StackError::Randomness)?;
        let key = format!("ly_{}", HEXLOWER.encode(&secret));
        let hash = HEXLOWER.encode(&Sha256::digest(&key));
        let item = json!({
            "pk": { "S": format!("APIKEY#{hash}") },
            "sk": { "S": "APIKEY" },
            "account": { "S": account },
            "role": { "S": role },
            "name": { "S": "first key" },
            "created_at": { "S": Timestamp::now().to_string() },
        });
        self.dynamodb("PutItem", json!({ "Item": item })).await?;
        Ok(key)
    }
}
