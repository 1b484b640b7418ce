//! What cargo knows about this workspace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Fault, environment, shell};

/// Where the repository is, and what cargo says about it.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder with the root manifest.
    pub(crate) root: PathBuf,
    /// Where cargo puts what it builds; `CARGO_TARGET_DIR` is already taken into account.
    pub(crate) target: PathBuf,
    /// The packages of the workspace, by name.
    pub(crate) packages: Vec<Package>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self, Fault> {
        let here = environment::variable("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
        let mut command = shell::cargo(Path::new(&here));
        let text = shell::capture(command.args(["metadata", "--no-deps", "--format-version", "1"]))?;
        Self::parse(&text)
    }

    /// Reads the answer of `cargo metadata --no-deps --format-version 1`.
    pub(crate) fn parse(metadata: &str) -> Result<Self, Fault> {
        let metadata: Value = serde_json::from_str(metadata)?;
        let mut packages: Vec<Package> =
            list(&metadata["packages"]).iter().map(Package::parse).collect::<Result<_, _>>()?;
        packages.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Self {
            root: text(&metadata, "workspace_root")?.into(),
            target: text(&metadata, "target_directory")?.into(),
            packages,
        })
    }

    /// Where tools and virtual environments of our own go; always inside the repository's own target folder, so that
    /// a shared `CARGO_TARGET_DIR` does not mix them with another checkout's.
    pub(crate) fn own_target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Whether a package of that name is ours.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }
}

/// One package of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    /// The name in its manifest.
    pub(crate) name: String,
    /// The file of its manifest.
    pub(crate) manifest: PathBuf,
    /// What it depends on.
    pub(crate) edges: Vec<Edge>,
    /// Its features, each with what it switches on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

impl Package {
    fn parse(package: &Value) -> Result<Self, Fault> {
        let features = package["features"].as_object().into_iter().flatten();
        Ok(Self {
            name: text(package, "name")?,
            manifest: text(package, "manifest_path")?.into(),
            edges: list(&package["dependencies"]).iter().map(Edge::parse).collect::<Result<_, _>>()?,
            features: features.map(|(name, parts)| (name.clone(), strings(parts))).collect(),
        })
    }

    /// The short name the design speaks of: `hallpass-core` is the room `core`.
    pub(crate) fn room(&self) -> &str {
        room(&self.name)
    }
}

/// The short name of a package of ours.
pub(crate) fn room(package: &str) -> &str {
    package.strip_prefix("hallpass-").unwrap_or(package)
}

/// One dependency as a manifest states it.
#[derive(Debug)]
pub(crate) struct Edge {
    /// The package depended on.
    pub(crate) to: String,
    /// What for.
    pub(crate) kind: Kind,
    /// The features asked for.
    pub(crate) features: Vec<String>,
}

impl Edge {
    fn parse(dependency: &Value) -> Result<Self, Fault> {
        let kind = match dependency["kind"].as_str() {
            None => Kind::Normal,
            Some("build") => Kind::Build,
            Some("dev") => Kind::Dev,
            Some(other) => return Err(format!("cargo metadata: unknown kind of dependency `{other}`").into()),
        };
        Ok(Self { to: text(dependency, "name")?, kind, features: strings(&dependency["features"]) })
    }
}

/// What a dependency is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Part of what ships.
    Normal,
    /// Runs while building what ships.
    Build,
    /// Tests only.
    Dev,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Normal => "normal",
            Self::Build => "build",
            Self::Dev => "dev",
        })
    }
}

fn text(value: &Value, member: &str) -> Result<String, Fault> {
    let found = value[member].as_str().ok_or_else(|| format!("cargo metadata: no text in `{member}`"))?;
    Ok(found.to_owned())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn strings(value: &Value) -> Vec<String> {
    list(value).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
