//! The one place where work fans out to threads.
//!
//! Every item is written by exactly one call, from inputs that no other call writes, so results
//! cannot depend on the number of threads or on the schedule. Nothing is ever reduced here.
//! The threads themselves are in `crew`, the only file of the project with unsafe code.

mod crew;

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use self::crew::{Crew, lock};
use crate::SimError;

/// More threads than any machine has cores.
const MOST_THREADS: usize = 4096;

/// A share is worked off in so many portions, so that nobody is left with much when others are done,
const PORTIONS: usize = 16;

/// each of at most so many items.
const MOST_ITEMS: usize = 8;

/// Helpers who sleep are woken for work that lasts longer than this, about as long as waking takes.
const WORTH_WAKING: Duration = Duration::from_micros(5);

/// The calling thread and a fixed set of helpers.
#[derive(Debug)]
pub struct Workers {
    helpers: Option<Crew>,
    count: usize,
}

impl Workers {
    /// So many workers in all, or one per core.
    ///
    /// # Errors
    /// [`SimError::Domain`] when the system refuses to start that many threads.
    pub fn new(threads: Option<NonZeroUsize>) -> Result<Self, SimError> {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let count = threads.unwrap_or_else(cores).get();
        if count == 1 {
            return Ok(Self::single());
        }
        if count > MOST_THREADS {
            let fix = format!("at most {MOST_THREADS}");
            return Err(SimError::domain("threads", count, fix));
        }
        let helpers = Crew::new(count - 1).map_err(|error| {
            let fix = format!("a number of threads the system can start ({error})");
            SimError::domain("threads", count, fix)
        })?;
        Ok(Self {
            helpers: Some(helpers),
            count,
        })
    }

    /// The calling thread alone.
    pub fn single() -> Self {
        Self {
            helpers: None,
            count: 1,
        }
    }

    /// Number of workers.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Calls `work(index, item, scratch)` once for every item, with one scratch per worker. Every
    /// worker has a contiguous share, the same one whenever there are as many items, so that what
    /// it left in its caches is of use; who is done helps the others. Work that is over soon is not
    /// worth waking helpers for, and a caller who finds them busy, or is itself an item, works
    /// alone.
    ///
    /// # Panics
    /// When there are fewer scratches than workers, or `work` panics.
    pub fn for_each<T, S, F>(&self, items: &mut [T], scratches: &mut [S], work: F)
    where
        T: Send,
        S: Send,
        F: Fn(usize, &mut T, &mut S) + Sync,
    {
        let share = items.len().div_ceil(self.count).max(1);
        let portion = (share / PORTIONS).clamp(1, MOST_ITEMS);
        let shares = items.chunks_mut(share).zip((0..).step_by(share));
        let shares =
            shares.map(|(items, first)| (first..).step_by(portion).zip(items.chunks_mut(portion)));
        self.work_off(shares, scratches, work);
    }

    /// The same with shares that the caller has made, one per worker at most, and an index that counts
    /// the items of all of them. A share is worked off from its beginning, also by those who help,
    /// so it had best end with what takes the least time.
    ///
    /// # Panics
    /// When there are more shares or fewer scratches than workers, or `work` panics.
    pub fn for_each_of_shares<T, S, F>(&self, shares: &mut [Vec<T>], scratches: &mut [S], work: F)
    where
        T: Send,
        S: Send,
        F: Fn(usize, &mut T, &mut S) + Sync,
    {
        assert!(shares.len() <= self.count, "one share per worker");
        let mut next = 0;
        let shares = shares.iter_mut().map(|share| {
            let first = next;
            next += share.len();
            (first..).zip(share.chunks_mut(1))
        });
        self.work_off(shares, scratches, work);
    }

    /// Works off shares, each of them portions of adjacent items with the index of the first.
    fn work_off<'a, T, S, F>(
        &self,
        shares: impl Iterator<Item = impl Iterator<Item = (usize, &'a mut [T])> + Send>,
        scratches: &mut [S],
        work: F,
    ) where
        T: Send + 'a,
        S: Send,
        F: Fn(usize, &mut T, &mut S) + Sync,
    {
        assert!(scratches.len() >= self.count, "one scratch per worker");
        let Some(crew) = &self.helpers else {
            for (first, items) in shares.flatten() {
                for (index, item) in (first..).zip(items) {
                    work(index, item, &mut scratches[0]);
                }
            }
            return;
        };
        let shares: Vec<_> = shares.map(Mutex::new).collect();
        let scratches: Vec<_> = scratches
            .iter_mut()
            .map(|own| Mutex::new(Some(own)))
            .collect();
        let go_on = |worker: usize, after: &mut dyn FnMut()| {
            let Some(scratch) = lock(&scratches[worker]).take() else {
                return;
            };
            let (before, own) = shares.split_at(worker.min(shares.len()));
            for share in own.iter().chain(before) {
                while let Some((first, items)) = next(share) {
                    for (index, item) in (first..).zip(items) {
                        work(index, item, scratch);
                        after();
                    }
                }
            }
        };
        let most = match shares.len() {
            0 | 1 => return go_on(0, &mut || ()),
            count => count - 1,
        };
        let begin = Instant::now();
        crew.share(most, &|helper| go_on(helper + 1, &mut || ()), |call| {
            let mut asked = false;
            go_on(0, &mut || {
                if !asked && begin.elapsed() > WORTH_WAKING {
                    call.wake();
                    asked = true;
                }
            });
        });
    }
}

