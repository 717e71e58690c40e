//! The buffer of the Rust interface. Every sample in it has been written, so it can be read.

use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::slice;

use super::{Memory, NoMemory};
use crate::{Error, Noise, Sample};

/// A growable array of doubles or floats, whose data begins on a 64-byte boundary. It differs from [`Vec`] in two ways: if memory
/// cannot be allocated, it returns an error and does not abort, and a large buffer grows without a copy. It dereferences to a
/// slice. Dropping it frees the memory.
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
    /// As many doubles as the samples need. When a method returns, all samples have been written.
    memory: Memory,
    len: usize,
    sample: PhantomData<T>,
}

/// How many doubles it takes to hold `number` samples.
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

    /// A buffer of `number` elements of a sequence, from index `first` on; see [`Noise::fill`]. The memory is written once,
    /// without zeros first. Returns [`Error::InvalidRange`] if the last index would be above 2^64 - 1.
    ///
    /// ```
    /// use somemem::{Buffer, Noise};
    ///
    /// // A million samples that cannot be drawn again, as floats.
    /// let buffer = Buffer::<f32>::of(Noise::from_entropy()?, 1_000_000, 0)?;
    /// # Ok::<(), somemem::Error>(())
    /// ```
    pub fn of(noise: Noise, number: usize, first: u64) -> Result<Buffer<T>, Error> {
        let mut buffer = Buffer { memory: Memory::new(doubles::<T>(number)?)?, len: number, sample: PhantomData };
        noise.fill_unwritten(buffer.as_unwritten(), first)?;
        Ok(buffer)
    }

    /// Makes the buffer `number` samples long. The content is kept up to the smaller of the two lengths, and new samples are 0.
    /// The data may move if `number` is above what was reserved. After an error nothing has changed.
    pub fn resize(&mut self, number: usize) -> Result<(), Error> {
        self.memory.resize(doubles::<T>(number)?)?;
        let written = std::mem::replace(&mut self.len, number);
        for new in self.as_unwritten().iter_mut().skip(written) {
            new.write(T::default());
        }
        Ok(())
    }

    /// Reserves addresses, so that the data does not move while the buffer has up to `number` samples. `number` is the length in
    /// all; [`Vec::reserve`] takes the additional length. This call may move the data. No memory is reserved, so growing can
    /// still fail. Shrinking does not end the reserve; growing beyond `number` does. A `number` that is not above an earlier one
    /// changes nothing. After an error nothing has changed.
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

    /// The samples. Some may not have been written yet.
    fn as_unwritten(&mut self) -> &mut [MaybeUninit<T>] {
        // SAFETY: the memory has room for `len` samples and is aligned for doubles, and nobody else has the buffer.
        unsafe { slice::from_raw_parts_mut(self.memory.data().cast(), self.len) }
    }
}

impl<T: Sample> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the memory holds `len` samples, and all have been written.
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
