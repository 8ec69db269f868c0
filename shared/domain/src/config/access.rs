//! Who may see and change a source over the API.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Assignee;
use crate::field::FieldName;

/// What the holder of an API key may do; each role may do what those after it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Publish configs, set secrets.
    Admin,
    /// Retry and replay.
    Operator,
    /// Read.
    Viewer,
}

impl Role {
    /// Whether it may do what another may.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.rank() >= other.rank()
    }

    /// The role as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Viewer => 0,
            Self::Operator => 1,
            Self::Admin => 2,
        }
    }
}

/// Who may see and change a source over the API (`/v1/sources/{id}` and what is below it). Whoever may, may do all of it,
/// save changing who may: that is for admins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The least roles of an API key that may. Without any a viewer may see it, an operator try its events again, and an
    /// admin change it, as with every other source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// An attribute of assignees: an API key of a user whose attribute is `true` may, whatever its role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_field: Option<FieldName>,
}

impl Access {
    /// Whether a key may do what needs a role with a source that says nothing. `user` is the assignee of the key, if it has
    /// one and the config has that.
    #[must_use]
    pub fn allows(&self, role: Role, user: Option<&Assignee>, needed: Role) -> bool {
        let by_role = match self.roles.as_slice() {
            [] => role.holds(needed),
            roles => roles.iter().any(|least| role.holds(*least)),
        };
        let attribute = |field| user.and_then(|user| user.attributes.get(field)).copied().unwrap_or_default();
        by_role || self.user_field.as_ref().is_some_and(attribute)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn by_role_or_by_an_attribute_of_the_user() {
        use Role::{Admin, Operator, Viewer};
        let user = |attributes| {
            from_value::<Assignee>(json!({ "id": "kim", "name": "Kim", "attributes": attributes })).unwrap()
        };
        let (may, may_not, other) = (user(json!({ "crm": true })), user(json!({ "crm": false })), user(json!({})));
        let (everybody, field) = (json!({}), json!({ "user_field": "crm" }));
        let (operators, both) = (json!({ "roles": ["operator"] }), json!({ "roles": ["admin"], "user_field": "crm" }));
        let either = json!({ "roles": ["admin", "operator"] });
        for (access, role, user, needed, expected) in [
            (&everybody, Viewer, None, Viewer, true),
            (&everybody, Viewer, Some(&may), Operator, false),
            (&everybody, Operator, None, Admin, false),
            (&everybody, Admin, None, Admin, true),
            // Who may, may do all of it; and who may not, may not even see it.
            (&operators, Operator, None, Admin, true),
            (&operators, Admin, None, Admin, true),
            (&operators, Viewer, Some(&may), Viewer, false),
            (&either, Operator, None, Admin, true),
            (&field, Viewer, Some(&may), Admin, true),
            (&field, Viewer, Some(&may_not), Operator, false),
            (&field, Viewer, Some(&may_not), Viewer, true),
            (&field, Viewer, Some(&other), Admin, false),
            (&field, Viewer, None, Admin, false),
            (&both, Viewer, Some(&may), Admin, true),
            (&both, Operator, Some(&may_not), Viewer, false),
            (&both, Operator, None, Viewer, false),
            (&both, Admin, None, Admin, true),
        ] {
            let read: Access = from_value(access.clone()).unwrap();
            let who = user.map(|user| user.attributes.clone());
            assert_eq!(read.allows(role, user, needed), expected, "{access} {role:?} {who:?} {needed:?}");
        }
    }
}
