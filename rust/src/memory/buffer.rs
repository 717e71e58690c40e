//! What Rust holds: memory of which every sample has been written, so that it can be read.

use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::slice;

use super::{Memory, NoMemory};
use crate::{Error, Noise, Sample};

/// A growable array of doubles or floats on a 64-byte boundary: what [`Vec`] is, but that no memory is an error and no abort, and
/// that a large one grows without a copy. It is used as the slice that it dereferences to, and freed with its owner.
///
/// ```
/// use somemem::{Buffer, Noise};
///
/// let mut buffer = Buffer::<f64>::of(Noise { seed: 42, stream: 0 }, 1000, 0)?;
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
pub struct Buffer<T: Sample = f64> {
    /// The fewest doubles that have room for the samples, all of which have been written at every end of a method.
    memory: Memory,
    len: usize,
    sample: PhantomData<T>,
}

/// How many doubles have room for so many samples.
fn doubles<T>(number: usize) -> Result<usize, NoMemory> {
    let bytes = number.checked_mul(size_of::<T>()).ok_or(NoMemory)?;
    Ok(bytes.div_ceil(size_of::<f64>()))
}

impl<T: Sample> Buffer<T> {
    /// A buffer of `number` zeros.
    pub fn new(number: usize) -> Result<Buffer<T>, Error> {
        let mut buffer = Buffer { memory: Memory::new(0)?, len: 0, sample: PhantomData };
        buffer.resize(number)?;
        Ok(buffer)
    }

    /// A buffer of `number` elements of a sequence, from index `first` on; see [`Noise::fill`]. They are written once: there
    /// are no zeros before them. Refused with [`Error::InvalidRange`] where the last index would be above 2^64 - 1.
    ///
    /// ```
    /// use somemem::{Buffer, Noise};
    ///
    /// // A million samples that nobody can draw again, as floats.
    /// let buffer = Buffer::<f32>::of(Noise::from_entropy()?, 1_000_000, 0)?;
    /// # Ok::<(), somemem::Error>(())
    /// ```
    pub fn of(noise: Noise, number: usize, first: u64) -> Result<Buffer<T>, Error> {
        let mut buffer = Buffer { memory: Memory::new(doubles::<T>(number)?)?, len: number, sample: PhantomData };
        noise.fill_unwritten(buffer.as_unwritten(), first)?;
        Ok(buffer)
    }

    /// Makes the buffer `number` samples long. The first of them, as many as both lengths have, keep their values; new
    /// ones are 0. The data may move, beyond what was reserved. When it fails nothing has changed.
    pub fn resize(&mut self, number: usize) -> Result<(), Error> {
        self.memory.resize(doubles::<T>(number)?)?;
        let written = std::mem::replace(&mut self.len, number);
        for new in self.as_unwritten().iter_mut().skip(written) {
            new.write(T::default());
        }
        Ok(())
    }

    /// Keeps the data where it is from now on, whatever the length up to `number` samples: in all, and not, as for [`Vec`], in
    /// addition. Addresses are kept for them, and no memory, so growing can still fail. The data may move once, now. The promise
    /// survives shrinking. A smaller number than before changes nothing, and growing beyond it ends it. When it fails nothing has
    /// changed.
    ///
    /// ```
    /// use somemem::Buffer;
    ///
    /// let mut buffer = Buffer::<f64>::new(0)?;
    /// buffer.reserve(1_000_000)?;
    /// let place = buffer.as_ptr();
    /// buffer.resize(1_000_000)?;
    /// buffer.resize(10)?;
    /// assert_eq!(buffer.as_ptr(), place);
    /// # Ok::<(), somemem::Error>(())
    /// ```
    pub fn reserve(&mut self, number: usize) -> Result<(), Error> {
        Ok(self.memory.reserve(doubles::<T>(number)?)?)
    }

    /// The length up to which growing does not move the data. Shrinking may lower it, but not below what was reserved.
    pub fn capacity(&self) -> usize {
        self.memory.capacity() * (size_of::<f64>() / size_of::<T>())
    }

    /// The samples, of which some may not have been written yet.
    fn as_unwritten(&mut self) -> &mut [MaybeUninit<T>] {
        // SAFETY: there is room for so many, aligned for doubles, and nobody else has the buffer.
        unsafe { slice::from_raw_parts_mut(self.memory.data().cast(), self.len) }
    }
}

impl<T: Sample> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: so many samples are there, and they have been written.
        unsafe { slice::from_raw_parts(self.memory.data().cast(), self.len) }
    }
}

impl<T: Sample> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and nobody else has the buffer.
        unsafe { slice::from_raw_parts_mut(self.memory.data().cast(), self.len) }
    }
}

impl<T: Sample> fmt::Debug for Buffer<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        (**self).fmt(formatter)
    }
}
