//! Fills a small array for the Python package without libffi, whose call costs as much as a few samples cost in NumPy. With this
//! feature the library is also an extension module of CPython. Its one function uses the stable ABI of CPython 3.11 and later.

use std::ffi::{CStr, c_ulonglong};
use std::mem::MaybeUninit;
use std::ptr;

use pyo3_ffi::{
    METH_FASTCALL, Py_False, Py_IncRef, Py_True, Py_buffer, Py_ssize_t, PyBUF_FORMAT, PyBUF_ND, PyBUF_WRITABLE,
    PyBuffer_Release, PyErr_Clear, PyErr_Occurred, PyLong_AsUnsignedLongLong, PyLong_CheckExact, PyMethodDef,
    PyMethodDefPointer, PyModule_Create, PyModuleDef, PyModuleDef_HEAD_INIT, PyObject, PyObject_GetBuffer,
};

use super::noise::{random_noise_fill, random_noise_fill_f32};
use super::status::SomeMemStatus;

/// With more elements the cost of a call does not matter, and the GIL should be released meanwhile.
const MOST: usize = 1 << 15;

static mut FUNCTIONS: [PyMethodDef; 2] = [
    PyMethodDef {
        ml_name: c"fill".as_ptr(),
        ml_meth: PyMethodDefPointer { PyCFunctionFast: fill },
        ml_flags: METH_FASTCALL,
        ml_doc: c"fill(array, seed, stream, first): fills a small array and returns True, or does nothing and returns False.".as_ptr(),
    },
    PyMethodDef::zeroed(),
];

static mut MODULE: PyModuleDef = PyModuleDef {
    m_base: PyModuleDef_HEAD_INIT,
    m_name: c"small".as_ptr(),
    m_doc: ptr::null(),
    m_size: 0,
    m_methods: (&raw mut FUNCTIONS).cast(),
    m_slots: ptr::null_mut(),
    m_traverse: None,
    m_clear: None,
    m_free: None,
};

/// CPython calls this when it imports the module.
///
/// # Safety
/// Python is running, and the caller holds the GIL.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn PyInit_small() -> *mut PyObject {
    // SAFETY: the definition lives as long as the process, and only CPython uses it.
    unsafe { PyModule_Create(&raw mut MODULE) }
}

unsafe extern "C" fn fill(_module: *mut PyObject, arguments: *mut *mut PyObject, number: Py_ssize_t) -> *mut PyObject {
    // SAFETY: CPython passes `number` objects, which live during the call, and holds the GIL.
    let done = number == 4 && unsafe { fill_array(&*arguments.cast::<[*mut PyObject; 4]>()) };
    // SAFETY: both live as long as the interpreter; the caller gets a reference of its own.
    unsafe {
        let answer = if done { Py_True() } else { Py_False() };
        Py_IncRef(answer);
        answer
    }
}

/// Fills the array and returns true. Returns false and does nothing if the array is large, not C-contiguous, or not of doubles or
/// floats, or if a number is out of range.
///
/// # Safety
/// Four objects, and the GIL is held.
unsafe fn fill_array(&[array, seed, stream, first]: &[*mut PyObject; 4]) -> bool {
    // SAFETY: objects.
    let (Some(seed), Some(stream), Some(first)) = (unsafe { (word(seed), word(stream), word(first)) }) else {
        return false;
    };
    let mut view = MaybeUninit::<Py_buffer>::zeroed();
    // SAFETY: an object, and memory for the view of it.
    if unsafe { PyObject_GetBuffer(array, view.as_mut_ptr(), PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) } != 0 {
        // SAFETY: the GIL is held.
        unsafe { PyErr_Clear() };
        return false;
    }
    // SAFETY: the call has succeeded, so the view is filled in.
    let view = unsafe { view.assume_init_mut() };
    let bytes = view.len.unsigned_abs();
    // SAFETY: text that ends with 0, where there is any.
    let format = if view.format.is_null() { c"" } else { unsafe { CStr::from_ptr(view.format) } };
    // SAFETY: the view has `bytes` bytes, which may be written while it is held. The program must not use them meanwhile, as with
    // every array. The functions check the alignment.
    let status = unsafe {
        match format.to_bytes() {
            b"d" if bytes / 8 <= MOST => random_noise_fill(view.buf.cast(), bytes / 8, seed, stream, first),
            b"f" if bytes / 4 <= MOST => random_noise_fill_f32(view.buf.cast(), bytes / 4, seed, stream, first),
            _ => SomeMemStatus::SOMEMEM_INVALID_RANGE,
        }
    };
    // SAFETY: the view was filled in by the call above, and is released once.
    unsafe { PyBuffer_Release(view) };
    status == SomeMemStatus::SOMEMEM_OK
}

/// The value of an int, if it fits in 64 bits without a sign.
///
/// # Safety
/// An object, and the GIL is held.
unsafe fn word(object: *mut PyObject) -> Option<u64> {
    // SAFETY: an object. An error about its value is cleared.
    unsafe {
        if PyLong_CheckExact(object) == 0 {
            return None;
        }
        let value: c_ulonglong = PyLong_AsUnsignedLongLong(object);
        if value == c_ulonglong::MAX && !PyErr_Occurred().is_null() {
            PyErr_Clear();
            return None;
        }
        Some(value)
    }
}
