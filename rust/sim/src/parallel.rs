//! The one place where work fans out to threads.
//!
//! Every item is written by exactly one call, from inputs that no other call writes, so results
//! cannot depend on the number of threads or on the schedule. Nothing is ever reduced here.

use std::num::NonZeroUsize;

use crate::SimError;

/// More threads than any machine has cores.
const MOST_THREADS: usize = 4096;

/// The calling thread and a fixed set of helpers.
#[derive(Debug)]
pub struct Workers {
    /// One thread fewer than there are workers: the caller works too.
    helpers: Option<rayon::ThreadPool>,
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
        let helpers = rayon::ThreadPoolBuilder::new()
            .num_threads(count - 1)
            .build()
            .map_err(|error| {
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

    /// Calls `work(index, item, scratch)` once for every item; items are dealt out in contiguous
    /// shares, one share and one scratch per worker.
    ///
    /// # Panics
    /// When there are fewer scratches than workers.
    pub fn for_each<T, S, F>(&self, items: &mut [T], scratches: &mut [S], work: F)
    where
        T: Send,
        S: Send,
        F: Fn(usize, &mut T, &mut S) + Sync,
    {
        assert!(scratches.len() >= self.count, "one scratch per worker");
        let share = items.len().div_ceil(self.count).max(1);
        let run = |first: usize, items: &mut [T], scratch: &mut S| {
            for (place, item) in items.iter_mut().enumerate() {
                work(first + place, item, scratch);
            }
        };
        let Some(helpers) = self.helpers.as_ref().filter(|_| items.len() > 1) else {
            return run(0, items, &mut scratches[0]);
        };
        let run = &run;
        let mut shares = items
            .chunks_mut(share)
            .zip(scratches)
            .zip((0..).step_by(share));
        let own = shares.next();
        helpers.in_place_scope(|scope| {
            for ((items, scratch), first) in shares {
                scope.spawn(move |_| run(first, items, scratch));
            }
            if let Some(((items, scratch), first)) = own {
                run(first, items, scratch);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
