! The functions of somemem.h for Fortran 2003 and later, in free and in fixed form. Their manual is somemem.h. Either `include` this file
! among the declarations, or compile somemem.f90 and `use somemem`.
!
! A handle is a type(c_ptr). Fortran has no unsigned numbers: a seed, stream or index from 2**63 on is passed as the negative
! number of the same bits. The rows of somemem.h are columns of a Fortran array. In a whole array their stride is the first extent.
! SPDX-License-Identifier: MIT OR Apache-2.0
!
! Each function imports the kinds that it uses, so it does not matter what the program imports from iso_c_binding. Code is in the columns
! 7 to 72. A continued line has `&` in column 73, and the next line in column 6, which both forms accept.

      enum, bind(c)
        enumerator :: SOMEMEM_OK = 0
        enumerator :: SOMEMEM_NO_MEMORY = 1
        enumerator :: SOMEMEM_INVALID_HANDLE = 2
        enumerator :: SOMEMEM_INVALID_POINTER = 3
        enumerator :: SOMEMEM_INVALID_RANGE = 4
        enumerator :: SOMEMEM_INVALID_SCALE = 5
        enumerator :: SOMEMEM_NO_ENTROPY = 6
      end enum

      interface
        type(c_ptr) function somemem_new(number) bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr, c_size_t
          integer(c_size_t), value :: number
        end function

        integer(c_int) function somemem_resize(memory, new_number)      &
     &  bind(c)
          use, intrinsic :: iso_c_binding, only: c_int, c_ptr, c_size_t
          type(c_ptr), value :: memory
          integer(c_size_t), value :: new_number
        end function

        ! Afterwards the data does not move up to this length, and a
        ! Fortran pointer to it stays valid.
        integer(c_int) function somemem_reserve(memory, number) bind(c)
          use, intrinsic :: iso_c_binding, only: c_int, c_ptr, c_size_t
          type(c_ptr), value :: memory
          integer(c_size_t), value :: number
        end function

        integer(c_int) function somemem_free(memory) bind(c)
          use, intrinsic :: iso_c_binding, only: c_int, c_ptr
          type(c_ptr), value :: memory
        end function

        ! For c_f_pointer(), with somemem_len() as the shape.
        type(c_ptr) function somemem_data(memory) bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr
          type(c_ptr), value :: memory
        end function

        integer(c_size_t) function somemem_len(memory) bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr, c_size_t
          type(c_ptr), value :: memory
        end function

        integer(c_size_t) function somemem_capacity(memory) bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr, c_size_t
          type(c_ptr), value :: memory
        end function

        subroutine somemem_trim() bind(c)
        end subroutine

        type(c_ptr) function random_noise(number) bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr, c_size_t
          integer(c_size_t), value :: number
        end function

        type(c_ptr) function random_noise_seeded(number, seed) bind(c)
          use, intrinsic :: iso_c_binding, only: c_int64_t, c_ptr,      &
     &  c_size_t
          integer(c_size_t), value :: number
          integer(c_int64_t), value :: seed
        end function

        integer(c_int) function random_noise_fill(out, number, seed,    &
     &  stream, first) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_int,       &
     &  c_int64_t, c_size_t
          real(c_double), intent(out) :: out(*)
          integer(c_size_t), value :: number
          integer(c_int64_t), value :: seed, stream, first
        end function

        integer(c_int) function random_noise_fill_f32(out, number,      &
     &  seed, stream, first) bind(c)
          use, intrinsic :: iso_c_binding, only: c_float, c_int,        &
     &  c_int64_t, c_size_t
          real(c_float), intent(out) :: out(*)
          integer(c_size_t), value :: number
          integer(c_int64_t), value :: seed, stream, first
        end function

        integer(c_int) function random_noise_add(inout, number, scale,  &
     &  seed, stream, first) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_int,       &
     &  c_int64_t, c_size_t
          real(c_double), intent(inout) :: inout(*)
          integer(c_size_t), value :: number
          real(c_double), value :: scale
          integer(c_int64_t), value :: seed, stream, first
        end function

        integer(c_int) function random_noise_add_f32(inout, number,     &
     &  scale, seed, stream, first) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_float,     &
     &  c_int, c_int64_t, c_size_t
          real(c_float), intent(inout) :: inout(*)
          integer(c_size_t), value :: number
          real(c_double), value :: scale
          integer(c_int64_t), value :: seed, stream, first
        end function

        integer(c_int) function random_noise_normal(out, number, mean,  &
     &  scale, seed, stream, first) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_int,       &
     &  c_int64_t, c_size_t
          real(c_double), intent(out) :: out(*)
          integer(c_size_t), value :: number
          real(c_double), value :: mean, scale
          integer(c_int64_t), value :: seed, stream, first
        end function

        integer(c_int) function random_noise_normal_f32(out, number,    &
     &  mean, scale, seed, stream, first) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_float,     &
     &  c_int, c_int64_t, c_size_t
          real(c_float), intent(out) :: out(*)
          integer(c_size_t), value :: number
          real(c_double), value :: mean, scale
          integer(c_int64_t), value :: seed, stream, first
        end function

        integer(c_int) function random_noise_fill_rows(out, rows,       &
     &  columns, stride, seed, stream, first, stream_step, first_step)  &
     &  bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_int,       &
     &  c_int64_t, c_size_t
          real(c_double), intent(out) :: out(*)
          integer(c_size_t), value :: rows, columns, stride
          integer(c_int64_t), value :: seed, stream, first
          integer(c_int64_t), value :: stream_step, first_step
        end function

        integer(c_int) function random_noise_fill_rows_f32(out, rows,   &
     &  columns, stride, seed, stream, first, stream_step, first_step)  &
     &  bind(c)
          use, intrinsic :: iso_c_binding, only: c_float, c_int,        &
     &  c_int64_t, c_size_t
          real(c_float), intent(out) :: out(*)
          integer(c_size_t), value :: rows, columns, stride
          integer(c_int64_t), value :: seed, stream, first
          integer(c_int64_t), value :: stream_step, first_step
        end function

        integer(c_int) function random_noise_add_rows(inout, rows,      &
     &  columns, stride, scale, seed, stream, first, stream_step,       &
     &  first_step) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_int,       &
     &  c_int64_t, c_size_t
          real(c_double), intent(inout) :: inout(*)
          integer(c_size_t), value :: rows, columns, stride
          real(c_double), value :: scale
          integer(c_int64_t), value :: seed, stream, first
          integer(c_int64_t), value :: stream_step, first_step
        end function

        integer(c_int) function random_noise_add_rows_f32(inout, rows,  &
     &  columns, stride, scale, seed, stream, first, stream_step,       &
     &  first_step) bind(c)
          use, intrinsic :: iso_c_binding, only: c_double, c_float,     &
     &  c_int, c_int64_t, c_size_t
          real(c_float), intent(inout) :: inout(*)
          integer(c_size_t), value :: rows, columns, stride
          real(c_double), value :: scale
          integer(c_int64_t), value :: seed, stream, first
          integer(c_int64_t), value :: stream_step, first_step
        end function

        ! A C string that ends with c_null_char.
        type(c_ptr) function somemem_kernel() bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr
        end function

        subroutine somemem_set_threads(threads) bind(c)
          use, intrinsic :: iso_c_binding, only: c_size_t
          integer(c_size_t), value :: threads
        end subroutine

        integer(c_size_t) function somemem_threads() bind(c)
          use, intrinsic :: iso_c_binding, only: c_size_t
        end function

        ! A C string that ends with c_null_char.
        type(c_ptr) function somemem_strerror(status) bind(c)
          use, intrinsic :: iso_c_binding, only: c_int32_t, c_ptr
          integer(c_int32_t), value :: status
        end function

        ! A C string that ends with c_null_char.
        type(c_ptr) function somemem_version() bind(c)
          use, intrinsic :: iso_c_binding, only: c_ptr
        end function
      end interface
