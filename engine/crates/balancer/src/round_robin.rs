//! The `round-robin` algorithm, weighted.

/// A turn takes as many steps as the weights sum up to, divided by their greatest common divisor, and comes to
/// each address as often as its weight says. Steps stride through the weights by the golden ratio: an
/// address's steps lie apart as evenly as can be, and no wheel needs to be built.
#[derive(Debug)]
pub(crate) struct RoundRobin {
    /// For each address, where its part of a turn ends.
    ends: Vec<u64>,
    stride: u64,
}

impl RoundRobin {
    pub fn new(weights: impl Iterator<Item = u32> + Clone) -> Self {
        let divisor = weights.clone().fold(0, |divisor, weight| gcd(divisor, u64::from(weight))).max(1);
        let ends: Vec<u64> = weights
            .scan(0, |end, weight| {
                *end += u64::from(weight) / divisor;
                Some(*end)
            })
            .collect();
        let turn = ends.last().copied().unwrap_or_default();
        Self { stride: stride(turn), ends }
    }

    /// The address of a step; `None` when there is no weight at all.
    pub fn at(&self, step: u64) -> Option<usize> {
        let turn = *self.ends.last().filter(|turn| **turn > 0)?;
        let at = (step % turn) * self.stride % turn;
        Some(self.ends.partition_point(|end| *end <= at))
    }
}

/// The number next to `turn` divided by the golden ratio that has no divisor in common with it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small"
)]
fn stride(turn: u64) -> u64 {
    let golden = ((turn as f64 * 0.618_033_988_749_895) as u64).max(1);
    (golden..=turn).find(|stride| gcd(turn, *stride) == 1).unwrap_or(1)
}

const fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::RoundRobin;

    #[test]
    fn a_turn_gives_each_its_weight_and_spreads_it() {
        for weights in
            [vec![1], vec![100, 100], vec![5, 1, 1], vec![7, 0, 3], vec![100, 99, 1], vec![65535, 65534]]
        {
            let index = RoundRobin::new(weights.iter().copied());
            let turn = *index.ends.last().unwrap();
            let mut counts = vec![0; weights.len()];
            let steps: Vec<usize> = (0..turn).map(|step| index.at(step).unwrap()).collect();
            for at in steps {
                counts[at] += 1;
            }
            let scale = weights.iter().map(|weight| u64::from(*weight)).sum::<u64>() / turn;
            let expected: Vec<u64> = weights.iter().map(|weight| u64::from(*weight) / scale).collect();
            assert_eq!(counts, expected);
        }
        let steps: Vec<_> =
            (0..8).map(|step| RoundRobin::new([1, 1].into_iter()).at(step).unwrap()).collect();
        assert!(steps.windows(2).all(|pair| pair[0] != pair[1]), "{steps:?}");
        assert_eq!(RoundRobin::new([0, 0].into_iter()).at(3), None);
        assert_eq!(RoundRobin::new([].into_iter()).at(3), None);
    }
}
