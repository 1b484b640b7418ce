//! Listening on a Unix socket.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use hallpass_core::FaultCode;
use hallpass_sidecar::{Bound, Listen, Server};
use tokio::net::{UnixListener, UnixStream};

use crate::rig::{PASS, Parts, Upstream, Wire, get, run};

async fn bind(path: &Path, upstream: &Upstream) -> Result<Bound, hallpass_core::Fault> {
    let mut settings = Parts::new(upstream.address).settings();
    settings.listen = Listen::Unix(path.to_owned());
    settings.health_listen = None;
    Server::bind(settings).await
}

async fn ask(path: &Path, host: &str) -> u16 {
    let mut wire = Wire::over(UnixStream::connect(path).await.unwrap());
    wire.ask(get("/queue-sync/x").replace("{H}", host).replace("{P}", PASS)).await.status
}

#[tokio::test]
async fn a_socket_is_private_serves_and_goes_with_the_sidecar() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let path = folder.path().join("hallpass.sock");
    let bound = bind(&path, &upstream).await.unwrap();
    assert_eq!(bound.listen().to_string(), format!("unix:{}", path.display()));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left there");
    let (stop, serving) = run(bound);
    assert_eq!(ask(&path, "localhost").await, 200);
    assert_eq!(ask(&path, "hallpass").await, 200);
    assert_eq!(ask(&path, "rebound.example").await, 403);
    drop(stop);
    serving.await.unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn the_socket_of_a_dead_process_is_replaced() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let path = folder.path().join("hallpass.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let (_stop, _serving) = run(bind(&path, &upstream).await.unwrap());
    assert_eq!(ask(&path, "localhost").await, 200);
}

#[tokio::test]
async fn a_living_socket_and_a_file_are_left_alone() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let path = folder.path().join("hallpass.sock");
    let living = UnixListener::bind(&path).unwrap();
    let fault = bind(&path, &upstream).await.unwrap_err();
    assert_eq!(fault.code(), FaultCode::ListenFailed);
    assert!(UnixStream::connect(&path).await.is_ok(), "it still serves");
    drop(living);
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "notes").unwrap();
    assert_eq!(bind(&file, &upstream).await.unwrap_err().code(), FaultCode::ListenFailed);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "notes");
}

#[tokio::test]
async fn a_socket_that_was_replaced_meanwhile_is_not_removed() {
    let (folder, upstream) = (tempfile::tempdir().unwrap(), Upstream::start().await);
    let path = folder.path().join("hallpass.sock");
    let bound = bind(&path, &upstream).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    drop(bound);
    assert!(path.exists());
}

#[tokio::test]
async fn a_port_that_is_taken_and_an_address_for_everybody_are_refused() {
    let upstream = Upstream::start().await;
    let fault_of = async |listen| {
        let mut settings = Parts::new(upstream.address).settings();
        settings.listen = listen;
        Server::bind(settings).await.unwrap_err().code()
    };
    assert_eq!(fault_of(Listen::Tcp(upstream.address)).await, FaultCode::ListenFailed);
    assert_eq!(fault_of(Listen::Tcp(([0, 0, 0, 0], 0).into())).await, FaultCode::ConfigurationInvalid);
}
