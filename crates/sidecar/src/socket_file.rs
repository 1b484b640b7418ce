//! The file of a Unix socket: made private before anybody can connect, and removed when it is no longer served.
//!
//! ```text
//!   DIR/.hallpass-PID/socket ──bind, chmod 0600──▶ rename ──▶ DIR/socket ──serve──▶ removed, if it is still ours
//!      folder of mode 0700
//! ```
//!
//! Binding in place and then changing the mode would leave a moment in which the process mask decides who may connect.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hallpass_core::{Fault, FaultCode};
use tokio::net::{UnixListener, UnixStream};

use crate::listener::listen_failed;

/// A socket file of ours. Dropping it removes the file, unless somebody has put another in its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    /// Listens at `path`. The socket file that a dead process left is replaced; anything else that is there is left alone.
    ///
    /// # Errors
    /// `listen-failed`, also when another process serves that socket.
    pub(crate) async fn bind(path: &Path) -> Result<(UnixListener, Self), Fault> {
        refuse_living(path).await?;
        let failed = |error| listen_failed(&path.display(), error);
        let folder = private_folder(path).map_err(failed)?;
        let bound = bind_within(&folder, path);
        // Whatever came of it: the folder has done its work, and a left-over one would only be litter.
        drop(fs::remove_file(folder.join(NAME)));
        drop(fs::remove_dir(&folder));
        let (listener, identity) = bound.map_err(failed)?;
        Ok((listener, Self { path: path.to_owned(), identity }))
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|present| present == self.identity)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the socket file could not be removed");
        }
    }
}

/// Nobody answers at a stale socket. A file that is no socket is somebody's data.
async fn refuse_living(path: &Path) -> Result<(), Fault> {
    let shown = path.display();
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(listen_failed(&shown, error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(Fault::new(FaultCode::ListenFailed, format!("`{shown}` exists and is not a socket")));
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {
            Ok(())
        }
        Err(error) => Err(listen_failed(&shown, error)),
        Ok(_) => Err(Fault::new(FaultCode::ListenFailed, format!("another process serves `{shown}`"))),
    }
}

fn private_folder(path: &Path) -> io::Result<PathBuf> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let folder = parent.join(format!(".hallpass-{}", std::process::id()));
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    match builder.create(&folder) {
        // Of an earlier process with our number, which died in between.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            drop(fs::remove_file(folder.join(NAME)));
            fs::remove_dir(&folder)?;
            builder.create(&folder)?;
        }
        made => made?,
    }
    Ok(folder)
}

fn bind_within(folder: &Path, path: &Path) -> io::Result<(UnixListener, (u64, u64))> {
    let made = folder.join(NAME);
    let listener = UnixListener::bind(&made)?;
    fs::set_permissions(&made, Permissions::from_mode(0o600))?;
    fs::rename(&made, path)?;
    Ok((listener, identity(path)?))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

const NAME: &str = "socket";
