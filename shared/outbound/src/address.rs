//! Which addresses a delivery may go to.
//!
//! A destination's URL is written by a tenant, and the request leaves from inside the deployment's network. So a URL
//! may only lead to the public internet, unless the deployment lists the network as one of its own choice.
//! Everything here is pure: names are resolved and judged in [`crate::resolve`].

mod networks;

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, Url};

pub use networks::Category;

#[cfg(test)]
mod tests;

/// The longest URL taken, in bytes. What servers and proxies on the way take is seldom more.
pub const URL_BYTES_MAX: usize = 2_048;

/// Where the deployment lets deliveries go: `https` to public addresses, and what it allows beyond.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    /// Networks that are allowed although they are not public. Addresses in them are not judged further: whoever allows
    /// a translator's network, such as `64:ff9b::/96`, allows every v4 address behind it.
    pub allowed: Vec<IpNet>,
    /// Whether plain `http` is allowed too.
    pub allow_http: bool,
    /// The only ports that may be connected to; empty for all. Holds for allowed networks, too.
    pub ports: BTreeSet<u16>,
}

/// A setting that cannot be read. Not worth a retry: the deployment's settings must change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A part of `ALLOWED_NETWORKS` is neither a network nor an address.
    #[error("ALLOWED_NETWORKS: `{0}` is neither a network nor an address; write for example `10.1.0.0/16, fd12::/64`")]
    Network(String),
    /// `ALLOW_HTTP` is neither true nor false.
    #[error("ALLOW_HTTP: `{0}` is neither `true` nor `false`")]
    Switch(String),
    /// A part of `ALLOWED_PORTS` is no port.
    #[error("ALLOWED_PORTS: `{0}` is no port from 1 to 65535; write for example `443, 8443`")]
    Port(String),
}

impl PolicyError {
    /// The name of the setting that can't be read.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Network(_) => "ALLOWED_NETWORKS",
            Self::Switch(_) => "ALLOW_HTTP",
            Self::Port(_) => "ALLOWED_PORTS",
        }
    }

    /// The part of it that can't be read.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::Network(value) | Self::Switch(value) | Self::Port(value) => value,
        }
    }
}

/// Why a URL or an address is refused. Never worth a retry as it stands. The message is for the destination's owner
/// and names no address that the owner did not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The URL is longer than [`URL_BYTES_MAX`].
    #[error("the URL has {0} bytes; at most {URL_BYTES_MAX} are taken")]
    TooLong(usize),
    /// The text is not a URL.
    #[error("this is not a URL ({0}); write it like https://example.com/leads")]
    Malformed(url::ParseError),
    /// The scheme is neither `https` nor an allowed `http`.
    #[error("the scheme `{0}` is refused; use https (plain http only where the deployment sets ALLOW_HTTP=true)")]
    Scheme(String),
    /// The URL holds a user name or a password, which would end up in logs.
    #[error("the URL holds a user name or password; set them as the destination's authentication instead")]
    UserInfo,
    /// The URL names no host.
    #[error("the URL names no host; write it like https://example.com/leads")]
    Host,
    /// Port 0 cannot be connected to.
    #[error("port 0 cannot be connected to; leave the port out or name the right one")]
    Port,
    /// The deployment does not allow the port.
    #[error("port {0} is refused; deliveries go to the ports in the deployment's ALLOWED_PORTS")]
    PortRefused(u16),
    /// The address is not a public one.
    #[error(
        "the host has {0}; deliveries go to public addresses, and to the networks in the deployment's ALLOWED_NETWORKS"
    )]
    Address(Category),
}

