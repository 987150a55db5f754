//! Channels that are the pixels of an image.

use firstspike_sim::SimError;

/// Channel `(plane * height + y) * width + x`; channels beyond the last plane are no pixels and
/// are left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Rows.
    pub height: u32,
    /// Columns.
    pub width: u32,
    /// Images that lie behind one another, such as the two polarities of an event camera.
    pub planes: u32,
}

impl Grid {
    fn pixels(self) -> u64 {
        u64::from(self.height) * u64::from(self.width) * u64::from(self.planes)
    }

    pub(super) fn check(self, n_sources: usize) -> Result<(), SimError> {
        if self.pixels() > 0 && self.pixels() <= n_sources as u64 {
            return Ok(());
        }
        let Self {
            height,
            width,
            planes,
        } = self;
        Err(SimError::domain(
            "the image",
            format!("{planes} x {height} x {width} pixels"),
            format!("1 to {n_sources} pixels, one for each input channel"),
        ))
    }

    /// Moves a pixel; false where it leaves the image.
    pub(super) fn shift(self, source: &mut u32, down: i64, right: i64) -> bool {
        if u64::from(*source) >= self.pixels() {
            return true;
        }
        let (y, x) = (*source / self.width % self.height, *source % self.width);
        let (to_y, to_x) = (i64::from(y) + down, i64::from(x) + right);
        let inside = (0..i64::from(self.height)).contains(&to_y)
            && (0..i64::from(self.width)).contains(&to_x);
        if inside {
            let to = i64::from(*source) + down * i64::from(self.width) + right;
            *source = u32::try_from(to).unwrap_or(*source);
        }
        inside
    }

    /// Exchanges left and right.
    pub(super) fn mirror(self, source: &mut u32) {
        if u64::from(*source) < self.pixels() {
            let x = *source % self.width;
            *source = *source - x + (self.width - 1 - x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid {
        height: 2,
        width: 3,
        planes: 2,
    };

    fn shifted(mut source: u32, down: i64, right: i64) -> Option<u32> {
        GRID.shift(&mut source, down, right).then_some(source)
    }

    #[test]
    fn pixels_move_within_their_plane_only() {
        assert_eq!(shifted(0, 1, 1), Some(4));
        assert_eq!(shifted(2, 0, 1), None, "beyond the right edge");
        assert_eq!(shifted(4, 1, 0), None, "would enter the next plane");
        assert_eq!(shifted(6, -1, 0), None, "would enter the plane before");
        assert_eq!(shifted(9, -1, 2), Some(8));
        assert_eq!(shifted(12, 1, 1), Some(12), "no pixel");
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        let mirrored = |mut source: u32| {
            GRID.mirror(&mut source);
            source
        };
        assert_eq!([0, 1, 5, 9, 12].map(mirrored), [2, 1, 3, 11, 12]);
        assert!((0..14).all(|source| mirrored(mirrored(source)) == source));
    }

    #[test]
    fn images_larger_than_the_input_are_refused() {
        assert!(GRID.check(12).is_ok() && GRID.check(11).is_err());
        assert!(Grid { planes: 0, ..GRID }.check(12).is_err());
    }
}
