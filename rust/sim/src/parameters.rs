//! What every engine asks of the parameters of a layer.

use crate::{Real, SimError};

/// Refuses weights that are not one finite number for every pair of a source and a neuron.
pub(crate) fn check_weights<R: Real>(
    what: &str,
    values: &[R],
    sources: usize,
    neurons: usize,
) -> Result<(), SimError> {
    if values.len() != sources * neurons {
        let product = sources * neurons;
        return Err(SimError::shape(
            what,
            format!("{} entries", values.len()),
            format!("sources x neurons = {sources} x {neurons} = {product}"),
        ));
    }
    let Some(at) = values.iter().position(|w| !w.is_finite()) else {
        return Ok(());
    };
    Err(SimError::domain(
        format!("{what}[{}, {}]", at / neurons, at % neurons),
        values[at],
        "a finite number; a smaller learning rate or a slope guard may help",
    ))
}

/// Refuses anything but one entry per neuron.
pub(crate) fn check_per_neuron<T>(
    what: &str,
    values: &[T],
    neurons: usize,
) -> Result<(), SimError> {
    if values.len() == neurons {
        return Ok(());
    }
    let expected = format!("one per neuron, that is {neurons}");
    let got = format!("{} entries", values.len());
    Err(SimError::shape(what, got, expected))
}

/// Refuses anything but one threshold per neuron, above 0, where potentials start.
pub(crate) fn check_thresholds<R: Real>(thresholds: &[R], neurons: usize) -> Result<(), SimError> {
    check_per_neuron("thresholds", thresholds, neurons)?;
    let bad = |theta: &R| !(theta.is_finite() && *theta > R::zero());
    let Some(at) = thresholds.iter().position(bad) else {
        return Ok(());
    };
    Err(SimError::domain(
        format!("thresholds[{at}]"),
        thresholds[at],
        "a finite number above 0, where potentials start",
    ))
}
