//! The real transport over loopback sockets.

use std::sync::Arc;

use bytes::Bytes;
use hallpass_core::FaultCode;
use hallpass_core::test_support::ManualTime;
use hallpass_outbound::{
    AddressGuard, HyperTransport, Transport as _, TransportFault, TrustedRoots, empty, full,
};
use http::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{text, world};

fn transport(time: &ManualTime) -> Arc<HyperTransport> {
    let guard = AddressGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
    Arc::new(HyperTransport::new(guard, TrustedRoots::web(), Arc::new(time.clone())))
}

fn get(uri: String) -> Request<hallpass_outbound::Body> {
    Request::get(uri).body(empty()).unwrap()
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    (listener, url)
}

/// Reads one request head and returns it.
async fn head(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let byte = stream.read_u8().await.unwrap();
        read.push(byte);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_request_the_server_has_read_is_never_sent_again() {
    let (listener, url) = listener().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        head(&mut stream).await;
        drop(stream);
        tokio::select! {
            _ = listener.accept() => 3,
            () = tokio::task::yield_now() => 2,
        }
    });
    let transport = transport(&ManualTime::default());
    let first = transport.send(get(url.clone())).await.unwrap();
    assert_eq!(text(first.into_body()).await, "ok");
    let fault = transport.send(get(url)).await.unwrap_err();
    assert!(matches!(fault, TransportFault::Broken(_)), "{fault:?}");
    assert_eq!(server.await.unwrap(), 2);
}

#[tokio::test]
async fn redirects_are_answers_and_are_not_followed() {
    let (listener, url) = listener().await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")
            .await
            .unwrap();
        request
    });
    let response = transport(&ManualTime::default()).send(get(url)).await.unwrap();
    assert_eq!(response.status(), 302);
    let request = server.await.unwrap();
    let names: Vec<_> = request
        .lines()
        .skip(1)
        .filter_map(|line| line.split(':').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(names, ["host"], "nothing is added but what framing needs");
}

#[tokio::test]
async fn after_a_freeze_pooled_connections_are_forgotten() {
    let (listener, url) = listener().await;
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                loop {
                    head(&mut stream).await;
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                }
            });
        }
    });
    let time = ManualTime::default();
    let transport = transport(&time);
    for _ in 0..2 {
        text(transport.send(get(url.clone())).await.unwrap().into_body()).await;
    }
    assert!(!server.is_finished(), "the second request used the pooled connection");
    time.freeze(std::time::Duration::from_secs(60));
    text(transport.send(get(url)).await.unwrap().into_body()).await;
    server.await.unwrap();
}

#[tokio::test]
async fn addresses_outside_the_guard_are_refused_before_connecting() {
    let (listener, url) = listener().await;
    let transport =
        HyperTransport::new(AddressGuard::default(), TrustedRoots::web(), Arc::new(ManualTime::default()));
    for uri in [url, "http://localhost:1/".to_owned(), "http://[::1]:1/".to_owned()] {
        let fault = transport.send(get(uri)).await.unwrap_err();
        assert!(matches!(fault, TransportFault::AddressRefused(_)), "{fault:?}");
    }
    let accepted =
        tokio::select! { biased; _ = listener.accept() => true, () = tokio::task::yield_now() => false };
    assert!(!accepted);
}

#[tokio::test]
async fn a_platform_that_is_down_is_unreachable_and_recovers_without_restart() {
    let (listener, url) = listener().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    let time = ManualTime::default();
    let world = world(transport(&time), &format!("http://{address}"));
    assert_eq!(
        world.post(full(Bytes::from_static(b"a"))).await.unwrap_err().code(),
        FaultCode::UpstreamUnreachable,
        "{url}"
    );
    let listener = TcpListener::bind(address).await.unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        request
    });
    assert_eq!(world.post(full(Bytes::from_static(b"a"))).await.unwrap().response.status(), 204);
    assert!(server.await.unwrap().contains("content-length: 1\r\n"));
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_a_fault() {
    let (listener, url) = listener().await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head(&mut stream).await;
        stream.write_all(b"SSH-2.0-x\r\n\r\n").await.unwrap();
    });
    let fault = transport(&ManualTime::default()).send(get(url)).await.unwrap_err();
    assert!(matches!(fault, TransportFault::Broken(_)), "{fault:?}");
}
