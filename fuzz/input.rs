//! The bytes of an input. When they are used up, every further byte is 0.

pub struct Input {
    /// In reverse.
    bytes: Vec<u8>,
    /// How many large sizes, large draws of noise and changes of thread are still allowed. They take long.
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

    /// A number of doubles: mostly small, or close to a limit of the library.
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

    /// How much noise to draw instead of `number`: mostly little, seldom enough for two threads.
    pub fn less_noise(&mut self, number: usize) -> usize {
        if number > 2048 && self.may_draw_much() {
            return number.min((1 << 18) + 1);
        }
        number % 2048
    }

    /// Whether enough noise for several threads may be drawn.
    pub fn may_draw_much(&mut self) -> bool {
        self.noise > 0 && {
            self.noise -= 1;
            true
        }
    }

    /// A number of elements, rows or columns, or a stride: mostly small, but it can be any number.
    pub fn count(&mut self) -> usize {
        let choice = self.byte();
        let low = choice as usize;
        match choice {
            0..=159 => low % 20,
            160..=191 => (low % 32) * 33,
            192..=207 => MAX_LEN - 4 + low % 8,
            208..=223 => 2 * MAX_LEN - 4 + low % 8,
            224..=231 => usize::MAX - low % 4,
            232..=239 => (1 << 32) - 4 + low % 8,
            _ => (self.word() >> (self.byte() % 64)) as usize,
        }
    }

    /// An index or a stream: near 0, near 2^64, or any.
    pub fn index(&mut self) -> u64 {
        match self.byte() {
            small @ 0..=127 => u64::from(small),
            large @ 128..=223 => u64::MAX - u64::from(large - 128),
            _ => self.word(),
        }
    }

    /// A step of streams or indices from one row to the next. `most` is the largest step that is still valid.
    pub fn step(&mut self, columns: usize, most: u64) -> u64 {
        let choice = self.byte();
        let low = u64::from(choice % 32);
        match choice {
            0..=63 => 0,
            64..=95 => 1,
            96..=127 => low,
            128..=159 => (columns as u64).wrapping_add(low % 8).wrapping_sub(4),
            160..=223 => most.wrapping_add(low % 4).wrapping_sub(2),
            _ => self.word() >> low,
        }
    }

    /// A mean or a scale.
    pub fn scale(&mut self) -> f64 {
        let choice = self.byte();
        let sign = if choice.is_multiple_of(2) { 1.0 } else { -1.0 };
        match choice {
            0..=31 => 1.0,
            32..=47 => -1.5,
            // The product with a sample is mostly 0, of either sign.
            48..=63 => -5e-324,
            64..=95 => sign * f64::from(self.byte()) / 16.0,
            96..=111 => 0.0,
            112..=127 => -0.0,
            128..=135 => f64::NAN,
            // A signaling NaN.
            136..=143 => f64::from_bits(0x7FF0_0000_0000_0001),
            144..=159 => sign * f64::INFINITY,
            160..=175 => sign * f64::MIN_POSITIVE,
            176..=191 => sign * f64::MAX,
            192..=207 => 5e-324,
            _ => f64::from_bits(self.word()),
        }
    }
}
