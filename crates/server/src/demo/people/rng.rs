//! A random number generator (SplitMix64) that gives the same numbers on every platform and in every release, which no
//! crate promises. Not for secrets.

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5DEE_CE66_D0B0_0C5A)
    }

    /// 64 random bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A uniform number in `0..bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        Self::scaled(self.next(), bound)
    }

    /// `bound` times `bits` / 2⁶⁴.
    pub fn scaled(bits: u64, bound: u64) -> u64 {
        let wide = u128::from(bits) * u128::from(bound);
        u64::try_from(wide >> 64).expect("a product of two u64 shifted right by 64 fits")
    }

    /// A uniform index of a list of `len` entries; 0 if it is empty.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// True with a probability of `thousandths` in a thousand.
    pub fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1000) < thousandths
    }

    /// An entry of `list`, which must not be empty.
    pub fn choose<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// An entry of `list`, which must not be empty; early entries are far more frequent, as common names are.
    pub fn common<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let rarest = self.index(list.len()) as u64 + 1;
        &list[self.below(rarest) as usize]
    }
}

/// Samples from `0..len` by weights.
#[derive(Debug)]
pub struct Weighted(Vec<u64>);

impl Weighted {
    /// One weight for each index.
    pub fn new(weights: impl Iterator<Item = u64>) -> Self {
        let running = weights.scan(0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self(running.collect())
    }

    /// Weights that fall as one over the rank: a few large, many small.
    pub fn by_rank(len: usize) -> Self {
        const TOP: u64 = 1 << 40;
        let flat = 3 + len as u64 / 1500;
        Self::new((0..len as u64).map(|rank| TOP / (rank + flat)))
    }

    /// `None` if there are no weights.
    pub fn sample(&self, rng: &mut Rng) -> Option<usize> {
        let total = *self.0.last()?;
        let mark = rng.below(total);
        Some(self.0.partition_point(|&sum| sum <= mark))
    }
}
