//! Which worker takes which neurons of a layer, step after step, so that their weights stay with it,
//! unless another one is done and helps.

/// Who of `count` workers owns the group of `width` columns that begins with `start`, out of `all`
/// columns of a layer: where most of it lies if everybody has an equal part, the former one of two.
/// For the lowest layer these are the workers who take the neurons forward. In layers above it goes the
/// other way round, as the last group of a layer is narrow, and narrow layers are one group.
pub(crate) fn owner(
    layer: usize,
    (start, width): (usize, usize),
    all: usize,
    count: usize,
) -> usize {
    let owner = (start + (width - 1) / 2) * count / all;
    if layer == 0 { owner } else { count - 1 - owner }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns of every worker.
    fn loads(layers: &[&[usize]], count: usize) -> Vec<usize> {
        let mut loads = vec![0; count];
        for (layer, widths) in layers.iter().enumerate() {
            let mut start = 0;
            for &width in *widths {
                loads[owner(layer, (start, width), widths.iter().sum(), count)] += width;
                start += width;
            }
        }
        loads
    }

    #[test]
    fn workers_have_nearly_the_same_number_of_columns() {
        assert_eq!(loads(&[&[64, 64, 64, 64, 64, 32], &[16]], 2), [192, 176]);
        assert_eq!(loads(&[&[64, 64, 64, 64], &[16]], 2), [128, 144]);
        assert_eq!(loads(&[&[64, 64, 64], &[64, 16]], 2), [144, 128]);
        assert_eq!(loads(&[&[64, 64, 64, 16], &[16]], 3), [64, 80, 80]);
        assert_eq!(loads(&[&[64, 64], &[16]], 1), [144]);
        assert_eq!(loads(&[&[64], &[16]], 5), [0, 0, 80, 0, 0]);
    }
}
