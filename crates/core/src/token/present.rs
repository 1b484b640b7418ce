//! The token that is served now, and how a thread reads it without writing to anything that another thread looks at.
//!
//! ```text
//!   store ──▶ stamp = 0 ──▶ far = the token, stamped ──▶ stamp = its stamp
//!
//!   read      the stamp here and that of the token this thread keeps are the same ──▶ lend that one: nothing shared is written
//!             otherwise ──▶ lend one from `far`: two reference counts are written
//!   give back ──▶ the thread keeps it for its next read
//! ```
//!
//! # Why a thread keeps the token
//!
//! Reading a shared pointer safely writes to memory twice, and handing out a reference twice more. Each such write costs as much as reading a
//! coarse clock, and together they cost more than everything else in a hit (`bench/README.md`). A lent token that is given back is one that can be
//! lent again without any of them, as long as nobody has replaced it; the stamp tells.
//!
//! The price: a thread that reads no more keeps the token it read last until the thread ends. So the memory of a process may hold a token for
//! longer than the cache serves it, as it does while a call is under way.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;

use super::access::AccessToken;
use super::lanes::Lanes;
use crate::sync::{Arc, AtomicU64, Ordering, Snapshot, serial, thread_local};

/// The token of one cache, replaced as a whole.
pub(super) struct Present {
    /// Which cache this is, so that every thread keeps its tokens in one place.
    home: u64,
    /// The stamp of the token in `far`; zero while there is none and while it is being replaced.
    stamp: AtomicU64,
    far: Snapshot<Lanes>,
}

impl Present {
    pub(super) fn none() -> Self {
        Self { home: serial(), stamp: AtomicU64::new(0), far: Snapshot::empty() }
    }

    /// Replaces the token, and lends the new one. One at a time: the caller holds the lock.
    pub(super) fn replace(&self, token: &AccessToken) -> LentToken {
        let place = Place { home: self.home, stamp: serial() };
        let lanes = Lanes::of(token, place);
        let lent = LentToken(Some(Arc::clone(lanes.mine())));
        self.hide();
        self.far.store(Some(Arc::new(lanes)));
        self.stamp.store(place.stamp, Ordering::Release);
        lent
    }

    /// Takes the token away. One at a time, likewise.
    pub(super) fn clear(&self) {
        self.hide();
        self.far.store(None);
    }

    /// Before `far` changes: nobody is lent what a thread keeps who could know already that it was replaced.
    fn hide(&self) {
        self.stamp.store(0, Ordering::Release);
    }

    /// The token there is now. Takes no lock, and allocates nothing once this thread has read any token.
    #[inline]
    pub(super) fn read(&self) -> Option<LentToken> {
        match self.stamp.load(Ordering::Acquire) {
            0 => self.far(),
            stamp => kept(Place { home: self.home, stamp }).or_else(|| self.far()),
        }
    }

    pub(super) fn is_home_of(&self, token: &LentToken) -> bool {
        token.place().home == self.home
    }

    #[cold]
    fn far(&self) -> Option<LentToken> {
        self.far.load().as_ref().map(|lanes| LentToken(Some(Arc::clone(lanes.mine()))))
    }
}

/// Which cache a token belongs to, and which of its tokens it is. What is stored twice (after another draw) is stamped twice; no two stamps of a process
/// are the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    home: u64,
    stamp: u64,
}

/// A token for one request, lent by its cache. Dropping it gives it back.
#[derive(Clone)]
pub struct LentToken(Option<Arc<AccessToken>>);

impl Deref for LentToken {
    type Target = AccessToken;

    fn deref(&self) -> &AccessToken {
        self.0.as_deref().expect("only dropping takes it")
    }
}

impl Drop for LentToken {
    #[inline]
    fn drop(&mut self) {
        if let Some(token) = self.0.take() {
            keep(token);
        }
    }
}

impl fmt::Debug for LentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

thread_local! {
    /// What this thread was lent and has given back.
    static NEAR: [Cell<Option<Arc<AccessToken>>>; NEARBY] = const { [const { Cell::new(None) }; NEARBY] };
}

/// The token of `place`, if this thread keeps it. What is there in its stead is of no use to whoever asks, and goes.
#[inline]
fn kept(place: Place) -> Option<LentToken> {
    let token = NEAR.try_with(|near| slot(near, place).take()).ok()??;
    (token.place().stamp == place.stamp).then(|| LentToken(Some(token)))
}

/// Keeps `token` for this thread's next read; of two the one that was stored later. A thread that is ending keeps nothing.
#[inline]
fn keep(token: Arc<AccessToken>) {
    // Not kept means dropped, which is what becomes of it anyway.
    let _ending = NEAR.try_with(|near| {
        let slot = slot(near, token.place());
        let other = slot.take().filter(|other| other.place().stamp > token.place().stamp);
        slot.set(Some(other.unwrap_or(token)));
    });
}

