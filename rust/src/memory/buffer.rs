//! What Rust holds: memory of which every double has been written, so that it can be read.

use std::fmt;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::slice;

use super::Memory;
use crate::{Error, Noise};

/// A growable array of doubles on a 64-byte boundary: what [`Vec`] is, but that no memory is an error and no abort, and that a
/// large one grows without a copy. It is used as the slice that it dereferences to, and freed with its owner.
///
/// ```
/// use somemem::{Buffer, Noise};
///
/// let mut buffer = Buffer::of(Noise { seed: 42, stream: 0 }, 1000, 0)?;
/// let mean = buffer.iter().sum::<f64>() / buffer.len() as f64;
/// assert!(mean.abs() < 0.1);
///
/// buffer.resize(2000)?;
/// assert_eq!(buffer[1000..], [0.0; 1000]);
///
/// // The content is still there when a size cannot be had.
/// assert!(buffer.resize(usize::MAX).is_err());
/// assert_eq!(buffer.len(), 2000);
/// # Ok::<(), somemem::Error>(())
/// ```
pub struct Buffer {
    /// All of it has been written, at every end of a method.
    memory: Memory,
}

impl Buffer {
    /// A buffer of `number` zeros.
    pub fn new(number: usize) -> Result<Buffer, Error> {
        let mut memory = Memory::new(number)?;
        memory.as_unwritten().fill(MaybeUninit::new(0.0));
        Ok(Buffer { memory })
    }

    /// A buffer of `number` elements of a sequence, from index `first` on; see [`Noise::fill`]. They are written once: there
    /// are no zeros before them. Refused with [`Error::InvalidRange`] where the last index would be above 2^64 - 1.
    ///
    /// ```
    /// use somemem::{Buffer, Noise};
    ///
    /// // A million samples that nobody can draw again.
    /// let buffer = Buffer::of(Noise::from_entropy()?, 1_000_000, 0)?;
    /// # Ok::<(), somemem::Error>(())
    /// ```
    pub fn of(noise: Noise, number: usize, first: u64) -> Result<Buffer, Error> {
        let mut memory = Memory::new(number)?;
        noise.fill_unwritten(memory.as_unwritten(), first)?;
        Ok(Buffer { memory })
    }

    /// Makes the buffer `number` doubles long. The first of them, as many as both lengths have, keep their values; new
    /// ones are 0. The data may move. When it fails nothing has changed.
    pub fn resize(&mut self, number: usize) -> Result<(), Error> {
        let written = self.len();
        self.memory.resize(number)?;
        for new in self.memory.as_unwritten().iter_mut().skip(written) {
            new.write(0.0);
        }
        Ok(())
    }
}

impl Deref for Buffer {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        // SAFETY: so many doubles are there, and they have been written.
        unsafe { slice::from_raw_parts(self.memory.data(), self.memory.len()) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f64] {
        // SAFETY: as above, and nobody else has the buffer.
        unsafe { slice::from_raw_parts_mut(self.memory.data(), self.memory.len()) }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
