//! Vectors of whatever width the machine has, for loops that must keep their state in registers.
//!
//! A compiler turns loops over long slices into vector code by itself; it does not keep a few
//! vectors in registers across a loop over events. Here each operation is one instruction per
//! register. Every lane is computed alone, with the operations that IEEE 754 defines, so the width of
//! the vectors cannot change a bit. A fused multiply-add is one of them where the source says so,
//! and then everywhere: a machine without the instruction computes the same, slowly.

use std::fmt::Debug;

use pulp::bytemuck::{self, NoUninit};
use pulp::{Arch, Simd};

/// The sets of vector instructions that this machine has, the plain one first.
pub fn instruction_sets() -> Vec<Arch> {
    let mut all = vec![Arch::Scalar];
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        all.extend(pulp::x86::V3::try_new().map(Arch::V3));
        all.extend(pulp::x86::V4::try_new().map(Arch::V4));
    }
    #[cfg(target_arch = "aarch64")]
    all.extend(pulp::aarch64::Neon::try_new().map(Arch::Neon));
    all
}

/// A number type with vectors.
pub trait Vector: Copy + Sized {
    /// As many numbers as fit into a register.
    type Of<S: Simd>: Copy;
    /// One truth value for each of them.
    type Mask<S: Simd>: Copy;
    /// An integer as wide as the number.
    type Index: Copy + Debug + Default + PartialEq + Send + Sync + 'static;
    /// As many of those.
    type Indices<S: Simd>: Copy;

    /// An index that nothing has.
    const NOWHERE: Self::Index;

    /// An index; too large ones become [`Self::NOWHERE`].
    fn index(at: usize) -> Self::Index;
    /// The index as a place in memory; far beyond any for [`Self::NOWHERE`].
    fn position(index: Self::Index) -> usize;
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
    /// `a * b + c`, rounded once; the bits of [`num_traits::Float::mul_add`].
    fn fused<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>, c: Self::Of<S>) -> Self::Of<S>;
    /// `a > b`
    fn above<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Mask<S>;
    /// `a >= b`
    fn at_least<S: Simd>(simd: S, a: Self::Of<S>, b: Self::Of<S>) -> Self::Mask<S>;
    /// Where the indices are equal to `value`.
    fn matches<S: Simd>(simd: S, indices: Self::Indices<S>, value: Self::Index) -> Self::Mask<S>;
    /// The first indices of a slice.
    ///
    /// # Panics
    /// When the slice is shorter than [`Self::lanes`].
    fn load_indices<S: Simd>(from: &[Self::Index]) -> Self::Indices<S>;
    /// Overwrites the first indices of a slice with `value` where the mask is true.
    ///
    /// # Panics
    /// When the slice is shorter than [`Self::lanes`].
    fn mark<S: Simd>(simd: S, to: &mut [Self::Index], mask: Self::Mask<S>, value: Self::Index);
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
    ($real:ident, $index:ident, $lanes:ident, $of:ident, $mask:ident, $indices:ident, $as_simd:ident, $as_mut_simd:ident, $as_indices:ident,
     $as_mut_indices:ident, $splat_index:ident, $select_index:ident,
     $splat:ident, $add:ident, $sub:ident, $mul:ident, $fused:ident, $above:ident, $at_least:ident, $equal:ident,
     $and:ident, $or:ident, $select:ident) => {
        impl Vector for $real {
            type Of<S: Simd> = S::$of;
            type Mask<S: Simd> = S::$mask;
            type Index = $index;
            type Indices<S: Simd> = S::$indices;

            const NOWHERE: $index = $index::MAX;

            #[inline(always)]
            fn index(at: usize) -> $index {
                $index::try_from(at).unwrap_or($index::MAX)
            }
            #[inline(always)]
            fn position(index: $index) -> usize {
                usize::try_from(index).unwrap_or(usize::MAX)
            }
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
            fn fused<S: Simd>(simd: S, a: S::$of, b: S::$of, c: S::$of) -> S::$of {
                simd.$fused(a, b, c)
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
            fn matches<S: Simd>(simd: S, indices: S::$indices, value: $index) -> S::$mask {
                simd.$equal(indices, simd.$splat_index(value))
            }
            #[inline(always)]
            fn load_indices<S: Simd>(from: &[$index]) -> S::$indices {
                S::$as_indices(from).0[0]
            }
            #[inline(always)]
            fn mark<S: Simd>(simd: S, to: &mut [$index], mask: S::$mask, value: $index) {
                let to = &mut S::$as_mut_indices(to).0[0];
                *to = simd.$select_index(mask, simd.$splat_index(value), *to);
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
    u32,
    F32_LANES,
    f32s,
    m32s,
    u32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    as_simd_u32s,
    as_mut_simd_u32s,
    splat_u32s,
    select_u32s,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    mul_add_f32s,
    greater_than_f32s,
    greater_than_or_equal_f32s,
    equal_u32s,
    and_m32s,
    or_m32s,
    select_f32s
);
vector!(
    f64,
    u64,
    F64_LANES,
    f64s,
    m64s,
    u64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    as_simd_u64s,
    as_mut_simd_u64s,
    splat_u64s,
    select_u64s,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    mul_add_f64s,
    greater_than_f64s,
    greater_than_or_equal_f64s,
    equal_u64s,
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