/// A URL that [`AddressPolicy::check_url`] has accepted. If its host is a name, the addresses behind it are still to be
/// checked when it is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// The URL in its canonical form: no fragment, no dot at the end of the host, IP addresses in their usual notation.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host as a person would write it: a name, or an address (a v6 one in brackets).
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl AddressPolicy {
    /// Reads the policy from the deployment's settings `ALLOWED_NETWORKS`, `ALLOW_HTTP` and `ALLOWED_PORTS`.
    ///
    /// # Errors
    /// [`PolicyError`] names the first that can't be read.
    pub fn from_settings<'a>(setting: impl Fn(&'static str) -> Option<&'a str>) -> Result<Self, PolicyError> {
        let setting = |name| setting(name).unwrap_or_default();
        let ports = parts(setting("ALLOWED_PORTS"));
        let ports = ports.map(|part| {
            let port = part.parse().ok().filter(|&port: &u16| port > 0);
            port.ok_or_else(|| PolicyError::Port(part.to_owned()))
        });
        let ports = ports.collect::<Result<_, _>>()?;
        Ok(Self { ports, ..Self::parse(setting("ALLOWED_NETWORKS"), setting("ALLOW_HTTP"))? })
    }

    /// A policy for all ports.
    ///
    /// `allowed_networks` lists networks or single addresses, separated by commas or white space; `allow_http` is
    /// `true`, or `false`. Both may be empty, and then nothing more is allowed.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn parse(allowed_networks: &str, allow_http: &str) -> Result<Self, PolicyError> {
        let allowed = parts(allowed_networks)
            .map(|part| {
                part.parse::<IpNet>()
                    .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| PolicyError::Network(part.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        let allow_http = match allow_http.trim() {
            "true" => true,
            "false" | "" => false,
            other => return Err(PolicyError::Switch(other.to_owned())),
        };
        Ok(Self { allowed, allow_http, ports: BTreeSet::new() })
    }

    /// Whether a delivery may connect to this address. A v4 address mapped into v6 is judged as the v4 address that
    /// the connection would go to.
    pub fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        let address = address.to_canonical();
        if self.allowed.iter().any(|network| network.contains(&address)) {
            return Ok(());
        }
        match Category::of(address) {
            Some(category) => Err(Refusal::Address(category)),
            None => Ok(()),
        }
    }

    fn allows_port(&self, port: u16) -> bool {
        self.ports.is_empty() || self.ports.contains(&port)
    }

    /// Judges a destination's URL, and with it a host that is written as an address in any notation. The result is what
    /// must be connected to: judging one text and connecting to another is how such checks are evaded.
    pub fn check_url(&self, text: &str) -> Result<Target, Refusal> {
        if text.len() > URL_BYTES_MAX {
            return Err(Refusal::TooLong(text.len()));
        }
        let mut url = Url::parse(text).map_err(|error| match error {
            url::ParseError::EmptyHost => Refusal::Host,
            other => Refusal::Malformed(other),
        })?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            other => return Err(Refusal::Scheme(other.to_owned())),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::UserInfo);
        }
        if url.port() == Some(0) {
            return Err(Refusal::Port);
        }
        if let Some(port) = url.port_or_known_default().filter(|port| !self.allows_port(*port)) {
            return Err(Refusal::PortRefused(port));
        }
        // A fragment never travels; it is dropped so that two spellings of a URL are one.
        url.set_fragment(None);
        trim_final_dot(&mut url)?;
        match url.host() {
            Some(Host::Ipv4(address)) => self.check(address.into())?,
            Some(Host::Ipv6(address)) => self.check(address.into())?,
            Some(Host::Domain(_)) => {}
            None => return Err(Refusal::Host),
        }
        Ok(Target(url))
    }
}

/// The parts of a setting that holds several.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty())
}

/// Takes the root's dot off a name (`example.com.`): certificates and virtual hosts are named without it.
fn trim_final_dot(url: &mut Url) -> Result<(), Refusal> {
    let Some(name) = url.domain().and_then(|name| name.strip_suffix('.')) else {
        return Ok(());
    };
    if name.is_empty() || name.ends_with('.') {
        return Err(Refusal::Host);
    }
    let name = name.to_owned();
    url.set_host(Some(&name)).map_err(Refusal::Malformed)
}
