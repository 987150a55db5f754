//! Threads that stay, and are ready within a microsecond while there is work now and then.
//!
//! A step of training fans out four times in a millisecond, or in a tenth of one. To wake a
//! sleeping thread takes about as long, so helpers keep looking for the next task for a little
//! while before they sleep, and a caller looks for the last helper likewise. Nobody ever waits for
//! a helper that has not begun: its offer is taken back.

use std::any::Any;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};
use std::{fmt, io, process};

/// What helpers call with their number, from 0; each call goes on until nothing is left to do.
type Task<'a> = dyn Fn(usize) + Sync + 'a;

/// No task.
const IDLE: u32 = 0;
/// A task that the helper has not begun and the caller may take back.
const OFFERED: u32 = 1;
/// At work.
const RUNNING: u32 = 2;
/// The crew is dissolved.
const DISMISSED: u32 = 3;

/// Looks this often before it lets others have the core between two looks.
const LOOKS: u32 = 400;

/// Looks for so long before it sleeps.
const PATIENCE: Duration = Duration::from_micros(200);

/// Helpers, one fewer than there are workers: the caller works too.
pub(super) struct Crew {
    seats: Vec<Arc<Seat>>,
    threads: Vec<JoinHandle<()>>,
    /// Held by the caller whom the helpers serve.
    caller: Mutex<()>,
    /// Threads do not survive a fork, so a child of this process has no helpers.
    process: u32,
}

/// Where caller and helper meet; aligned so that no two of them share a cache line.
#[derive(Default)]
#[repr(align(128))]
struct Seat {
    state: AtomicU32,
    /// The helper sleeps, or is about to.
    asleep: AtomicBool,
    /// The caller sleeps until the helper is done, or is about to.
    awaited: AtomicBool,
    task: Mutex<Option<&'static Task<'static>>>,
    caller: Mutex<Option<Thread>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Crew {
    /// Starts so many helpers.
    pub(super) fn new(helpers: usize) -> io::Result<Self> {
        let mut crew = Self {
            seats: Vec::new(),
            threads: Vec::new(),
            caller: Mutex::default(),
            process: process::id(),
        };
        for number in 0..helpers {
            let seat = Arc::new(Seat::default());
            let own = Arc::clone(&seat);
            let name = "firstspike".to_owned();
            let thread = thread::Builder::new()
                .name(name)
                .spawn(move || own.serve(number));
            crew.threads.push(thread?); // those that have started are dismissed on the way out
            crew.seats.push(seat);
        }
        Ok(crew)
    }

    /// Lets up to `most` helpers call `task` while the caller does `own`, which may wake those who
    /// sleep; returns when all are done. Helpers may serve somebody else, or not come in time, so
    /// `own` has to do whatever is left.
    ///
    /// # Panics
    /// When `own` or a helper does.
    pub(super) fn share(&self, most: usize, task: &Task<'_>, own: impl FnOnce(&Call<'_>)) {
        let guard = match self.caller.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let present = guard.is_some() && self.process == process::id();
        let helpers = if present {
            most.min(self.seats.len())
        } else {
            0
        };
        let call = Call {
            seats: &self.seats[..helpers],
            threads: &self.threads[..helpers],
        };
        // SAFETY: only the lifetime changes. No helper has the task any more when this function is
        // left, not even by a panic of `own`: `Call::drop` takes it back or waits until it is done.
        #[allow(unsafe_code)]
        let task = unsafe { std::mem::transmute::<&Task<'_>, &'static Task<'static>>(task) };
        for seat in call.seats {
            *lock(&seat.task) = Some(task);
            *lock(&seat.panic) = None;
            seat.state.store(OFFERED, Ordering::SeqCst);
        }
        own(&call);
        let seats = call.seats;
        drop(call);
        let mut panic = None;
        for seat in seats {
            panic = lock(&seat.panic).take().or(panic);
        }
        drop(guard);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

/// A task that is on offer.
pub(super) struct Call<'a> {
    seats: &'a [Arc<Seat>],
    threads: &'a [JoinHandle<()>],
}

impl Call<'_> {
    /// Wakes the helpers who sleep.
    pub(super) fn wake(&self) {
        for (seat, thread) in self.seats.iter().zip(self.threads) {
            if seat.asleep.load(Ordering::SeqCst) {
                thread.thread().unpark();
            }
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        for seat in self.seats {
            seat.take_back();
        }
    }
}

impl Seat {
    /// The life of a helper.
    fn serve(&self, number: usize) {
        while self.accept() {
            let task = lock(&self.task).take();
            let outcome = task.map(|task| catch_unwind(AssertUnwindSafe(|| task(number))));
            *lock(&self.panic) = outcome.and_then(Result::err);
            self.state.store(IDLE, Ordering::SeqCst);
            if self.awaited.load(Ordering::SeqCst)
                && let Some(caller) = lock(&self.caller).take()
            {
                caller.unpark();
            }
        }
    }

    /// Waits for an offer; false when the crew is dissolved.
    fn accept(&self) -> bool {
        loop {
            wait(&self.state, &self.asleep, |state| {
                matches!(state, OFFERED | DISMISSED)
            });
            let from = (Ordering::SeqCst, Ordering::SeqCst);
            match self
                .state
                .compare_exchange(OFFERED, RUNNING, from.0, from.1)
            {
                Ok(_) => return true,
                Err(DISMISSED) => return false,
                Err(_) => {} // taken back in the meantime
            }
        }
    }

    /// Ends an offer: takes the task back, or waits until it is done.
    fn take_back(&self) {
        let from = (Ordering::SeqCst, Ordering::SeqCst);
        let changed = self.state.compare_exchange(OFFERED, IDLE, from.0, from.1);
        if changed.is_ok() {
            *lock(&self.task) = None;
            return;
        }
        *lock(&self.caller) = Some(thread::current());
        wait(&self.state, &self.awaited, |state| state == IDLE);
    }
}

/// Returns when `state` is as wanted. Whoever changes it wakes those of whom `asleep` is true.
fn wait(state: &AtomicU32, asleep: &AtomicBool, wanted: impl Fn(u32) -> bool) {
    let begin = Instant::now();
    let mut looks = 0;
    while !wanted(state.load(Ordering::SeqCst)) {
        if looks < LOOKS {
            looks += 1;
            spin_loop();
        } else if begin.elapsed() < PATIENCE {
            thread::yield_now();
        } else {
            asleep.store(true, Ordering::SeqCst);
            if !wanted(state.load(Ordering::SeqCst)) {
                thread::park();
            }
            asleep.store(false, Ordering::SeqCst);
        }
    }
}

/// What a panic left behind is as good as before: all of it is written anew before it is read.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Crew {
    fn drop(&mut self) {
        if self.process != process::id() {
            self.threads.drain(..).for_each(std::mem::forget);
            return;
        }
        for seat in &self.seats {
            seat.state.store(DISMISSED, Ordering::SeqCst);
        }
        for thread in self.threads.drain(..) {
            thread.thread().unpark();
            // it cannot have panicked
            drop(thread.join());
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crew({})", self.seats.len())
    }
}
