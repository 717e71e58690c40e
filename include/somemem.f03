! The functions of somemem.h for Fortran 2003 and later: include this file after `use, intrinsic :: iso_c_binding`.
! Their manual is somemem.h.
!
! A handle is a type(c_ptr). Fortran has no unsigned numbers: a seed, stream or index from 2**63 on is passed as the negative
! number of the same bits. SPDX-License-Identifier: MIT OR Apache-2.0

enum, bind(c)
  enumerator :: SOMEMEM_OK = 0
  enumerator :: SOMEMEM_NO_MEMORY = 1
  enumerator :: SOMEMEM_INVALID_HANDLE = 2
  enumerator :: SOMEMEM_INVALID_ARGUMENT = 3
  enumerator :: SOMEMEM_NO_ENTROPY = 4
end enum

interface
  type(c_ptr) function somemem_new(number) bind(c)
    import
    integer(c_size_t), value :: number
  end function

  integer(c_int) function somemem_resize(memory, new_number) bind(c)
    import
    type(c_ptr), value :: memory
    integer(c_size_t), value :: new_number
  end function

  ! After it the data stays where it is up to this length, and a Fortran pointer to it stays associated with it.
  integer(c_int) function somemem_reserve(memory, number) bind(c)
    import
    type(c_ptr), value :: memory
    integer(c_size_t), value :: number
  end function

  integer(c_int) function somemem_free(memory) bind(c)
    import
    type(c_ptr), value :: memory
  end function

  ! For c_f_pointer(), with somemem_len() as the shape.
  type(c_ptr) function somemem_data(memory) bind(c)
    import
    type(c_ptr), value :: memory
  end function

  integer(c_size_t) function somemem_len(memory) bind(c)
    import
    type(c_ptr), value :: memory
  end function

  integer(c_size_t) function somemem_capacity(memory) bind(c)
    import
    type(c_ptr), value :: memory
  end function

  subroutine somemem_trim() bind(c)
  end subroutine

  type(c_ptr) function random_noise(number) bind(c)
    import
    integer(c_size_t), value :: number
  end function

  type(c_ptr) function random_noise_seeded(number, seed) bind(c)
    import
    integer(c_size_t), value :: number
    integer(c_int64_t), value :: seed
  end function

  integer(c_int) function random_noise_fill(out, number, seed, stream, first) bind(c)
    import
    real(c_double), intent(out) :: out(*)
    integer(c_size_t), value :: number
    integer(c_int64_t), value :: seed, stream, first
  end function

  integer(c_int) function random_noise_add(inout, number, stddev, seed, stream, first) bind(c)
    import
    real(c_double), intent(inout) :: inout(*)
    integer(c_size_t), value :: number
    real(c_double), value :: stddev
    integer(c_int64_t), value :: seed, stream, first
  end function

  subroutine somemem_set_threads(threads) bind(c)
    import
    integer(c_size_t), value :: threads
  end subroutine

  integer(c_size_t) function somemem_threads() bind(c)
    import
  end function

  ! A C string that ends with c_null_char.
  type(c_ptr) function somemem_strerror(status) bind(c)
    import
    integer(c_int32_t), value :: status
  end function

  ! A C string that ends with c_null_char.
  type(c_ptr) function somemem_version() bind(c)
    import
  end function
end interface
