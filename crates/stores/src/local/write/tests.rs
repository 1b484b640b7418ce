//! Crashes and failing steps, on a model of a disk and on a real one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hallpass_core::FaultCode;

use super::{Disk, RealDisk, path_of_new, replace};

#[test]
fn p30_a_torn_write_leaves_the_old_or_the_new_content() {
    let (old, new) = (vec![b'o'; 2000], vec![b'n'; 3000]);
    let mut crashes = 0;
    for leftover in [false, true] {
        for step in 0..=STEPS {
            // Only a write can be done in part; the power goes after every one of its bytes in turn.
            let torn = if step == WRITE { new.len() } else { 0 };
            for torn in 0..=torn {
                let disk = ModelDisk::holding(&old, leftover);
                disk.crash_at(step, torn);
                let done = replace(&disk, Path::new(STORE), &new).is_ok();
                assert_eq!(done, step == STEPS, "step {step}");
                for found in disk.after_every_crash() {
                    crashes += 1;
                    let found = found.expect("the store's file is there");
                    assert!(found == old || found == new, "step {step}, {torn} bytes: torn");
                    assert!(!done || found == new, "step {step}: reported as done, and lost");
                }
            }
        }
    }
    assert!(crashes > 10_000, "{crashes}");
}

#[test]
fn a_step_that_fails_leaves_the_old_content_and_a_way_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for step in 0..STEPS {
        fs::write(&path, b"old").unwrap();
        let disk = FullDisk { left: Cell::new(step) };
        let fault = replace(&disk, &path, b"the new content").unwrap_err();
        assert_eq!(fault.code(), FaultCode::StoreUnwritable, "step {step}");
        assert!(fault.detail().contains("store"), "{fault}");
        // The last step comes after the rename; everything before must not have touched the old content.
        let expected: &[u8] = if step + 1 < STEPS { b"old" } else { b"the new content" };
        assert_eq!(fs::read(&path).unwrap(), expected, "step {step}");
        assert_eq!(fault.detail().contains("the new content is there"), step + 1 == STEPS, "{fault}");

        replace(&RealDisk, &path, b"the next").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"the next");
        assert!(!path_of_new(&path).exists(), "nothing is left behind");
    }
}

#[test]
fn a_leftover_that_is_a_link_is_replaced_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("store"), folder.path().join("other"));
    fs::write(&other, b"mine").unwrap();
    std::os::unix::fs::symlink(&other, path_of_new(&path)).unwrap();
    replace(&RealDisk, &path, b"new").unwrap();
    assert_eq!((fs::read(&path).unwrap(), fs::read(&other).unwrap()), (b"new".to_vec(), b"mine".to_vec()));
}

/// A real disk on which one step finds no room.
struct FullDisk {
    left: Cell<usize>,
}