fn slot(near: &[Cell<Option<Arc<AccessToken>>>; NEARBY], place: Place) -> &Cell<Option<Arc<AccessToken>>> {
    &near[place.home as usize % NEARBY]
}

/// How many tokens a thread keeps. Two caches that share a place drive each other out, which costs time and nothing else.
const NEARBY: usize = 16;

#[cfg(test)]
mod tests {
    use super::{NEARBY, Present};
    use crate::clock::Moment;
    use crate::secret::Secret;
    use crate::sync::Arc;
    use crate::token::{AccessToken, Schedule};
    use std::thread;
    use std::time::Duration;

    fn token(generation: u64) -> AccessToken {
        let start = Moment { wall: Duration::ZERO, monotonic: Duration::ZERO };
        let schedule = Schedule::plan(Duration::from_secs(60), start, 0.0);
        AccessToken::new(generation, Secret::from("t"), schedule).unwrap()
    }

    fn holding(generation: u64) -> Present {
        let present = Present::none();
        drop(present.replace(&token(generation)));
        present
    }

    fn generation(present: &Present) -> Option<u64> {
        present.read().map(|token| token.generation())
    }

    /// How many references there are to every one of the counts in `far`.
    fn counts(present: &Present) -> Vec<usize> {
        let far = present.far.load_full().unwrap();
        far.each().map(Arc::strong_count).collect()
    }

    #[test]
    fn what_was_given_back_is_lent_again_without_touching_a_count() {
        let present = holding(1);
        drop(present.read());
        let before = counts(&present);
        assert_eq!(before.iter().sum::<usize>(), before.len() + 1, "this thread keeps one");
        let lent = present.read().unwrap();
        assert_eq!(counts(&present), before, "lending it wrote nothing");
        drop(lent);
        assert_eq!(counts(&present), before, "giving it back wrote nothing");
    }

    #[test]
    fn what_was_replaced_or_taken_away_is_not_lent_again() {
        let present = holding(1);
        assert_eq!(generation(&present), Some(1));
        drop(present.replace(&token(2)));
        assert_eq!(generation(&present), Some(2));
        assert_eq!(generation(&present), Some(2));
        present.clear();
        assert_eq!(generation(&present), None);
    }

    #[test]
    fn a_token_given_back_late_neither_comes_back_nor_drives_out_its_successor() {
        let present = holding(1);
        let late = present.read().unwrap();
        drop(present.replace(&token(2)));
        drop(present.read());
        let before = counts(&present);
        drop(late);
        assert_eq!(counts(&present), before, "the successor is still kept");
        assert_eq!(generation(&present), Some(2));
    }

    #[test]
    fn what_is_lent_reads_as_the_token_that_it_is() {
        let lent = holding(7).read().unwrap();
        let text = format!("{lent:?}");
        assert_eq!(text, format!("{:?}", *lent));
        assert!(text.contains("generation: 7"), "{text}");
    }

    #[test]
    fn the_same_token_stored_again_is_another_one() {
        let present = holding(1);
        let first = present.read().unwrap();
        drop(present.replace(&first));
        drop(first);
        let (lent, again) = (present.read().unwrap(), present.read().unwrap());
        assert_eq!(lent.place().stamp, again.place().stamp);
        assert_eq!(lent.place().stamp, present.stamp.load(std::sync::atomic::Ordering::Relaxed));
    }

    #[test]
    fn a_thread_keeps_nothing_of_a_token_that_it_looked_past_or_that_it_outlived() {
        let present = holding(1);
        drop(present.read());
        let seen = Arc::downgrade(present.read().unwrap().0.as_ref().unwrap());
        present.clear();
        assert!(seen.upgrade().is_some(), "kept until this thread looks again");
        drop(present.replace(&token(2)));
        drop(present.read());
        assert!(seen.upgrade().is_none());

        let seen = thread::scope(|scope| {
            let reader = scope.spawn(|| Arc::downgrade(present.read().unwrap().0.as_ref().unwrap()));
            reader.join().unwrap()
        });
        present.clear();
        assert!(seen.upgrade().is_none(), "the thread has ended");
    }

    #[test]
    fn a_lent_token_may_be_given_back_on_another_thread() {
        let present = holding(1);
        let lent = present.read().unwrap();
        let kept_there = thread::scope(|scope| {
            let reader = scope.spawn(|| {
                drop(lent);
                generation(&present)
            });
            reader.join().unwrap()
        });
        assert_eq!((kept_there, generation(&present)), (Some(1), Some(1)));
    }

    #[test]
    fn caches_that_share_a_place_are_never_lent_each_others_tokens() {
        let caches: Vec<_> = (0..3 * NEARBY as u64).map(|number| holding(number + 1)).collect();
        for _ in 0..3 {
            for (number, cache) in (1..).zip(&caches) {
                assert_eq!(generation(cache), Some(number));
                assert_eq!(generation(cache), Some(number));
                let lent = cache.read().unwrap();
                assert_eq!(caches.iter().filter(|cache| cache.is_home_of(&lent)).count(), 1);
            }
        }
    }
}
