//! The file, whole or not at all.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::shell_word;

/// Writes `text` to `path` in one step. Without `force` a file that appeared meanwhile stays.
pub(super) fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let cannot = |error: io::Error| {
        let message = format!("`{}` cannot be written", path.display());
        let hint = "check that its folder is there and may be written, or name another place with `--output`";
        Failure::plain(Exit::Machine, message, Some(hint.to_owned()), Some(Box::new(error)))
    };
    // Without the path of the new file beside it, which says nothing to anybody.
    let plain = |error: io::Error| cannot(error.kind().into());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".hallpass-").tempfile_in(folder).map_err(plain)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| {
        // It holds no secret, and whoever runs the integration must be able to read it.
        file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        file.as_file().sync_all()
    });
    written.map_err(cannot)?;
    let put = if force { file.persist(path) } else { file.persist_noclobber(path) };
    match put {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(is_there(path)),
        Err(error) => Err(plain(error.error)),
    }
}

/// What is there is somebody's work.
pub(super) fn is_there(path: &Path) -> Failure {
    let shown = path.display();
    let hint = format!(
        "`hallpass check --config {}` says whether it is in order; `--force` replaces it",
        shell_word(&shown.to_string())
    );
    Failure::usage(format!("`{shown}` is there already"), hint)
}
