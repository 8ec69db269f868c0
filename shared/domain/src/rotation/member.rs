//! Who takes turns.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{AssigneeId, InvalidId, PoolId};

/// Who takes turns in a pool: an assignee, or another pool whose own rotation then goes on. Written as the assignee's id,
/// or as `pool:` and the pool's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Member {
    /// A user or partner.
    Assignee(AssigneeId),
    /// A team.
    Pool(PoolId),
}

const POOL: &str = "pool:";

impl Member {
    /// The assignee, when it is one.
    #[must_use]
    pub fn assignee(&self) -> Option<&AssigneeId> {
        match self {
            Self::Assignee(id) => Some(id),
            Self::Pool(_) => None,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Assignee(id) => write!(f, "{id}"),
            Self::Pool(id) => write!(f, "{POOL}{id}"),
        }
    }
}

impl FromStr for Member {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix(POOL) {
            Some(pool) => pool.parse().map(Self::Pool),
            None => text.parse().map(Self::Assignee),
        }
    }
}

impl TryFrom<String> for Member {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Member> for String {
    fn from(member: Member) -> Self {
        member.to_string()
    }
}

impl From<AssigneeId> for Member {
    fn from(id: AssigneeId) -> Self {
        Self::Assignee(id)
    }
}
