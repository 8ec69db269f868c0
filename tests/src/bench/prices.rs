//! List prices of AWS in us-east-1, on demand, without free tiers or discounts of volume.
//!
//! Noted on 2026-11-22 from second-hand sources that agree with one another; the service's own page, named beside each
//! price, was out of reach then: check it there before a decision rests on it. A change here changes the modelled price
//! of a million leads and nothing else.

/// The price of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Price {
    /// What is paid for.
    pub part: &'static str,
    /// US dollars for `per` units.
    pub usd: f64,
    /// How many units that is.
    pub per: f64,
}

impl Price {
    /// US dollars for so many units.
    pub fn of(self, units: f64) -> f64 {
        units / self.per * self.usd
    }
}

const MILLION: f64 = 1e6;
const GB: f64 = 1_073_741_824.0;

/// A request to an HTTP API, for each 512 KB begun: <https://aws.amazon.com/api-gateway/pricing/>
pub(super) const API_REQUEST: Price = Price { part: "HTTP API requests", usd: 1.00, per: MILLION };

/// An invocation: <https://aws.amazon.com/lambda/pricing/>
pub(super) const LAMBDA_REQUEST: Price = Price { part: "Lambda requests", usd: 0.20, per: MILLION };

/// A gigabyte of memory for a second, arm64: <https://aws.amazon.com/lambda/pricing/>
pub(super) const LAMBDA_GB_SECOND: Price = Price { part: "Lambda GB-seconds", usd: 0.000_013_333_4, per: 1.0 };

/// A request to a standard queue, for each 64 KB begun: <https://aws.amazon.com/sqs/pricing/>
pub(super) const SQS_REQUEST: Price = Price { part: "SQS requests", usd: 0.40, per: MILLION };

/// What a request adds when its messages have a group (a fair queue): <https://aws.amazon.com/sqs/pricing/>
pub(super) const SQS_FAIR_REQUEST: Price = Price { part: "SQS fair queues", usd: 0.10, per: MILLION };

/// A write request unit: <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub(super) const DYNAMODB_WRITE: Price = Price { part: "DynamoDB writes", usd: 0.625, per: MILLION };

/// A read request unit: <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub(super) const DYNAMODB_READ: Price = Price { part: "DynamoDB reads", usd: 0.125, per: MILLION };

/// A gigabyte of log events taken in, standard class: <https://aws.amazon.com/cloudwatch/pricing/>
pub(super) const LOG_BYTE: Price = Price { part: "Logs ingestion", usd: 0.50, per: GB };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_of_its_units() {
        assert!((API_REQUEST.of(2e6) - 2.0).abs() < 1e-9);
        assert!((LOG_BYTE.of(GB / 2.0) - 0.25).abs() < 1e-9);
        assert!((LAMBDA_GB_SECOND.of(75_000.0) - 1.0).abs() < 1e-4);
    }
}
