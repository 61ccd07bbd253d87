//! Reproducible chance: the same seed gives the same draws on every platform and in every release,
//! which no random number crate promises. `SplitMix64`; not for secrets.

/// A stream of draws.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5DEE_CE66_D0B0_0C5A)
    }

    /// The next 64 even bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Evenly in `0..bound`; 0 for a `bound` of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        Self::scaled(self.next(), bound)
    }

    /// `draw`, taken as a fraction of 2⁶⁴, of `bound`.
    pub fn scaled(draw: u64, bound: u64) -> u64 {
        let wide = u128::from(draw) * u128::from(bound);
        u64::try_from(wide >> 64).expect("a product of two u64 shifted right by 64 fits")
    }

    /// An index of a list of `len` entries; 0 for an empty one.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Whether an event of `thousandths` in a thousand happens.
    pub fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1000) < thousandths
    }

    /// One of `list`, which must not be empty.
    pub fn one<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// One of `list` (not empty), early entries far oftener, as names are in life.
    pub fn common<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let rarest = self.index(list.len()) as u64 + 1;
        &list[self.below(rarest) as usize]
    }
}

/// Draws from `0..len` by given weights.
#[derive(Debug)]
pub struct Weighted(Vec<u64>);

impl Weighted {
    /// The weights of the indices from 0 up.
    pub fn new(weights: impl Iterator<Item = u64>) -> Self {
        let running = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self(running.collect())
    }

    /// A few large, many small: the weight falls as one over the rank.
    pub fn by_rank(len: usize) -> Self {
        const TOP: u64 = 1 << 40;
        let flat = 3 + len as u64 / 1500;
        Self::new((0..len as u64).map(|rank| TOP / (rank + flat)))
    }

    /// `None` when there is nothing to draw.
    pub fn draw(&self, dice: &mut Dice) -> Option<usize> {
        let total = *self.0.last()?;
        let mark = dice.below(total);
        Some(self.0.partition_point(|&sum| sum <= mark))
    }
}
