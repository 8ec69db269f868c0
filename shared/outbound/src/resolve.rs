//! Name look-up for outbound requests: every address behind a name is judged, and only judged addresses are connected to.
//!
//! The HTTP client connects to exactly what [`CheckedResolver`] returns. There is no second look-up in between that could
//! give another answer (DNS rebinding). A host that is written as an address never comes here; it is judged by
//! [`AddressPolicy::check_url`].

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::{AddressPolicy, Refusal};

/// What a look-up comes to.
pub(crate) type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Finds the addresses of a name: the system, and in tests a name server of theirs.
pub(crate) type LookUp = dyn Fn(String) -> Found + Send + Sync;

/// Looks names up as the system does and judges what it finds.
#[derive(Clone)]
pub struct CheckedResolver {
    policy: Arc<AddressPolicy>,
    look_up: Arc<LookUp>,
}

impl fmt::Debug for CheckedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckedResolver").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Why a name gave no address to connect to.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The look-up failed. Worth a retry: name servers fail for a while, and a forgotten record may be added.
    #[error("the name could not be resolved: {0}")]
    Lookup(#[source] io::Error),
    /// The name exists and has no address. Worth a retry, for the same reasons.
    #[error("the name has no address")]
    Empty,
    /// An address behind the name is refused. Not worth a retry.
    #[error(transparent)]
    Refused(Refusal),
}

impl CheckedResolver {
    /// A resolver that returns addresses which `policy` accepts.
    pub fn new(policy: Arc<AddressPolicy>) -> Self {
        Self::with(policy, Arc::new(|name| Box::pin(system(name))))
    }

    /// As [`CheckedResolver::new`], finding addresses by `look_up`.
    pub(crate) fn with(policy: Arc<AddressPolicy>, look_up: Arc<LookUp>) -> Self {
        Self { policy, look_up }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = Arc::clone(&self.policy);
        let found = (self.look_up)(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = checked(&policy, found.await.map_err(ResolveError::Lookup)?)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

async fn system(name: String) -> io::Result<Vec<SocketAddr>> {
    // These are this machine's whatever a name server says (RFC 6761, 6.3), and not every system knows: the local stack's
    // gateway has such names. Like every address it is judged, and refused where nobody allows it.
    if name.trim_end_matches('.').to_ascii_lowercase().ends_with(".localhost") {
        return Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))]);
    }
    // Port 0 stands for the port of the URL; the client puts it in.
    Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect())
}

/// All of the addresses, or the first refusal. One refused address refuses the name: a name that points inside and
/// outside at once is an attack or a mistake, and which one would be tried first is chance.
fn checked(policy: &AddressPolicy, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ResolveError> {
    if addresses.is_empty() {
        return Err(ResolveError::Empty);
    }
    for address in &addresses {
        policy.check(address.ip()).map_err(ResolveError::Refused)?;
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Category;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    fn policy(allowed: &str) -> AddressPolicy {
        AddressPolicy::parse(allowed, "").unwrap()
    }

    #[test]
    fn public_addresses_come_back_as_they_are_and_in_their_order() {
        let found = addresses(&["2606:4700::1111", "1.1.1.1", "8.8.8.8"]);
        assert_eq!(checked(&policy(""), found.clone()).unwrap(), found);
    }

    #[test]
    fn one_refused_address_refuses_the_name_wherever_it_stands() {
        for found in [["10.0.0.1", "1.1.1.1"], ["1.1.1.1", "10.0.0.1"], ["1.1.1.1", "::ffff:10.0.0.1"]] {
            let refusal = checked(&policy(""), addresses(&found)).unwrap_err();
            assert!(matches!(refusal, ResolveError::Refused(Refusal::Address(Category::Private))), "{found:?}");
        }
    }

    #[test]
    fn an_allowed_network_allows_its_own_addresses_only() {
        assert!(checked(&policy("10.0.0.0/8"), addresses(&["10.0.0.1", "1.1.1.1"])).is_ok());
        assert!(checked(&policy("10.0.0.0/8"), addresses(&["10.0.0.1", "192.168.0.1"])).is_err());
    }

    #[test]
    fn a_name_without_an_address_is_an_error() {
        assert!(matches!(checked(&policy(""), Vec::new()), Err(ResolveError::Empty)));
    }

    #[tokio::test]
    async fn names_below_localhost_are_this_machine_and_judged() {
        for name in ["a.localhost", "b1.execute-api.LOCALHOST", "a.localhost."] {
            let found = system(name.to_owned()).await.unwrap();
            assert_eq!(found, addresses(&["127.0.0.1"]), "{name}");
            assert!(checked(&policy(""), found).is_err());
        }
    }

    #[tokio::test]
    async fn localhost_is_looked_up_and_judged() {
        let resolve =
            |allowed: &str| CheckedResolver::new(Arc::new(policy(allowed))).resolve("localhost".parse().unwrap());
        let refusal = resolve("").await.err().expect("localhost is refused unless allowed");
        assert!(matches!(
            refusal.downcast_ref::<ResolveError>(),
            Some(ResolveError::Refused(Refusal::Address(Category::Loopback)))
        ));
        // Many systems give both loopback addresses for the name.
        let found: Vec<_> = resolve("127.0.0.0/8, ::1").await.unwrap().collect();
        assert!(!found.is_empty());
        assert!(found.iter().all(|address| address.ip().is_loopback()));
    }
}