/// Takes the next one.
fn next<I: Iterator>(rest: &Mutex<I>) -> Option<I::Item> {
    lock(rest).next()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    const ITEMS: usize = 60;

    fn workers(threads: usize) -> Workers {
        Workers::new(NonZeroUsize::new(threads)).unwrap()
    }

    /// Sums up which items were worked on, while it takes long enough for everybody to help.
    fn total(workers: &Workers) -> usize {
        let total = AtomicUsize::new(0);
        workers.for_each(&mut [(); ITEMS], &mut [(); 8], |index, (), ()| {
            thread::sleep(Duration::from_micros(20));
            total.fetch_add(index, Ordering::Relaxed);
        });
        total.into_inner()
    }

    #[test]
    fn everybody_helps_and_keeps_a_scratch() {
        let mut scratches = [0; 4];
        let workers = workers(4);
        workers.for_each(&mut [(); ITEMS], &mut scratches, |_, (), done| {
            thread::sleep(Duration::from_millis(2));
            *done += 1;
        });
        assert_eq!(scratches.iter().sum::<usize>(), ITEMS);
        assert!(scratches.iter().all(|&done| done > 0), "{scratches:?}");
    }

    #[test]
    fn helpers_come_back_from_sleep_and_from_panics() {
        let workers = workers(3);
        for bad in [0, ITEMS / 2, ITEMS - 1] {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                workers.for_each(&mut [(); ITEMS], &mut [(); 3], |index, (), ()| {
                    thread::sleep(Duration::from_micros(50));
                    assert_ne!(index, bad, "as it should");
                });
            }));
            assert!(panicked.is_err(), "item {bad}");
            thread::sleep(Duration::from_millis(2)); // long enough to fall asleep
            assert_eq!(total(&workers), ITEMS * (ITEMS - 1) / 2);
        }
    }

    #[test]
    fn callers_at_the_same_time_and_inside_of_each_other_are_served() {
        let workers = workers(3);
        let expected = ITEMS * (ITEMS - 1) / 2;
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(total(&workers), expected));
            }
        });
        let mut totals = [0; 5];
        workers.for_each(&mut totals, &mut [(); 3], |_, sum, ()| {
            *sum = total(&workers);
        });
        assert_eq!(totals, [expected; 5]);
    }

    #[test]
    fn thousands_of_small_tasks_in_a_row_lose_nothing() {
        let workers = workers(2);
        let rounds = if cfg!(miri) { 20 } else { 20_000 }; // Miri is that much slower
        let mut items = [0_u32; 7];
        for _ in 0..rounds {
            workers.for_each(&mut items, &mut [(); 2], |_, item, ()| *item += 1);
        }
        assert_eq!(items, [rounds; 7]);
    }

    #[test]
    fn shares_are_worked_off_by_whoever_is_done() {
        for threads in 1..=3 {
            let mut shares = vec![vec![0; 2], vec![0; 40], vec![]];
            shares.truncate(threads);
            let total = shares.concat().len();
            let mut scratches = [0; 3];
            workers(threads).for_each_of_shares(
                &mut shares,
                &mut scratches,
                |index, item, done| {
                    thread::sleep(Duration::from_millis(1));
                    *item += index + 1;
                    *done += 1;
                },
            );
            assert_eq!(shares.concat(), (1..=total).collect::<Vec<_>>());
            assert_eq!(scratches.iter().sum::<usize>(), total);
            if threads == 3 {
                // whoever has few items of its own, or none, takes many of the others'
                assert!(scratches.iter().all(|&done| done > 5), "{scratches:?}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "one share per worker")]
    fn more_shares_than_workers_are_refused() {
        workers(2).for_each_of_shares(&mut vec![vec![()]; 3], &mut [(); 2], |_, (), ()| ());
    }

    #[test]
    fn every_item_is_visited_once_with_its_index() {
        for threads in 1..=4 {
            let workers = Workers::new(NonZeroUsize::new(threads)).unwrap();
            for n in 0..10 {
                let mut items = vec![0; n];
                let mut scratches = vec![(); threads];
                workers.for_each(&mut items, &mut scratches, |index, item, ()| {
                    *item += index + 1;
                });
                assert_eq!(items, (1..=n).collect::<Vec<_>>());
            }
        }
    }
}
