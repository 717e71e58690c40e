//! The bytes that say what is called. When they are used up, all that is asked for is 0.

pub struct Input {
    /// In reverse.
    bytes: Vec<u8>,
    /// How many large sizes may come yet, large draws of noise, and changes of thread: they take long.
    large: usize,
    noise: usize,
    switches: usize,
}

/// From this many doubles on a buffer has pages of its own.
const LARGE: usize = 1 << 17;
const MAX_LEN: usize = isize::MAX as usize / 8;

impl Input {
    pub fn new(bytes: &[u8]) -> Input {
        Input { bytes: bytes.iter().rev().copied().collect(), large: 8, noise: 1, switches: 4 }
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn next(&mut self) -> Option<u8> {
        self.bytes.pop()
    }

    pub fn byte(&mut self) -> u8 {
        self.next().unwrap_or(0)
    }

    pub fn word(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    pub fn may_switch(&mut self) -> bool {
        self.switches = self.switches.saturating_sub(1);
        self.switches > 0
    }

    /// A number of doubles: mostly small, and around everything that makes a difference.
    pub fn number(&mut self) -> usize {
        let choice = self.byte();
        let low = choice as usize;
        let number = match choice {
            0..=127 => low,
            128..=191 => (low % 64) * 32,
            192..=223 => LARGE - 16 + low % 32,
            224..=239 => ((self.byte() as usize) << 14) + low % 16,
            240..=247 => MAX_LEN - 4 + low % 8,
            248..=251 => usize::MAX - low % 4,
            _ => (self.word() >> (self.byte() % 64)) as usize,
        };
        if number >= LARGE / 2 {
            if self.large == 0 {
                return number % 2048;
            }
            self.large -= 1;
        }
        number
    }

    /// How much noise to draw instead of so much: seldom much, and then enough for two threads.
    pub fn less_noise(&mut self, number: usize) -> usize {
        if number > 2048 && self.noise > 0 {
            self.noise -= 1;
            return number.min((1 << 18) + 1);
        }
        number % 2048
    }

    pub fn stddev(&mut self) -> f64 {
        match self.byte() {
            0..=63 => 1.0,
            64..=95 => f64::from(self.byte()) / 16.0,
            96..=111 => 0.0,
            112..=127 => -0.0,
            128..=143 => f64::NAN,
            144..=159 => f64::INFINITY,
            160..=175 => -f64::MIN_POSITIVE,
            176..=191 => f64::MAX,
            192..=207 => 5e-324,
            _ => f64::from_bits(self.word()),
        }
    }
}