impl FullDisk {
    fn step(&self) -> io::Result<()> {
        let left = self.left.get();
        self.left.set(left.wrapping_sub(1));
        if left == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl Disk for FullDisk {
    type New = fs::File;

    fn create(&self, path: &Path, model: &Path) -> io::Result<fs::File> {
        self.step()?;
        RealDisk.create(path, model)
    }

    fn write(&self, file: &mut fs::File, bytes: &[u8]) -> io::Result<()> {
        self.step().or_else(|full| RealDisk.write(file, &bytes[..bytes.len() / 2]).and(Err(full)))?;
        RealDisk.write(file, bytes)
    }

    fn sync(&self, file: &fs::File) -> io::Result<()> {
        self.step()?;
        RealDisk.sync(file)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.rename(from, to)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        RealDisk.sync_directory(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }
}

/// A disk in memory that forgets at a crash whatever was not synced: any of the unsynced directory changes, any tail of the unsynced
/// bytes.
struct ModelDisk {
    /// The step at which the power goes, and how many bytes a write gets done then.
    crash: Cell<(usize, usize)>,
    state: RefCell<State>,
}

#[derive(Clone, Default)]
struct State {
    files: Vec<Bytes>,
    /// What surely survives.
    directory: BTreeMap<PathBuf, usize>,
    /// What may survive, in any combination.
    changes: Vec<Change>,
}

#[derive(Clone, Default)]
struct Bytes {
    written: Vec<u8>,
    durable: usize,
}

#[derive(Clone)]
enum Change {
    Link(PathBuf, usize),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, usize),
}

impl ModelDisk {
    fn holding(old: &[u8], leftover: bool) -> Self {
        let mut state = State::default();
        let durable = |bytes: &[u8]| Bytes { written: bytes.to_vec(), durable: bytes.len() };
        state.files.extend([durable(old), durable(b"leftover")]);
        state.directory.insert(STORE.into(), 0);
        if leftover {
            state.directory.insert(path_of_new(Path::new(STORE)), 1);
        }
        Self { crash: Cell::new((usize::MAX, 0)), state: RefCell::new(state) }
    }

    fn crash_at(&self, step: usize, torn: usize) {
        self.crash.set((step, torn));
    }

    /// How many bytes the crash leaves of this step: none of it, unless it is a write; `None` when it is not yet time.
    fn power(&self) -> Option<usize> {
        let (left, torn) = self.crash.get();
        match left {
            // The machine stays off.
            0 => Some(torn),
            _ => {
                self.crash.set((left - 1, torn));
                None
            }
        }
    }

    fn step(&self) -> io::Result<()> {
        if self.power().is_some() { Err(io::Error::other("no power")) } else { Ok(()) }
    }

    /// The store's content in every state the disk can be in after the crash.
    fn after_every_crash(&self) -> Vec<Option<Vec<u8>>> {
        let state = self.state.borrow();
        let mut contents = Vec::new();
        for kept in 0_u32..1 << state.changes.len() {
            let mut directory = state.directory.clone();
            for (_, change) in state.changes.iter().enumerate().filter(|(bit, _)| kept & (1 << bit) != 0) {
                change.apply(&mut directory);
            }
            let Some(file) = directory.get(Path::new(STORE)).map(|file| &state.files[*file]) else {
                contents.push(None);
                continue;
            };
            contents.extend(
                (file.durable..=file.written.len()).map(|length| Some(file.written[..length].to_vec())),
            );
        }
        contents
    }
}

impl State {
    fn now(&self) -> BTreeMap<PathBuf, usize> {
        let mut directory = self.directory.clone();
        self.changes.iter().for_each(|change| change.apply(&mut directory));
        directory
    }
}

impl Change {
    fn apply(&self, directory: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Self::Link(path, file) => {
                directory.insert(path.clone(), *file);
            }
            Self::Unlink(path) => {
                directory.remove(path);
            }
            Self::Rename(from, to, file) => {
                directory.remove(from);
                directory.insert(to.clone(), *file);
            }
        }
    }
}

impl Disk for ModelDisk {
    type New = usize;

    fn create(&self, path: &Path, _: &Path) -> io::Result<usize> {
        self.step()?;
        let mut state = self.state.borrow_mut();
        if state.now().contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.files.push(Bytes::default());
        let file = state.files.len() - 1;
        state.changes.push(Change::Link(path.into(), file));
        Ok(file)
    }

    fn write(&self, file: &mut usize, bytes: &[u8]) -> io::Result<()> {
        let torn = self.power();
        let written = &mut self.state.borrow_mut().files[*file].written;
        written.extend_from_slice(&bytes[..torn.unwrap_or(bytes.len())]);
        torn.map_or(Ok(()), |_| Err(io::Error::other("no power")))
    }

    fn sync(&self, file: &usize) -> io::Result<()> {
        self.step()?;
        let file = &mut self.state.borrow_mut().files[*file];
        file.durable = file.written.len();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.borrow_mut();
        let file = *state.now().get(from).ok_or(io::ErrorKind::NotFound)?;
        state.changes.push(Change::Rename(from.into(), to.into(), file));
        Ok(())
    }

    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        self.step()?;
        let mut state = self.state.borrow_mut();
        state.directory = state.now();
        state.changes.clear();
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        // Not a step to crash at: the first one has nothing before it, and after a crash nobody tidies up.
        let mut state = self.state.borrow_mut();
        if self.crash.get().0 > 0 && state.now().contains_key(path) {
            state.changes.push(Change::Unlink(path.into()));
        }
        Ok(())
    }
}

/// Create, write, sync, rename, sync the directory.
const STEPS: usize = 5;
const WRITE: usize = 1;
const STORE: &str = "/folder/store";
