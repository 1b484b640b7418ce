//! The lines of a log, one after the other, in memory for one.

use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use hallpass_core::Fault;
use hallpass_core::audit::chain::{LONGEST_LINE, Origin, Place, Report, Verifier};

use super::opened::Opened;
use super::{AuditLog, anchor_place, unreadable};

/// One line of a log, judged.
#[derive(Clone, Copy, Debug)]
pub struct AuditLine<'a> {
    /// Where it stands.
    pub place: Place,
    /// Its text, without the line end.
    pub text: &'a [u8],
    /// It is as it was written, and where it was written.
    pub verified: bool,
    /// Who wrote it, where that is known.
    pub origin: Option<&'a Origin>,
}

/// How far a reader is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Bytes read so far, of all files.
    pub read: u64,
    /// Bytes of all files when it began.
    pub all: u64,
}

impl AuditLog {
    /// The files, as a [`Place`] counts them; the last one is that of the anchors, if there is one.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.files.iter().map(|one| &one.path).chain(&self.anchors_file).cloned().collect()
    }

    /// Reads every line and judges it. `each` is called with every line in order, `progress` every some megabytes. Ends early when either says so, with the
    /// report of what was read until then.
    ///
    /// # Errors
    /// `audit-unreadable`, and what `each` says.
    pub fn read<E: From<Fault>>(
        &self,
        mut each: impl FnMut(AuditLine<'_>) -> Result<(), E>,
        mut progress: impl FnMut(Progress),
    ) -> Result<Report, E> {
        let mut verifier = Verifier::new(self.keys.clone(), self.anchors.iter().copied(), self.complete);
        if self.accepts_public {
            verifier = verifier.accepting_public();
        }
        let all = self.files.iter().map(Opened::length).sum();
        let (mut read, mut told) = (0, 0);
        let mut line = Vec::new();
        for (file, opened) in self.files.iter().enumerate() {
            let failed = |error| unreadable(&opened.path, error);
            let mut lines = Lines(opened.content().map_err(failed)?);
            let mut number = 0;
            while let Some(bytes) = lines.next(&mut line).map_err(failed)? {
                number += 1;
                read += bytes;
                self.judge(&mut verifier, Place { file, line: number }, &line, &mut each)?;
                if read - told >= PROGRESS_EVERY {
                    told = read;
                    progress(Progress { read, all });
                }
            }
        }
        for line in &self.damaged {
            verifier.anchor_damaged(anchor_place(self.files.len(), *line));
        }
        Ok(verifier.finish())
    }

    fn judge<E>(
        &self,
        verifier: &mut Verifier,
        place: Place,
        line: &[u8],
        each: &mut impl FnMut(AuditLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (text, whole) = match line.strip_suffix(b"\n") {
            Some(text) => (text, true),
            None => (line, false),
        };
        if self.mixed && !text.starts_with(b"{\"schema\":") {
            return Ok(());
        }
        if text.len() > LONGEST_LINE {
            verifier.too_long(place);
            return Ok(());
        }
        let judgement = verifier.line(place, text, whole);
        let origin = judgement.chain.and_then(|chain| verifier.origin(chain));
        each(AuditLine { place, text, verified: judgement.verified, origin })
    }
}

/// The lines of a file, none of which takes more memory than the longest that can be one.
struct Lines<R>(R);

impl<R: BufRead> Lines<R> {
    /// Puts the next line into `line`, with its end if it has one, and says how many bytes it took. What is too long is cut.
    fn next(&mut self, line: &mut Vec<u8>) -> io::Result<Option<u64>> {
        line.clear();
        let mut read = (&mut self.0).take(LONGEST_LINE as u64 + 2).read_until(b'\n', line)? as u64;
        if line.len() > LONGEST_LINE && line.last() != Some(&b'\n') {
            read += self.pass_over()?;
        }
        Ok((read > 0).then_some(read))
    }

    /// Reads on to the next line end.
    fn pass_over(&mut self) -> io::Result<u64> {
        let mut passed = 0;
        loop {
            let buffer = self.0.fill_buf()?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |at| at + 1);
            passed += taken as u64;
            self.0.consume(taken);
            if end.is_some() || taken == 0 {
                return Ok(passed);
            }
        }
    }
}

const PROGRESS_EVERY: u64 = 16 * 1024 * 1024;
