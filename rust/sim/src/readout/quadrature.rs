//! Costates under the one window without a closed form.
//!
//! A sigmoid times an exponential has no elementary integral. Both are analytic, so Gauss-Legendre
//! sums over panels that are short against the time constants and the sigmoid's width are exact to
//! rounding. Panels end at arrivals; costates are carried from one arrival to the one before.

use super::kinetics::Kinetics;
use super::window::{Costate, CostateSlopes, Window};

/// Positive nodes of the 16-point rule on [-1, 1]; the others are their negatives.
pub const NODES: [f64; 8] = [
    0.095_012_509_837_637_44,
    0.281_603_550_779_258_9,
    0.458_016_777_657_227_37,
    0.617_876_244_402_643_8,
    0.755_404_408_355_003,
    0.865_631_202_387_831_8,
    0.944_575_023_073_232_6,
    0.989_400_934_991_649_9,
];

/// Weights of these nodes.
pub const WEIGHTS: [f64; 8] = [
    0.189_450_610_455_068_5,
    0.182_603_415_044_923_58,
    0.169_156_519_395_002_54,
    0.149_595_988_816_576_74,
    0.124_628_971_255_533_88,
    0.095_158_511_682_492_79,
    0.062_253_523_938_647_894,
    0.027_152_459_411_754_096,
];

/// Beyond so many of the longer time constant nothing is remembered in double precision.
const MEMORY: f64 = 40.0;
/// Panels in units of the shorter time constant: `e^-8` is a polynomial of degree 31 to rounding.
const PANEL: f64 = 8.0;
/// Panels in units of the sigmoid's width; its poles are pi widths away from the axis.
const PANEL_OF_WIDTH: f64 = 5.0;

/// Costates, and how `p` and `q` answer to the time constants.
#[derive(Clone, Copy, Default)]
struct Full {
    p: f64,
    q: f64,
    p_mem: f64,
    q_mem: f64,
    q_syn: f64,
}

/// See [`Window::costates`]; appends to both.
pub(super) fn costates(
    window: &Window,
    kinetics: &Kinetics,
    duration: f64,
    times: &[f64],
    costates: &mut Vec<Costate>,
    mut slopes: Option<&mut Vec<CostateSlopes>>,
) {
    let mut state = Full::default();
    let mut right = duration;
    for &left in times.iter().rev() {
        if left < right {
            state = carried(kinetics, right - left, state, slopes.is_some());
            add(
                window,
                kinetics,
                duration,
                (left, right),
                &mut state,
                slopes.is_some(),
            );
            right = left;
        }
        costates.push(Costate {
            p: state.p,
            q: state.q,
        });
        if let Some(slopes) = slopes.as_deref_mut() {
            slopes.push(CostateSlopes {
                mem: state.q_mem,
                syn: state.q_syn,
            });
        }
    }
    costates.reverse();
    if let Some(slopes) = slopes {
        slopes.reverse();
    }
}

/// The costates a stretch earlier, were there no window.
fn carried(kinetics: &Kinetics, seconds: f64, right: Full, slopes: bool) -> Full {
    let flow = kinetics.flow(seconds);
    let by = if slopes {
        kinetics.slopes(seconds)
    } else {
        super::FlowSlopes::default()
    };
    Full {
        p: right.p * flow.em,
        q: right.q * flow.es + right.p * flow.k,
        p_mem: right.p_mem * flow.em + right.p * by.em_mem,
        q_mem: right.q_mem * flow.es + right.p_mem * flow.k + right.p * by.k_mem,
        q_syn: right.q_syn * flow.es + right.q * by.es_syn + right.p * by.k_syn,
    }
}

/// Adds what the window pays between two arrivals.
fn add(
    window: &Window,
    kinetics: &Kinetics,
    duration: f64,
    (left, right): (f64, f64),
    state: &mut Full,
    slopes: bool,
) {
    let (short, long) = (
        kinetics.mem().min(kinetics.syn()),
        kinetics.mem().max(kinetics.syn()),
    );
    let width = match *window {
        Window::Sigmoid { width, .. } => width * duration,
        _ => duration,
    };
    let reach = (right - left).min(MEMORY * long);
    let most = (PANEL * short).min(PANEL_OF_WIDTH * width);
    let panels = (reach / most).ceil().max(1.0);
    let half = 0.5 * reach / panels;
    let mut middle = half;
    while middle < reach {
        for (node, weight) in NODES.iter().zip(WEIGHTS) {
            for s in [middle - half * node, middle + half * node] {
                let share = half * weight * window.weight(left + s, duration) / duration;
                let flow = kinetics.flow(s);
                state.p += share * flow.em;
                state.q += share * flow.k;
                if slopes {
                    let by = kinetics.slopes(s);
                    state.p_mem += share * by.em_mem;
                    state.q_mem += share * by.k_mem;
                    state.q_syn += share * by.k_syn;
                }
            }
        }
        middle += 2.0 * half;
    }
}
