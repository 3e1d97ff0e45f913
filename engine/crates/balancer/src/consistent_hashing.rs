//! The `consistent-hashing` algorithm, by weighted rendezvous.
//!
//! Every address draws a number for the value; the least, divided by the weight, wins. So each address gets
//! exactly its share of values; a new or removed address moves its own share and nothing else; and when an
//! address is out, its values go to those that would be next, each its share. There is no ring: `slots`, which
//! bounds how evenly a ring spreads, is accepted and needs no attention.

use crate::address::Address;
use crate::hash::mix;

/// The best of the given addresses for a hashed value. Addresses of the same weight should come together: the
/// logarithm is taken once for each run of them.
pub(crate) fn choose<'a>(value: u64, addresses: impl Iterator<Item = (usize, &'a Address)>) -> Option<usize> {
    let mut best = (f64::INFINITY, None);
    let mut run = Run::default();
    for (index, address) in addresses {
        if address.weight != run.weight {
            best = run.better(best);
            run = Run { weight: address.weight, ..Run::default() };
        }
        let draw = mix(value ^ address.identity);
        if run.index.is_none() || draw > run.draw {
            run = Run { draw, index: Some(index), ..run };
        }
    }
    run.better(best).1
}

/// The greatest draw among addresses of one weight.
#[derive(Clone, Copy, Default)]
struct Run {
    weight: u32,
    draw: u64,
    index: Option<usize>,
}

impl Run {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are plenty")]
    fn better(self, best: (f64, Option<usize>)) -> (f64, Option<usize>) {
        if self.index.is_none() || self.weight == 0 {
            return best;
        }
        let uniform = ((self.draw >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        let score = -uniform.ln() / f64::from(self.weight);
        if score < best.0 { (score, self.index) } else { best }
    }
}
