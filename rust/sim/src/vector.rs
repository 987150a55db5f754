//! Vectors of whatever width the machine has, for loops that must keep their state in registers.
//!
//! A compiler turns loops over long slices into vector code by itself; it does not keep a few
//! vectors in registers across a loop over events. Here each operation is one instruction per
//! register. Every lane is computed alone, with the operations that IEEE 754 defines and never a
//! fused multiply-add, so the width of the vectors cannot change a bit.

use pulp::Simd;
use pulp::bytemuck::{self, NoUninit};

/// A number type with vectors.
pub trait Vector: Copy + Sized {
    /// As many numbers as fit into a register.
    type Of<S: Simd>: Copy;
    /// One truth value for each of them.
    type Mask<S: Simd>: Copy;

    /// How many fit.
    fn lanes<S: Simd>() -> usize;
    /// The same number in every lane.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Of<S>;
    /// The first numbers of a slice.
    ///
    /// # Panics
    /// When the slice is shorter than [`Self::lanes`].
    fn load<S: Simd>(from: &[Self]) -> Self::Of<S>;
    /// Overwrites the first numbers of a slice.
    ///
    /// # Panics
    /// When the slice is shorter than [`Self::lanes`].
    fn store<S: Simd>(to: &mut [Self], vector: Self::Of<S>);
    /// `a + b`
    fn plus<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Of<S>;
    /// `a - b`
    fn minus<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Of<S>;
    /// `a * b`
    fn times<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Of<S>;
    /// `a > b`
    fn above<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Mask<S>;
    /// `a >= b`
    fn at_least<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Mask<S>;
    /// `a == b`
    fn equal<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Mask<S>;
    /// Both.
    fn and<S: Simd>(simd: S, a: Self::Mask<S>, b: Self::Mask<S>) -> Self::Mask<S>;
    /// Either.
    fn or<S: Simd>(simd: S, a: Self::Mask<S>, b: Self::Mask<S>) -> Self::Mask<S>;
    /// `a` where the mask is true, `b` elsewhere.
    fn select<S: Simd>(simd: S, mask: Self::Mask<S>, a: Self::Of<S>, b: Self::Of<S>)
    -> Self::Of<S>;
    /// One bit per lane, the first lane lowest.
    fn bits<S: Simd>(mask: Self::Mask<S>) -> u32;
}

macro_rules! vector {
    ($real:ident, $lanes:ident, $of:ident, $mask:ident, $as_simd:ident, $as_mut_simd:ident,
     $splat:ident, $add:ident, $sub:ident, $mul:ident, $above:ident, $at_least:ident, $equal:ident,
     $and:ident, $or:ident, $select:ident) => {
        impl Vector for $real {
            type Of<S: Simd> = S::$of;
            type Mask<S: Simd> = S::$mask;

            #[inline(always)]
            fn lanes<S: Simd>() -> usize {
                S::$lanes
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> S::$of {
                simd.$splat(value)
            }
            #[inline(always)]
            fn load<S: Simd>(from: &[Self]) -> S::$of {
                S::$as_simd(from).0[0]
            }
            #[inline(always)]
            fn store<S: Simd>(to: &mut [Self], vector: S::$of) {
                S::$as_mut_simd(to).0[0] = vector;
            }
            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: S::$of, b: S::$of) -> S::$of {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn minus<S: Simd>(simd: S, a: S::$of, b: S::$of) -> S::$of {
                simd.$sub(a, b)
            }
            #[inline(always)]
            fn times<S: Simd>(simd: S, a: S::$of, b: S::$of) -> S::$of {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn above<S: Simd>(simd: S, a: S::$of, b: S::$of) -> S::$mask {
                simd.$above(a, b)
            }
            #[inline(always)]
            fn at_least<S: Simd>(simd: S, a: S::$of, b: S::$of) -> S::$mask {
                simd.$at_least(a, b)
            }
            #[inline(always)]
            fn equal<S: Simd>(simd: S, a: S::$of, b: S::$of) -> S::$mask {
                simd.$equal(a, b)
            }
            #[inline(always)]
            fn and<S: Simd>(simd: S, a: S::$mask, b: S::$mask) -> S::$mask {
                simd.$and(a, b)
            }
            #[inline(always)]
            fn or<S: Simd>(simd: S, a: S::$mask, b: S::$mask) -> S::$mask {
                simd.$or(a, b)
            }
            #[inline(always)]
            fn select<S: Simd>(simd: S, mask: S::$mask, a: S::$of, b: S::$of) -> S::$of {
                simd.$select(mask, a, b)
            }
            #[inline(always)]
            fn bits<S: Simd>(mask: S::$mask) -> u32 {
                bits(&mask, S::$lanes)
            }
        }
    };
}

vector!(
    f32,
    F32_LANES,
    f32s,
    m32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    greater_than_f32s,
    greater_than_or_equal_f32s,
    equal_f32s,
    and_m32s,
    or_m32s,
    select_f32s
);
vector!(
    f64,
    F64_LANES,
    f64s,
    m64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    greater_than_f64s,
    greater_than_or_equal_f64s,
    equal_f64s,
    and_m64s,
    or_m64s,
    select_f64s
);

/// Masks are a bit per lane on some machines and as wide as the numbers on others.
#[inline(always)]
fn bits<M: NoUninit>(mask: &M, lanes: usize) -> u32 {
    let bytes = bytemuck::bytes_of(mask);
    if bytes.len() < lanes || lanes == 1 {
        let low = bytes.iter().zip((0..).step_by(8));
        let all = low.fold(0, |bits, (&byte, place)| bits | u32::from(byte) << place);
        return if lanes == 1 { u32::from(all != 0) } else { all };
    }
    let lane = bytes.len() / lanes;
    let firsts = bytes.iter().step_by(lane).zip(0..);
    firsts.fold(0, |bits, (&byte, place)| {
        bits | u32::from(byte & 1) << place
    })
}
