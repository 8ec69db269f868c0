//! SES: one mail, and what its answer means.

use std::time::Duration;

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Attachment, Body, Content, Destination, EmailContent, Message, MessageTag};
use aws_types::SdkConfig;
use leadyard_domain::delivery::TryResult;

use crate::compose::{File, Mail};

/// Time to reach SES.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for SES to take a mail with its file.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends mails from one verified sender.
#[derive(Debug, Clone)]
pub struct Post {
    client: Client,
    sender: Option<String>,
    configuration_set: Option<String>,
}

/// Why SES did not take a mail.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The deployment names no sender.
    #[error(
        "the deployment has no sender address: set the parameter EmailSender to one that SES has verified, then replay"
    )]
    NoSender,
    /// SES refuses this mail; it will not go better by itself.
    #[error("SES refused the mail: {code}: {message}")]
    Refused {
        /// The code that SES gave.
        code: String,
        /// Its words.
        message: String,
    },
    /// It may go better later: SES has not taken it.
    #[error("SES did not take the mail: {0}")]
    Passing(String),
    /// No answer that could be read came: SES may have taken it.
    #[error("SES did not answer whether it took the mail")]
    Silent,
}

impl PostError {
    /// A code for the log of attempts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSender => "E_SENDER",
            Self::Refused { .. } => "E_REFUSED",
            Self::Passing(_) => "E_SES",
            Self::Silent => "E_SES_SILENT",
        }
    }

    /// Whether SES may have taken the mail all the same.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Silent)
    }

    /// What it means for the delivery.
    pub fn result(&self) -> TryResult {
        let reason = self.to_string();
        match self {
            Self::NoSender | Self::Refused { .. } => TryResult::Final { reason },
            Self::Passing(_) | Self::Silent => TryResult::Transient { reason, retry_after_s: None },
        }
    }
}

impl Post {
    /// Sends from `sender`; without one every mail is refused with words that say what to do. SES tells what becomes of the
    /// mails of `configuration_set`; without one it tells nobody.
    ///
    /// The client does not retry by itself: SES has no token by which it would tell a repeat, so that one try could be
    /// several mails. The delivery's own schedule tries again, and the log shows each try.
    #[must_use]
    pub fn new(config: &SdkConfig, sender: Option<String>, configuration_set: Option<String>) -> Self {
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(TIMEOUT).build();
        let config = aws_sdk_sesv2::config::Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        Self { client: Client::from_conf(config), sender, configuration_set }
    }

    /// Sends a mail with its tags, as [`Tags::pairs`](crate::tags::Tags::pairs) or others whose values SES takes, and answers the
    /// id that SES gave it.
    ///
    /// # Errors
    /// [`PostError`] says whether another try can help.
    pub async fn send(&self, mail: Mail, tags: Vec<(&'static str, String)>) -> Result<String, PostError> {
        let sender = self.sender.as_ref().ok_or(PostError::NoSender)?;
        let Mail { to, reply_to, subject, text, html, file } = mail;
        let body = Body::builder().text(content(text)?).html(content(html)?).build();
        let mut message = Message::builder().subject(content(subject)?).body(body);
        if let Some(file) = file {
            message = message.attachments(attachment(file)?);
        }
        let tag = |(name, value)| MessageTag::builder().name(name).value(value).build().map_err(unbuilt);
        let tags = tags.into_iter().map(tag).collect::<Result<Vec<_>, _>>()?;
        let sent = self
            .client
            .send_email()
            .from_email_address(sender)
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .set_reply_to_addresses(reply_to.map(|address| vec![address]))
            .content(EmailContent::builder().simple(message.build()).build())
            .set_email_tags(Some(tags))
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await
            .map_err(failed)?;
        Ok(sent.message_id.unwrap_or_default())
    }
}

fn content(data: String) -> Result<Content, PostError> {
    Content::builder().data(data).charset("UTF-8").build().map_err(unbuilt)
}

fn attachment(file: File) -> Result<Attachment, PostError> {
    let File { name, content_type, bytes } = file;
    let attachment = Attachment::builder().file_name(name).content_type(content_type).raw_content(Blob::new(bytes));
    attachment.build().map_err(unbuilt)
}

/// A required part is missing, which the code above rules out.
fn unbuilt(error: aws_sdk_sesv2::error::BuildError) -> PostError {
    PostError::Refused { code: "Incomplete".to_owned(), message: error.to_string() }
}

fn failed(error: SdkError<SendEmailError>) -> PostError {
    let Some(service) = error.as_service_error() else {
        return match &error {
            SdkError::ConstructionFailure(_) => PostError::Passing("the request could not be built".to_owned()),
            SdkError::DispatchFailure(failure) if failure.is_io() && !failure.is_timeout() => PostError::Silent,
            SdkError::DispatchFailure(_) => PostError::Passing("there was no connection".to_owned()),
            _ => PostError::Silent,
        };
    };
    let code = service.code().unwrap_or("unknown").to_owned();
    let message = service.message().unwrap_or("no message").to_owned();
    match service {
        // What a person has to mend: the address, the sender's verification, the content.
        SendEmailError::BadRequestException(_)
        | SendEmailError::MessageRejected(_)
        | SendEmailError::MailFromDomainNotVerifiedException(_)
        | SendEmailError::NotFoundException(_) => PostError::Refused { code, message },
        // Throttling, a used-up quota or a paused account pass or are lifted.
        _ => PostError::Passing(format!("{code}: {message}")),
    }
}
