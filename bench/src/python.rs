//! The lock and the expiry check that a Python program writes by hand.

use std::process::Command;

use crate::measure::{Candidate, Cost};

const SCRIPT: &str = r#"
import sys, threading, time

class Cache:
    def __init__(self):
        self.lock, self.token, self.until = threading.Lock(), "token", time.time() + 86400

    def get(self):
        with self.lock:
            if self.token is None or time.time() >= self.until - 60:
                raise RuntimeError("not cached")
            return self.token

cache, threads, count = Cache(), int(sys.argv[1]), 100_000

def reads():
    get = cache.get
    for _ in range(count):
        get()

workers = [threading.Thread(target=reads) for _ in range(threads)]
wall, cpu = time.perf_counter_ns(), time.process_time_ns()
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
print(wall / (count * threads), cpu / (count * threads))
"#;

/// Measured by `python3` itself; absent where there is none.
pub fn candidate() -> Candidate {
    Candidate::elsewhere("Python, `threading.Lock`, one clock", |threads| {
        let output = Command::new("python3").args(["-c", SCRIPT, &threads.to_string()]).output().ok()?;
        let said = String::from_utf8(output.stdout).ok()?;
        let (wall, cpu) = said.trim().split_once(' ')?;
        Some(Cost { wall: wall.parse().ok()?, cpu: cpu.parse().ok()? })
    })
}
