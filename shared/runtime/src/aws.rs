//! The AWS SDK clients of a function, from what Lambda itself sets.
//!
//! `aws-config` is left out on purpose: its credential chain brings the STS and SSO clients into each binary
//! and work into each cold start. Lambda documents that it hands a function its region and its role's
//! credentials as environment variables, which stay the same for the life of an execution environment
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
    stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, app_name::AppName, region::Region};

use crate::settings::{Settings, SettingsError};

/// A connection inside one region is made in milliseconds; one that takes this long is not coming.
const CONNECT_MAX: Duration = Duration::from_secs(1);

/// One attempt of one call, the answer's body included. DynamoDB and SQS answer in milliseconds.
const ATTEMPT_MAX: Duration = Duration::from_secs(4);

/// One call with all of its attempts: well inside the shortest timeout of a function.
const CALL_MAX: Duration = Duration::from_secs(10);

/// Attempts of one call, the first included. Beyond them the message goes back to its queue.
const ATTEMPTS_MAX: u32 = 3;

/// Bounds of the SDK's exponential, jittered wait between attempts. Its own default begins at a second, which
/// a request that a platform is waiting for cannot spare.
const BACKOFF_FIRST: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// The SDK configuration of this process, and its clients.
///
/// Clients made here share one connection pool. Making one does no input or output: a service that is down
/// is met by the first call, not at start.
#[derive(Clone)]
pub struct Aws {
    config: SdkConfig,
}

impl Aws {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and
    /// `AWS_ENDPOINT_URL` (one URL for all services, as the local stack has it).
    pub fn from_settings(settings: &Settings) -> Result<Self, SettingsError> {
        let [region, key_id, secret] =
            settings.all_from_lambda(["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])?;
        let session = settings.optional("AWS_SESSION_TOKEN").map(str::to_owned);
        let credentials = Credentials::new(key_id, secret, session, None, "Lambda environment");
        let endpoint = settings.optional("AWS_ENDPOINT_URL").map(str::to_owned);

        let mut builder = SdkConfig::builder()
            // Pinned: an update of the SDK must not change how often or how long we try.
            .behavior_version(BehaviorVersion::v2026_01_12())
            .app_name(AppName::new("leadyard").expect("the name has allowed characters only"))
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(TokioSleep::new())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(ATTEMPTS_MAX)
                    .with_initial_backoff(BACKOFF_FIRST)
                    .with_max_backoff(BACKOFF_MAX),
            )
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_MAX)
                    .operation_attempt_timeout(ATTEMPT_MAX)
                    .operation_timeout(CALL_MAX)
                    .build(),
            )
            // No call here streams: every body is small and is read inside ATTEMPT_MAX.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(http_client(endpoint.as_deref()));
        builder.set_endpoint_url(endpoint);
        Ok(Self { config: builder.build() })
    }

    /// The configuration, for a client that only one function needs.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// A DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// An EventBridge Scheduler client.
    pub fn scheduler(&self) -> aws_sdk_scheduler::Client {
        aws_sdk_scheduler::Client::new(&self.config)
    }
}

/// The HTTP client of all SDK clients, TLS by ring.
fn http_client(endpoint: Option<&str>) -> SharedHttpClient {
    SharedHttpClient::new(LazyHttpClient {
        tls: endpoint.is_none_or(|url| !url.starts_with("http://")),
        inner: Arc::default(),
    })
}

/// Builds the HTTP client with the first call.
///
/// The SDK's own client reads and parses the system's certificates while each SDK client is constructed, and
/// again for the first call. That would be most of the start-up time of a function, paid even when it then
/// calls nothing.
#[derive(Clone, Debug)]
struct LazyHttpClient {
    /// Whether certificates are needed; not so for the `http://` endpoint of a local stack.
    tls: bool,
    inner: Arc<OnceLock<SharedHttpClient>>,
}

impl HttpClient for LazyHttpClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let build = || {
            let trusted = if self.tls { TrustStore::default() } else { TrustStore::empty() };
            let context = TlsContext::builder()
                .with_trust_store(trusted)
                .build()
                .expect("a trust store without files has nothing that could fail");
            Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context).build_https()
        };
        self.inner.get_or_init(build).http_connector(settings, components)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMBDA: [(&str, &str); 3] =
        [("AWS_REGION", "eu-central-1"), ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];

    #[test]
    fn region_and_credentials_come_from_lambda() {
        let aws = Aws::from_settings(&Settings::from_map(LAMBDA)).unwrap();
        assert_eq!(aws.config().region().unwrap().as_ref(), "eu-central-1");
        assert_eq!(aws.config().endpoint_url(), None);

        let error = Aws::from_settings(&Settings::default()).err().unwrap().to_string();
        for (name, _) in LAMBDA {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_local_stack_is_one_endpoint() {
        let endpoint = ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566");
        let settings = Settings::from_map(LAMBDA.into_iter().chain([endpoint]));
        let aws = Aws::from_settings(&settings).unwrap();
        assert_eq!(aws.config().endpoint_url(), Some(endpoint.1));
    }

    #[test]
    fn making_clients_reads_no_certificates() {
        let http_client = LazyHttpClient { tls: true, inner: Arc::default() };
        let mut aws = Aws::from_settings(&Settings::from_map(LAMBDA)).unwrap();
        aws.config = aws.config.to_builder().http_client(http_client.clone()).build();
        drop((aws.dynamodb(), aws.sqs(), aws.scheduler()));
        assert!(http_client.inner.get().is_none());
    }
}
