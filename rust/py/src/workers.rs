//! Threads, and memory that is used again.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use firstspike_sim::lif::Tape;
use firstspike_sim::{Real, SimError, parallel};
use numpy::Element;
use pyo3::{PyResult, Python, pyclass, pymethods};

use crate::gate;

/// Threads that stay alive between calls.
#[pyclass(frozen)]
pub(crate) struct Workers {
    pool: Arc<parallel::Workers>,
    shelf: Arc<Shelf>,
}

/// Tapes whose owners are gone; the next forward pass fills them again.
#[derive(Default)]
pub(crate) struct Shelf {
    single: Mutex<Vec<Tape<f32>>>,
    double: Mutex<Vec<Tape<f64>>>,
}

/// A precision that has a place on the shelf.
pub(crate) trait Precision: Real + Element {
    /// Its place.
    fn place(shelf: &Shelf) -> &Mutex<Vec<Tape<Self>>>;
}

impl Precision for f32 {
    fn place(shelf: &Shelf) -> &Mutex<Vec<Tape<Self>>> {
        &shelf.single
    }
}

impl Precision for f64 {
    fn place(shelf: &Shelf) -> &Mutex<Vec<Tape<Self>>> {
        &shelf.double
    }
}

/// Most tapes that wait on the shelf: one being used and one being made is the common case.
const MOST_TAPES: usize = 2;

/// A tape of more samples than this gives its memory back: batches this large are rare.
const MOST_SAMPLES: usize = 1024;

impl Shelf {
    /// A tape to write on.
    pub(crate) fn take<R: Precision>(&self) -> Tape<R> {
        let mut tapes = R::place(self)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tapes.pop().unwrap_or_default()
    }

    /// Puts a tape back, unless it is large or there are enough.
    pub(crate) fn give<R: Precision>(&self, tape: Tape<R>) {
        let mut tapes = R::place(self)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if tapes.len() < MOST_TAPES && tape.slots() <= MOST_SAMPLES {
            tapes.push(tape);
        }
    }
}

#[pymethods]
impl Workers {
    #[new]
    #[pyo3(signature = (threads = None))]
    fn new(py: Python<'_>, threads: Option<usize>) -> PyResult<Self> {
        gate::enter(py, || {
            let threads = threads
                .map(|n| {
                    NonZeroUsize::new(n).ok_or_else(|| SimError::domain("threads", n, "at least 1"))
                })
                .transpose()?;
            parallel::Workers::new(threads).map(|pool| Self {
                pool: Arc::new(pool),
                shelf: Arc::default(),
            })
        })
    }

    /// Number of threads.
    #[getter]
    fn count(&self) -> usize {
        self.pool.count()
    }
}

impl Workers {
    pub(crate) fn pool(&self) -> &Arc<parallel::Workers> {
        &self.pool
    }

    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }
}
