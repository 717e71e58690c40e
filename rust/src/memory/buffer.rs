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
    /// ones are 0. The data may move, beyond what was reserved. When it fails nothing has changed.
    pub fn resize(&mut self, number: usize) -> Result<(), Error> {
        let written = self.len();
        self.memory.resize(number)?;
        for new in self.memory.as_unwritten().iter_mut().skip(written) {
            new.write(0.0);
        }
        Ok(())
    }

    /// Keeps the data where it is from now on, whatever the length up to `number` doubles: in all, and not, as for [`Vec`], in
    /// addition. Addresses are kept for them, and no memory, so growing can still fail. The data may move once, now. The promise
    /// survives shrinking. A smaller number than before changes nothing, and growing beyond it ends it. When it fails nothing has
    /// changed.
    ///
    /// ```
    /// use somemem::Buffer;
    ///
    /// let mut buffer = Buffer::new(0)?;
    /// buffer.reserve(1_000_000)?;
    /// let place = buffer.as_ptr();
    /// buffer.resize(1_000_000)?;
    /// buffer.resize(10)?;
    /// assert_eq!(buffer.as_ptr(), place);
    /// # Ok::<(), somemem::Error>(())
    /// ```
    pub fn reserve(&mut self, number: usize) -> Result<(), Error> {
        Ok(self.memory.reserve(number)?)
    }

    /// The length up to which growing does not move the data. Shrinking may lower it, but not below what was reserved.
    pub fn capacity(&self) -> usize {
        self.memory.capacity()
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
