//! Whom the transport trusts: real handshakes with servers of a private certificate authority.

use std::sync::Arc;

use hallpass_core::test_support::ManualTime;
use hallpass_outbound::{
    AddressGuard, HyperTransport, RootsFault, Transport as _, TransportFault, TrustedRoots, empty,
};
use http::Request;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A certificate authority of our own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn roots_of(authority: &CertifiedIssuer<'_, KeyPair>) -> TrustedRoots {
    TrustedRoots::web().and_pem(authority.pem().as_bytes()).unwrap()
}

/// Starts a server with a certificate for `name` and returns its port; it answers every request 204 and counts handshakes that succeed.
async fn server(authority: &CertifiedIssuer<'_, KeyPair>, name: &str, expired: bool) -> u16 {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut read = [0; 4096];
            if stream.read(&mut read).await.is_ok_and(|length| length > 0) {
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        }
    });
    port
}

async fn ask(port: u16, roots: TrustedRoots) -> Result<u16, TransportFault> {
    let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    let transport = HyperTransport::new(guard, roots, Arc::new(ManualTime::default()));
    let request = Request::get(format!("https://localhost:{port}/")).body(empty()).unwrap();
    transport.send(request).await.map(|response| response.status().as_u16())
}

#[tokio::test]
async fn a_server_of_a_trusted_authority_is_talked_to() {
    let authority = authority();
    let port = server(&authority, "localhost", false).await;
    assert_eq!(ask(port, roots_of(&authority)).await.unwrap(), 204);
}

#[tokio::test]
async fn a_server_that_cannot_prove_itself_gets_nothing() {
    let (trusted, other) = (authority(), authority());
    let cases = [
        ("an unknown authority", server(&other, "localhost", false).await),
        ("another name", server(&trusted, "login.example", false).await),
        ("an expired certificate", server(&trusted, "localhost", true).await),
    ];
    for (what, port) in cases {
        let fault = ask(port, roots_of(&trusted)).await.unwrap_err();
        assert!(matches!(fault, TransportFault::Unreachable(_)), "{what}: {fault:?}");
    }
}

#[test]
fn what_is_no_authority_is_refused() {
    let add = |text: &str| TrustedRoots::web().and_pem(text.as_bytes()).map(|_| ());
    assert_eq!(add(""), Err(RootsFault::Empty));
    assert_eq!(
        add("-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n"),
        Err(RootsFault::NotPem)
    );
    assert_eq!(
        add("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        Err(RootsFault::NotAnAuthority)
    );
}
