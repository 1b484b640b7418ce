//! Files that may be read, and those that may not.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use hallpass_core::{FaultCode, Stage, Store};
use hallpass_stores::FileStore;

use crate::fakes::{Folder, named, read, said};

fn file(path: &Path, content: &[u8], mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_file_that_others_can_touch_is_refused_with_path_and_mode() {
    let folder = Folder::new();
    let store = FileStore::relative_to(folder.path(""));
    for mode in [0o644, 0o640, 0o604, 0o620, 0o660, 0o601] {
        file(&folder.path("secret"), b"canary", mode);
        let fault = read(&store, "secret").await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::PermissionsTooOpen, "{mode:o}");
        assert!(
            fault.detail().contains("secret` has mode") && fault.detail().contains(&format!("{mode:04o}"))
        );
        assert!(!said(&fault).contains("canary"));
    }
    for mode in [0o600, 0o400] {
        file(&folder.path("good"), b"value\n", mode);
        assert_eq!(read(&store, "good").await.unwrap(), "value\n");
        fs::remove_file(folder.path("good")).unwrap();
    }
}

#[tokio::test]
async fn a_link_is_as_good_as_the_file_behind_it() {
    let folder = Folder::new();
    let store = FileStore::relative_to(folder.path(""));
    file(&folder.path("closed"), b"value", 0o600);
    file(&folder.path("open"), b"value", 0o644);
    for name in ["closed", "open", "nothing", "loop"] {
        symlink(folder.path(name), folder.path(&format!("to-{name}"))).unwrap();
    }
    symlink(folder.path("to-loop"), folder.path("loop")).unwrap();
    assert_eq!(read(&store, "to-closed").await.unwrap(), "value");
    let code = async |name: &str| read(&store, name).await.unwrap_err().code();
    assert_eq!(code("to-open").await, FaultCode::PermissionsTooOpen);
    assert_eq!(code("to-nothing").await, FaultCode::EntryNotFound);
    assert_eq!(code("to-loop").await, FaultCode::StoreUnreadable);
}

#[tokio::test]
async fn what_is_no_regular_file_is_refused_without_waiting() {
    let folder = Folder::new();
    let store = FileStore::relative_to(folder.path(""));
    fs::create_dir(folder.path("directory")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(folder.path("fifo")).status().unwrap();
    assert!(fifo.success());
    for name in ["directory", "fifo", "/dev/null"] {
        let fault = read(&store, name).await.unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreUnreadable, "{name}");
        assert!(fault.detail().contains("not a regular file"), "{fault}");
    }
    file(&folder.path("plain"), b"x", 0o600);
    assert_eq!(read(&store, "plain/below").await.unwrap_err().code(), FaultCode::StoreUnreadable);
}

#[tokio::test]
async fn sizes_from_one_byte_to_64_kib_are_read() {
    let folder = Folder::new();
    let store = FileStore::relative_to(folder.path(""));
    let code = async |length: usize| {
        file(&folder.path("secret"), &vec![7; length], 0o600);
        store
            .read(&named("secret"), Stage::Current)
            .await
            .map(|stored| stored.value.len())
            .map_err(|fault| fault.code())
    };
    assert_eq!(code(0).await, Err(FaultCode::CredentialMalformed));
    assert_eq!(code(1).await, Ok(1));
    assert_eq!(code(64 * 1024).await, Ok(64 * 1024));
    assert_eq!(code(64 * 1024 + 1).await, Err(FaultCode::StoreUnreadable));
}

#[tokio::test]
async fn an_absolute_path_is_taken_as_it_is() {
    let folder = Folder::new();
    file(&folder.path("secret"), b"value", 0o600);
    let store = FileStore::relative_to("/nowhere");
    assert_eq!(read(&store, folder.path("secret").to_str().unwrap()).await.unwrap(), "value");
}
