//! How long the table takes: so that a benchmark can tell its time from ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use leadyard_runtime::Aws;

/// A client that adds up, in nanoseconds, how long its requests are on their way.
pub(crate) fn client(aws: &Aws, spent: Arc<AtomicU64>) -> Client {
    Client::from_conf(Builder::from(aws.config()).interceptor(Timing(spent)).build())
}

#[derive(Debug)]
struct Timing(Arc<AtomicU64>);

#[derive(Debug)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Timing {
    fn name(&self) -> &'static str {
        "timing"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(Began(Instant::now()));
        Ok(())
    }

    fn read_after_transmit(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Began(began)) = config.load::<Began>() {
            let spent = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.0.fetch_add(spent, Ordering::Relaxed);
        }
        Ok(())
    }
}
