//! What can go wrong with the table, and whether trying again can help.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;

use crate::write::{cancellation_reasons, condition_failed};

/// A failure of the table. [`StoreError::is_retryable`] is the first question to ask it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: someone else wrote since it was read.
    #[error("{item} was changed meanwhile: read it again")]
    Conflict {
        /// Which item, by its ids.
        item: String,
    },
    /// The table asks for fewer requests, or another transaction is at work on the same items.
    #[error("DynamoDB asks to slow down: {operation} met {reason}")]
    Throttled {
        /// The operation.
        operation: &'static str,
        /// The code that DynamoDB gave.
        reason: String,
    },
    /// An item is not as this program writes it: it was changed by hand, or by a newer version.
    #[error("{item} can't be read: {why}")]
    Corrupt {
        /// Which item, by its ids.
        item: String,
        /// What is wrong with it. Never holds a lead's values.
        why: String,
    },
    /// The request did not go through for another reason.
    #[error("DynamoDB did not carry out {operation}: {code}: {message}")]
    Sdk {
        /// The operation.
        operation: &'static str,
        /// The code that DynamoDB gave, or how the request broke.
        code: String,
        /// Its words.
        message: String,
        /// Whether the same request may go through later.
        retryable: bool,
    },
}

/// Codes by which DynamoDB asks for fewer requests, or says that another transaction holds the items.
const THROTTLED: [&str; 6] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "ThrottlingError",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Reasons of a cancelled transaction that pass by themselves.
const PASSING: [&str; 4] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

/// How a request broke, in fixed words: the SDK's own can quote the answer, and the answer holds people.
fn broken<E>(error: &SdkError<E>) -> String {
    let words = match error {
        SdkError::ConstructionFailure(_) => "the request could not be built",
        SdkError::TimeoutError(_) => "no answer came in time",
        SdkError::DispatchFailure(_) => "there was no connection",
        SdkError::ResponseError(_) => "the answer could not be read",
        _ => "it failed on the way",
    };
    words.to_owned()
}

impl StoreError {
    /// Whether trying again, after reading again, can help. What can't be helped so needs a person.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict { .. } | Self::Throttled { .. } => true,
            Self::Corrupt { .. } => false,
            Self::Sdk { retryable, .. } => *retryable,
        }
    }

    pub(crate) fn corrupt(item: impl Into<String>, why: impl ToString) -> Self {
        Self::Corrupt { item: item.into(), why: why.to_string() }
    }

    pub(crate) fn conflict(item: impl Into<String>) -> Self {
        Self::Conflict { item: item.into() }
    }

    /// Sorts an error of the SDK. Failed conditions are told apart by their callers, who know what they mean.
    pub(crate) fn from_sdk<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let Some(service) = error.as_service_error() else {
            // Timeouts, refused connections and broken answers pass; a request that can't be built does not.
            let retryable = !matches!(error, SdkError::ConstructionFailure(_));
            return Self::Sdk { operation, code: "request".to_owned(), message: broken(error), retryable };
        };
        let code = service.code().unwrap_or("unknown").to_owned();
        if THROTTLED.contains(&code.as_str()) {
            return Self::Throttled { operation, reason: code };
        }
        let retryable = error.raw_response().is_some_and(|response| response.status().is_server_error());
        let message = service.message().unwrap_or("no message").to_owned();
        Self::Sdk { operation, code, message, retryable }
    }

    /// Sorts the error of a transaction over `what`. A failed condition comes first: throttling or not, it has to be read
    /// again.
    pub(crate) fn from_transaction(what: &str, error: &SdkError<TransactWriteItemsError>) -> Self {
        let operation = "TransactWriteItems";
        let reasons = error.as_service_error().map(cancellation_reasons).unwrap_or_default();
        if reasons.iter().any(condition_failed) {
            return Self::conflict(what);
        }
        let mut codes: Vec<&str> = reasons.iter().filter_map(CancellationReason::code).collect();
        codes.retain(|code| *code != "None");
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() {
            return Self::from_sdk(operation, error);
        }
        let code = codes.join(", ");
        if codes.iter().all(|code| PASSING.contains(code)) {
            return Self::Throttled { operation, reason: code };
        }
        let messages: Vec<&str> = reasons.iter().filter_map(CancellationReason::message).collect();
        Self::Sdk { operation, code, message: messages.join("; "), retryable: false }
    }

    /// For `map_err`.
    pub(crate) fn of<E>(operation: &'static str) -> impl FnOnce(SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        move |error| Self::from_sdk(operation, &error)
    }
}
