//! The report's file, whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use crate::exit::Exit;
use crate::failure::Failure;

/// Writes `text` to `path` in one step, over what was there. A temporary file is its owner's alone, and stays so under its new name: who may do what is
/// not for everybody's eyes.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error: io::Error| {
        let message = format!("`{}` cannot be written", path.display());
        let hint = "check that its folder is there and may be written".to_owned();
        Failure::plain(Exit::Machine, message, Some(hint), Some(Box::new(io::Error::from(error.kind()))))
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".hallpass-").tempfile_in(folder).map_err(cannot)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(cannot)?;
    file.persist(path).map(drop).map_err(|error| cannot(error.error))
}
