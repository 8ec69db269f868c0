//! What an HTTP answer means for a delivery.

use super::TryResult;

/// The longest wait that a receiver's `Retry-After` can ask for, in seconds: a day.
const RETRY_AFTER_S_MAX: u32 = 24 * 60 * 60;

/// What an answer's status means. `location` is where a redirect pointed: it is not followed.
#[must_use]
pub fn classify(status: u16, location: Option<&str>, retry_after_s: Option<u32>) -> TryResult {
    match status {
        200..=299 => TryResult::Delivered,
        300..=399 => TryResult::Final {
            reason: format!(
                "the receiver answered {status}, a redirect to {}, and redirects are not followed: set the final address as the destination's url",
                location.unwrap_or("nowhere")
            ),
        },
        410 => {
            TryResult::Final { reason: "the receiver answered 410: it is gone and wants no more deliveries".to_owned() }
        }
        // These name a passing state: request timeout, conflict, too early, too many requests.
        408 | 409 | 425 | 429 => transient(status, retry_after_s),
        404 => TryResult::Final {
            reason: "the receiver answered 404: nothing is there; the address is wrong, or what was behind it was disabled or removed"
                .to_owned(),
        },
        400..=499 => TryResult::Final {
            reason: format!("the receiver answered {status} and will not take this delivery as it is"),
        },
        _ => transient(status, retry_after_s),
    }
}

fn transient(status: u16, retry_after_s: Option<u32>) -> TryResult {
    TryResult::Transient { reason: format!("the receiver answered {status}"), retry_after_s }
}

/// The wait that a `Retry-After` header asks for, in seconds; its date form is read against `now`.
#[must_use]
pub fn retry_after_s(header: &str, now: jiff::Timestamp) -> Option<u32> {
    let header = header.trim();
    let seconds = match header.parse::<u32>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let until = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
            u32::try_from(until.duration_since(now).as_secs()).ok()?
        }
    };
    Some(seconds.min(RETRY_AFTER_S_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(classify(status, None, None), TryResult::Delivered);
        }
        for status in [301, 302, 307, 304, 400, 401, 404, 410, 422, 451] {
            assert!(matches!(classify(status, None, None), TryResult::Final { .. }), "{status}");
        }
        for status in [100, 408, 409, 425, 429, 500, 502, 503, 504, 599] {
            assert!(
                matches!(classify(status, None, Some(7)), TryResult::Transient { retry_after_s: Some(7), .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now = "2026-07-21T10:00:00Z".parse().unwrap();
        for (header, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Tue, 21 Jul 2026 10:01:30 GMT", Some(90)),
            ("Tue, 21 Jul 2026 09:00:00 GMT", None),
            ("999999999", Some(RETRY_AFTER_S_MAX)),
            ("soon", None),
            ("-5", None),
        ] {
            assert_eq!(retry_after_s(header, now), expected, "{header}");
        }
    }
}
