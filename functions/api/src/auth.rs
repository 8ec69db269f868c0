//! Who is asking: a bearer API key, its account and its role.
//!
//! Keys are stored by their hash alone, so the table gives none away. Each request reads its key anew, without a cache:
//! people use this API, so one read of a few milliseconds costs nothing, and a revoked key stops with its next request.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use leadyard_domain::id::{AccountId, AssigneeId};
use leadyard_store::Role;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::problem::{Kind, Problem};

/// The longest token that is looked at. Ours are shorter.
const TOKEN_BYTES_MAX: usize = 256;

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account of the key: all that the request can read or change.
    pub account: AccountId,
    /// What the key may do.
    pub role: Role,
    /// The key's name, for the audit log.
    pub name: String,
    /// The assignee who holds the key.
    pub user: Option<AssigneeId>,
}

/// A caller that may read. A handler that takes one of these three cannot be reached without a key.
pub struct Viewer(pub Caller);

/// A caller that may also replay and retry.
pub struct Operator(pub Caller);

/// A caller that may also change what the account does.
pub struct Admin(pub Caller);

macro_rules! at_least {
    ($caller:ident, $role:expr) => {
        impl<S> FromRequestParts<S> for $caller
        where
            S: Send + Sync,
            App: FromRef<S>,
        {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let caller = authenticate(&App::from_ref(state), &parts.headers).await?;
                authorize(&caller, $role)?;
                Ok(Self(caller))
            }
        }
    };
}

at_least!(Viewer, Role::Viewer);
at_least!(Operator, Role::Operator);
at_least!(Admin, Role::Admin);

pub(crate) async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = bearer(headers)?;
    let Some(key) = app.store.find_api_key(&hash(token)).await? else {
        return Err(Problem::new(
            Kind::Unauthenticated,
            "The API key is unknown or was revoked: send a valid one as 'Authorization: Bearer <key>'.",
        ));
    };
    // For the log line of this request.
    tracing::Span::current().record("account", key.account.as_str()).record("key", key.name.as_str());
    Ok(Caller { account: key.account, role: key.role, name: key.name, user: key.user })
}

pub(crate) fn authorize(caller: &Caller, needed: Role) -> Result<(), Problem> {
    if caller.role.holds(needed) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::Forbidden,
        format!(
            "The API key '{}' has the role {}, and this needs {} at least: use a key of that role.",
            caller.name,
            caller.role.name(),
            needed.name()
        ),
    ))
}

/// The token of the `Authorization` header.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let refuse = |detail: &str| {
        let how = "send 'Authorization: Bearer <key>'.";
        Problem::new(Kind::Unauthenticated, format!("{detail}: {how}"))
    };
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(refuse("The request has no Authorization header, or more than one"));
    };
    // The scheme is named without regard to case (RFC 9110).
    value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic()))
        .ok_or_else(|| refuse("The Authorization header holds no bearer token"))
}

/// How a token is kept: SHA-256 of the whole of it, as hex. Tokens are random, so a slow hash would add nothing.
fn hash(token: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(values: &[&str]) -> Option<String> {
        let headers: HeaderMap = values.iter().map(|value| (header::AUTHORIZATION, value.parse().unwrap())).collect();
        bearer(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn tokens() {
        assert_eq!(token(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(token(&["bearer  abc "]).as_deref(), Some("abc"));
        let long = format!("Bearer {}", "x".repeat(TOKEN_BYTES_MAX + 1));
        for refused in
            [&[][..], &["abc"], &["Bearer"], &["Bearer "], &["Basic abc"], &["Bearer a b"], &["Bearer ä"], &[&long]]
        {
            assert_eq!(token(refused), None, "{refused:?}");
        }
        assert_eq!(token(&["Bearer a", "Bearer b"]), None);
    }

    #[test]
    fn a_refusal_never_repeats_the_token() {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, "Token s3cret".parse().unwrap())]);
        assert!(!format!("{:?}", bearer(&headers).unwrap_err()).contains("s3cret"));
    }

    #[test]
    fn a_role_holds_the_smaller_ones() {
        let caller =
            |role| Caller { account: AccountId::new("main").unwrap(), role, name: "ci".to_owned(), user: None };
        let allowed = |role, needed| authorize(&caller(role), needed).is_ok();
        let roles = [Role::Viewer, Role::Operator, Role::Admin];
        for (i, role) in roles.into_iter().enumerate() {
            for (j, needed) in roles.into_iter().enumerate() {
                assert_eq!(allowed(role, needed), i >= j, "{role:?} {needed:?}");
            }
        }
    }

    #[test]
    fn the_hash_is_of_the_whole_token() {
        // `printf %s abc | sha256sum`
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
