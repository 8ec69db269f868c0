//! When a failed delivery is tried again.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::DeliveryId;

/// The waits after each failed try, each ±20 %; after the last one the delivery is dead. Written as `[5s, 2m, 6h]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct RetrySchedule(Vec<u32>);

const DEFAULT_S: [u32; 9] = [5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400];
/// The longest wait: 30 days.
const WAIT_S_MAX: u32 = 30 * 86_400;
/// The most waits of one schedule.
const WAITS_MAX: usize = 20;

impl Default for RetrySchedule {
    fn default() -> Self {
        Self(DEFAULT_S.to_vec())
    }
}

impl RetrySchedule {
    /// Whether it is the schedule that a destination has without saying so.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0 == DEFAULT_S
    }

    /// The wait after the `number`th try (from 1), in seconds; `None` after the last. The ±20 % come from the delivery
    /// and the number, so that a repeated step waits for the same moment and many deliveries do not come back at once.
    #[must_use]
    pub fn delay_s(&self, delivery: &DeliveryId, number: u32) -> Option<u32> {
        let wait_s = *self.0.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
        let digest = Sha256::new().chain_update(delivery.as_str()).chain_update(number.to_be_bytes()).finalize();
        let thousandths = 800 + u64::from(u16::from_be_bytes([digest[0], digest[1]])) % 401;
        u32::try_from((u64::from(wait_s) * thousandths).div_ceil(1_000)).ok()
    }
}

/// A schedule that can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSchedule {
    /// A wait that can't be read.
    #[error("{0:?} is no wait: use a length such as 5s, 2m or 6h, from 1s to 30 days")]
    Wait(String),
    /// Too many waits.
    #[error("a schedule has at most {WAITS_MAX} waits")]
    TooMany,
}

impl TryFrom<Vec<String>> for RetrySchedule {
    type Error = InvalidSchedule;
    fn try_from(waits: Vec<String>) -> Result<Self, Self::Error> {
        if waits.len() > WAITS_MAX {
            return Err(InvalidSchedule::TooMany);
        }
        let seconds = |text: String| {
            text.parse::<SignedDuration>()
                .ok()
                .and_then(|wait| u32::try_from(wait.as_secs()).ok())
                .filter(|wait_s| (1..=WAIT_S_MAX).contains(wait_s))
                .ok_or(InvalidSchedule::Wait(text))
        };
        waits.into_iter().map(seconds).collect::<Result<_, _>>().map(Self)
    }
}

impl From<RetrySchedule> for Vec<String> {
    fn from(schedule: RetrySchedule) -> Self {
        schedule.0.into_iter().map(|wait_s| format!("{wait_s}s")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, DestinationId, EventId, LeadId, SourceId};

    fn delivery(index: usize) -> DeliveryId {
        let event =
            EventId::from_external(&AccountId::new("a").unwrap(), &SourceId::new("s").unwrap(), &index.to_string());
        DeliveryId::of(&LeadId::from_event(&event), 1, &DestinationId::new("d").unwrap())
    }

    #[test]
    fn waits_spread_by_a_fifth_and_end() {
        let schedule = RetrySchedule::default();
        let waits: Vec<u32> = (0..500).map(|index| schedule.delay_s(&delivery(index), 4).unwrap()).collect();
        assert!(waits.iter().all(|wait| (480..=720).contains(wait)));
        assert!(waits.iter().any(|wait| *wait < 500) && waits.iter().any(|wait| *wait > 700));
        assert_eq!(schedule.delay_s(&delivery(1), 4), schedule.delay_s(&delivery(1), 4));
        assert_eq!(schedule.delay_s(&delivery(1), 10), None);
        assert_eq!(schedule.delay_s(&delivery(1), 0), None);
    }

    #[test]
    fn written_form() {
        let read = |text: &str| serde_json::from_str::<RetrySchedule>(text);
        let schedule = read(r#"["5s", "2m", "6h", "1h30m"]"#).unwrap();
        assert_eq!(schedule.0, [5, 120, 21_600, 5_400]);
        assert_eq!(read(&serde_json::to_string(&schedule).unwrap()).unwrap(), schedule);
        assert_eq!(read("[]").unwrap().delay_s(&delivery(1), 1), None);
        for bad in [r#"["5"]"#, r#"["0s"]"#, r#"["-5s"]"#, r#"["31d"]"#, r#"["800h"]"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
