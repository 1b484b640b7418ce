//! The binary on a terminal, as a person meets it: a pseudo-terminal that this test holds the other end of.
//!
//! `setsid --ctty` of util-linux makes it the terminal that the process belongs to, which is where a password is asked for.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::scene::{PATIENCE, SECRET, Scene, until};

/// A process on a terminal of its own.
pub(crate) struct Session {
    terminal: File,
    child: Child,
    said: Receiver<Vec<u8>>,
    seen: String,
    /// How much of it was waited for already.
    passed: usize,
}

impl Session {
    pub(crate) fn start(scene: &Scene, arguments: &[&str]) -> Self {
        Self::with(scene, arguments, &[("NO_COLOR", "1")])
    }

    /// The same with these variables, and no other.
    pub(crate) fn with(scene: &Scene, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let inner = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let end = |inner: &OwnedFd| Stdio::from(inner.try_clone().unwrap());
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_hallpass")])
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", scene.path())
            .envs(variables.iter().copied())
            .current_dir(scene.path())
            .stdin(end(&inner))
            .stdout(end(&inner))
            .stderr(end(&inner))
            .spawn()
            .unwrap();
        let terminal = File::from(terminal);
        let (sender, said) = mpsc::channel();
        let mut reader = terminal.try_clone().unwrap();
        // On a thread, so that a question that never comes fails the test instead of hanging it. A terminal tells its end by an error.
        thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                sender.send(bytes[..length].to_vec()).ok();
            }
        });
        Self { terminal, child, said, seen: String::new(), passed: 0 }
    }

    /// Waits until `text` has appeared after what was waited for before.
    pub(crate) fn wait_for(&mut self, text: &str) {
        loop {
            if let Some(at) = self.seen[self.passed..].find(text) {
                self.passed += at + text.len();
                return;
            }
            assert!(self.read(), "it ended before it said {text:?}: {}", self.seen);
        }
    }

    /// Takes what comes next; false at the end.
    fn read(&mut self) -> bool {
        let came = self.said.recv_timeout(PATIENCE);
        assert_ne!(came, Err(RecvTimeoutError::Timeout), "nothing more came after: {}", self.seen);
        came.map(|bytes| self.seen.push_str(&String::from_utf8_lossy(&bytes))).is_ok()
    }

    pub(crate) fn type_line(&mut self, text: &str) {
        self.terminal.write_all(format!("{text}\n").as_bytes()).unwrap();
    }

    /// End of transmission, as Ctrl-D sends it.
    pub(crate) fn type_end(&mut self) {
        self.terminal.write_all(&[4]).unwrap();
    }

    /// Types what must not appear, once the terminal has stopped repeating what is typed.
    fn type_secret(&mut self, text: &str) {
        until(|| !tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO));
        self.type_line(text);
    }

    /// Everything it said, and the code it ended with.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        while self.read() {}
        let code = self.child.wait().unwrap().code();
        (code, self.seen.replace("\r\n", "\n"))
    }
}

#[test]
fn a_secret_typed_on_a_terminal_is_stored_and_never_shown() {
    let scene = Scene::empty();
    let id = scene.keys.id.clone();
    let mut session = Session::start(&scene, &["secret", "put", "queue-sync"]);
    session.wait_for("client_id: ");
    session.type_line(&id);
    session.wait_for("client_secret (not shown): ");
    session.type_secret(SECRET);
    let (code, seen) = session.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains(&id), "what is no secret is shown: {seen}");
    assert!(seen.contains("stored `local:queue-sync`"), "{seen}");
    assert!(!seen.contains("canary") && !seen.contains(SECRET), "{seen}");
    assert_eq!(scene.run(&["call", "queue-sync", "GET", "/api/v2/routing/queues"]).code, Some(0));
}

#[test]
fn the_questions_of_init_lead_to_a_configuration_in_order() {
    let scene = Scene::empty();
    fs::remove_file(scene.path().join("hallpass.toml")).unwrap();
    let mut session = Session::start(&scene, &["init", "--environment", "test"]);
    session.wait_for("platform [genesys]: ");
    session.type_line("");
    session.wait_for("region: ");
    session.type_line("us-esat-1");
    session.wait_for("did you mean \"us-east-1\"?");
    session.wait_for("region: ");
    session.type_line("us-east-1");
    session.wait_for("name [queue-sync]: ");
    session.type_line("Nightly Job");
    session.wait_for("name [queue-sync]: ");
    session.type_line("nightly-job");
    session.wait_for("allow [");
    session.type_line("");
    session.wait_for("allow: ");
    session.type_line("GET api");
    session.wait_for("allow: ");
    session.type_line("DELETE /api/v2/routing/queues/*");
    session.wait_for("allow: ");
    session.type_line("");
    let (code, seen) = session.end();
    assert_eq!(code, Some(0), "{seen}");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots/init_terminal.txt");
    hallpass_testkit::snapshot::assert_text(path, &seen);
    let checked = scene.hallpass(&["check", "--offline"]).env("HOME", scene.path());
    let checked = checked.run(PATIENCE).unwrap();
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(checked.stdout.contains("DELETE /api/v2/routing/queues/*"), "{checked:?}");
}

#[test]
fn a_terminal_that_is_closed_leaves_nothing_behind() {
    let scene = Scene::empty();
    fs::remove_file(scene.path().join("hallpass.toml")).unwrap();
    let mut session = Session::start(&scene, &["init"]);
    session.wait_for("platform [genesys]: ");
    session.type_end();
    let (code, seen) = session.end();
    assert_eq!(code, Some(2), "{seen}");
    assert!(seen.contains("nothing was written"), "{seen}");
    assert!(!scene.path().join("hallpass.toml").exists());
}
