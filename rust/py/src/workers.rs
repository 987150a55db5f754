//! Threads, and memory that is used again.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstspike_learn::eventprop::{Adjoint, Gradients};
use firstspike_sim::lif::{LifNetwork, Simulator, Tape};
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

/// Memory whose users are gone, for the next ones: fresh memory has to be asked for page by page,
/// which takes longer than a small batch.
#[derive(Default)]
pub(crate) struct Shelf {
    single: Mutex<Place<f32>>,
    double: Mutex<Place<f64>>,
}

/// What lies on the shelf in one precision.
pub(crate) struct Place<R: Real> {
    tapes: Vec<Tape<R>>,
    simulators: Vec<Simulator<R>>,
    adjoints: Vec<Adjoint<R>>,
    gradients: Vec<Gradients<R>>,
}

impl<R: Real> Default for Place<R> {
    fn default() -> Self {
        Self {
            tapes: Vec::new(),
            simulators: Vec::new(),
            adjoints: Vec::new(),
            gradients: Vec::new(),
        }
    }
}

/// A precision that has a place on the shelf.
pub(crate) trait Precision: Real + Element {
    /// Its place.
    fn place(shelf: &Shelf) -> &Mutex<Place<Self>>;
}

impl Precision for f32 {
    fn place(shelf: &Shelf) -> &Mutex<Place<Self>> {
        &shelf.single
    }
}

impl Precision for f64 {
    fn place(shelf: &Shelf) -> &Mutex<Place<Self>> {
        &shelf.double
    }
}

/// Most tapes that wait on the shelf: one being used and one being made is the common case.
const MOST_TAPES: usize = 2;

/// What has seen more samples than this,
const MOST_SAMPLES: usize = 1024;

/// and more neurons in all of them together, gives its memory back, some 64 MB: batches this large
/// are rare.
const MOST_NEURONS: usize = 1 << 20;

/// Whether what so many samples of a network take may lie on the shelf.
fn may_stay<R: Real>(net: &LifNetwork<R>, n_samples: usize) -> bool {
    let neurons: usize = net.layers().iter().map(|layer| layer.spec().n_out).sum();
    n_samples <= MOST_SAMPLES || n_samples.saturating_mul(neurons) <= MOST_NEURONS
}

impl Shelf {
    fn open<R: Precision>(&self) -> MutexGuard<'_, Place<R>> {
        let place = R::place(self).lock();
        place.unwrap_or_else(PoisonError::into_inner)
    }

    /// A tape to write on.
    pub(crate) fn take<R: Precision>(&self) -> Tape<R> {
        self.open().tapes.pop().unwrap_or_default()
    }

    /// Puts a tape of a network back, unless it is large or there are enough.
    pub(crate) fn give<R: Precision>(&self, net: &LifNetwork<R>, tape: Tape<R>) {
        let tapes = &mut self.open().tapes;
        if tapes.len() < MOST_TAPES && may_stay(net, tape.slots()) {
            tapes.push(tape);
        }
    }
}

impl Shelf {
    /// Zero gradients of a network, with memory for what belongs to samples.
    pub(crate) fn take_gradients<R: Precision>(&self, net: &LifNetwork<R>) -> Gradients<R> {
        let used = self.open().gradients.pop();
        let mut gradients = used.unwrap_or_else(Gradients::empty);
        gradients.renew(net);
        gradients
    }

    /// Puts gradients of a network back, unless they are large or there are some.
    pub(crate) fn give_gradients<R: Precision>(
        &self,
        net: &LifNetwork<R>,
        gradients: Gradients<R>,
    ) {
        let place = &mut self.open().gradients;
        if place.is_empty() && may_stay(net, gradients.slots()) {
            place.push(gradients);
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

    /// Lends a simulator, whose memory does not grow with the number of samples.
    pub(crate) fn with_simulator<R: Precision, T>(
        &self,
        work: impl FnOnce(&mut Simulator<R>) -> T,
    ) -> T {
        let used = self.shelf.open().simulators.pop();
        let mut simulator = used.unwrap_or_else(|| Simulator::new(Arc::clone(&self.pool)));
        let result = work(&mut simulator);
        let simulators = &mut self.shelf.open().simulators;
        if simulators.is_empty() {
            simulators.push(simulator);
        }
        result
    }

    /// Lends an adjoint to someone who has so many samples of a network.
    pub(crate) fn with_adjoint<R: Precision, T>(
        &self,
        (net, n_samples): (&LifNetwork<R>, usize),
        work: impl FnOnce(&mut Adjoint<R>) -> T,
    ) -> T {
        let used = self.shelf.open().adjoints.pop();
        let mut adjoint = used.unwrap_or_else(|| Adjoint::new(Arc::clone(&self.pool)));
        let result = work(&mut adjoint);
        let adjoints = &mut self.shelf.open().adjoints;
        if adjoints.is_empty() && may_stay(net, n_samples) {
            adjoints.push(adjoint);
        }
        result
    }

    pub(crate) fn shelf(&self) -> &Arc<Shelf> {
        &self.shelf
    }
}
