//! Plain secrets in files beside the configuration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hallpass_core::{Fault, FaultCode};
use hallpass_lifecycle::scope_lint::{PlainSecret, plain_secrets};

/// Files that may carry settings, below `folder` or in `named`, and the plain secrets in each.
///
/// # Errors
/// `configuration-invalid` where one that was named cannot be read. What cannot be read below a folder is passed over.
pub(super) fn plain_secrets_in(
    folder: &Path,
    named: &[PathBuf],
) -> Result<Vec<(PathBuf, Vec<PlainSecret>)>, Fault> {
    let mut files = Vec::new();
    if named.is_empty() {
        collect(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }, 0, &mut files).ok();
    }
    for path in named {
        let gone = |error: io::Error| {
            let detail = format!("`{}` cannot be looked through", path.display());
            Fault::new(FaultCode::ConfigurationInvalid, detail).with_source(error)
        };
        match fs::metadata(path).map_err(gone)?.is_dir() {
            true => collect(path, 0, &mut files).map_err(gone)?,
            false => files.push(path.clone()),
        }
    }
    for file in &mut files {
        // As the configuration itself would name it.
        if let Ok(plain) = file.strip_prefix(".") {
            *file = plain.to_owned();
        }
    }
    files.sort();
    let found = files.into_iter().filter_map(|path| {
        let small = fs::metadata(&path).is_ok_and(|about| about.len() <= LONGEST);
        // Text in another encoding than UTF-8 is not looked through; neither is what only looks like text.
        let text = small.then(|| fs::read_to_string(&path).ok())??;
        let secrets = plain_secrets(&text);
        (!secrets.is_empty()).then_some((path, secrets))
    });
    Ok(found.collect())
}

/// Files below `folder` whose names say that they carry settings. Links are not followed, so that this ends.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let Ok(entry) = entry else { continue };
        let (name, path) = (entry.file_name(), entry.path());
        let Some(name) = name.to_str() else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        if files.len() >= MOST {
            return Ok(());
        }
        if kind.is_dir() && depth < DEEPEST && !PASSED_OVER.contains(&name) {
            collect(&path, depth + 1, files).ok();
        } else if kind.is_file() && carries_settings(name) {
            files.push(path);
        }
    }
    Ok(())
}

fn carries_settings(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default();
    let begins = BEGINNINGS
        .iter()
        .any(|start| name.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    begins || ENDINGS.contains(&ending)
}

/// Whole names, which may have an ending of their own: `.env.prod`, `Dockerfile.sync`.
const BEGINNINGS: [&str; 4] = [".env", ".envrc", "Dockerfile", "Containerfile"];
const ENDINGS: [&str; 14] = [
    "env",
    "toml",
    "yaml",
    "yml",
    "json",
    "tf",
    "tfvars",
    "bicep",
    "bicepparam",
    "ini",
    "properties",
    "dockerfile",
    "sh",
    "hcl",
];

/// Folders of tools, with files of others.
const PASSED_OVER: [&str; 7] =
    [".git", "node_modules", "target", ".venv", "venv", ".terraform", "__pycache__"];

/// A configuration is small; what is longer is data.
const LONGEST: u64 = 1024 * 1024;
/// Bounds for a folder that is more than a deployment.
const MOST: usize = 10_000;
const DEEPEST: usize = 8;

#[cfg(test)]
mod tests {
    use super::plain_secrets_in;
    use std::fs;
    use std::path::PathBuf;

    const LINE: &str = "client_secret = \"k7Jq-29fLm0Zx8Vb3Nn5\"\n";

    #[test]
    fn files_with_settings_are_looked_through_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, LINE).unwrap();
        };
        for name in [
            ".env",
            ".env.prod",
            "a/template.yaml",
            "hallpass.toml",
            "main.tf",
            "Dockerfile",
            "Dockerfile.sync",
            "infra/main.bicep",
            "sync/local.settings.json",
            "README.md",
            "Dockerfiles.md",
            "node_modules/x.json",
            ".git/x.json",
        ] {
            put(name);
        }
        let found = plain_secrets_in(folder.path(), &[]).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|(path, _)| path.strip_prefix(folder.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                ".env",
                ".env.prod",
                "Dockerfile",
                "Dockerfile.sync",
                "a/template.yaml",
                "hallpass.toml",
                "infra/main.bicep",
                "main.tf",
                "sync/local.settings.json"
            ]
        );
        let named = [folder.path().join("README.md")];
        assert_eq!(
            plain_secrets_in(folder.path(), &named).unwrap().len(),
            1,
            "what was named is looked through"
        );
    }

    #[test]
    fn what_was_named_has_to_be_there() {
        let fault = plain_secrets_in(".".as_ref(), &[PathBuf::from("/nowhere/at/all")]).unwrap_err();
        assert!(fault.to_string().contains("/nowhere/at/all"));
    }
}
