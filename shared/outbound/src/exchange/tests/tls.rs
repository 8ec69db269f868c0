//! The same over TLS, with an authority made for the test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

/// An authority, and an acceptor with a certificate that it has issued for `localhost`.
fn authority() -> (CertificateDer<'static>, TlsAcceptor) {
    authority_of(|_| {})
}

/// The same with another certificate.
fn authority_of(change: impl FnOnce(&mut CertificateParams)) -> (CertificateDer<'static>, TlsAcceptor) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);

    let leaf_key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    change(&mut leaf);
    let leaf = leaf.signed_by(&leaf_key, &issuer).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into()))
        .unwrap();
    (root.der().clone(), TlsAcceptor::from(Arc::new(config)))
}

/// Takes no plain http, as in production.
fn trusting(root: Option<CertificateDer<'static>>) -> Exchange {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(root);
    Exchange::with_roots(AddressPolicy::parse("127.0.0.0/8, ::1", "").unwrap(), roots).unwrap()
}

#[tokio::test]
async fn a_trusted_receiver_is_delivered_to() {
    let (root, acceptor) = authority();
    let receiver = Receiver::start_tls(say("200 OK", "safe"), acceptor).await;
    let exchange = trusting(Some(root));
    // Twice: the second handshake resumes the session of the first.
    for _ in 0..2 {
        let reply = exchange.send(request(format!("https://localhost:{}/", receiver.port()))).await;
        assert_eq!(answer(reply).body, b"safe");
    }
    assert_eq!(receiver.requests().len(), 2);
}

#[tokio::test]
async fn an_untrusted_or_misnamed_receiver_gets_nothing() {
    let (root, acceptor) = authority();
    let receiver = Receiver::start_tls(say("200 OK", "safe"), acceptor).await;
    let port = receiver.port();
    for (exchange, host, cause) in
        [(trusting(None), "localhost", "UnknownIssuer"), (trusting(Some(root)), "127.0.0.1", "not valid for name")]
    {
        let failure = failure(exchange.send(request(format!("https://{host}:{port}/"))).await);
        assert_eq!(failure.code, FailureCode::Tls, "{failure}");
        assert!(failure.code.is_retryable() && !failure.code.may_have_arrived());
        assert!(failure.message.contains(cause), "{failure}");
    }
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_certificate_out_of_its_time_or_for_another_use_is_not_taken() {
    let used_by_clients = |leaf: &mut CertificateParams| {
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    };
    for (root, acceptor) in [
        authority_of(|leaf| leaf.not_after = rcgen::date_time_ymd(2020, 1, 1)),
        authority_of(|leaf| leaf.not_before = rcgen::date_time_ymd(4000, 1, 1)),
        authority_of(used_by_clients),
    ] {
        let receiver = Receiver::start_tls(say("200 OK", "safe"), acceptor).await;
        let url = format!("https://localhost:{}/", receiver.port());
        let failure = failure(trusting(Some(root)).send(request(url)).await);
        assert_eq!(failure.code, FailureCode::Tls, "{failure}");
        assert!(failure.code.is_retryable() && !failure.code.may_have_arrived());
        assert!(receiver.requests().is_empty());
    }
}

#[tokio::test]
async fn a_reset_within_the_handshake_has_carried_nothing() {
    let (root, acceptor) = authority();
    let receiver = Receiver::start_tls(Script::ResetAtOnce, acceptor).await;
    let failure = failure(trusting(Some(root)).send(request(format!("https://localhost:{}/", receiver.port()))).await);
    assert_eq!(failure.code, FailureCode::Connect, "{failure}");
    assert!(failure.code.is_retryable() && !failure.code.may_have_arrived());
}

#[tokio::test]
async fn a_receiver_without_tls_gets_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let plain = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &head("400 Bad Request")).await.unwrap();
        stream
    });
    let failure = failure(trusting(None).send(request(url)).await);
    assert_eq!(failure.code, FailureCode::Tls, "{failure}");
    plain.await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_never_shakes_hands_has_not_got_the_request() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let failure = failure(trusting(None).send(request(url)).await);
    assert_eq!(failure.code, FailureCode::Connect, "{failure}");
    assert!(failure.message.ends_with("it took longer than 3s"), "{failure}");
    drop(listener);
}

#[tokio::test]
async fn plain_http_is_refused_unless_allowed() {
    let receiver = Receiver::start(say("200 OK", "")).await;
    let failure = failure(trusting(None).send(request(receiver.url())).await);
    assert_eq!(failure.code, FailureCode::Url, "{failure}");
    assert!(receiver.requests().is_empty());
}

#[test]
fn the_authorities_of_the_system_are_found_or_missed_by_name() {
    match Exchange::new(AddressPolicy::default()) {
        Ok(_) => {}
        Err(error) => assert!(matches!(error, StartError::NoRoots), "{error}"),
    }
}
