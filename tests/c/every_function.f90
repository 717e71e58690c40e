! Every function that draws noise into the program's own memory, for real64 and real32, beside the formulas in somemem.h. Prints
! somemem_kernel().
program every_function
  use, intrinsic :: iso_c_binding, only: c_char, c_f_pointer, c_null_char, c_ptr
  use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
  use, intrinsic :: ieee_arithmetic, only: ieee_positive_inf, ieee_quiet_nan, ieee_value
  use somemem
  implicit none

  integer(int64), parameter :: n = 1000, seed = 42, stream = -1, first = 123456789
  integer(int64), parameter :: rows = 7, columns = 5, stride = 8, stream_step = 3, first_step = 100
  real(real64), parameter :: mean = 10, scale = 0.3_real64
  real(real64) :: x(n)

  call check(random_noise_fill(x, n, seed, stream, first) == SOMEMEM_OK, 'fill')
  call fills_floats
  call adds
  call adds_to_floats
  call shifts_and_scales
  call fills_rows(0_int64, stream_step, first_step)
  call fills_rows(stream, 0_int64, first_step)
  call adds_to_rows
  call refuses
  call prints_the_kernel

contains

  subroutine check(holds, what)
    logical, intent(in) :: holds
    character(*), intent(in) :: what
    if (holds) return
    print '(2a)', 'wrong: ', what
    error stop
  end subroutine

  logical function same64(a, b)
    real(real64), intent(in) :: a(:), b(:)
    same64 = size(a) == size(b) .and. all(transfer(a, [0_int64]) == transfer(b, [0_int64]))
  end function

  logical function same32(a, b)
    real(real32), intent(in) :: a(:), b(:)
    same32 = size(a) == size(b) .and. all(transfer(a, [0_int32]) == transfer(b, [0_int32]))
  end function

  subroutine fills_floats
    real(real32) :: y(n)
    call check(random_noise_fill_f32(y, n, seed, stream, first) == SOMEMEM_OK, 'fill_f32')
    call check(same32(y, real(x, real32)), 'a float is its double, rounded')
  end subroutine

  subroutine adds
    real(real64) :: signal(n), sum(n)
    signal = mean
    sum = signal
    call check(random_noise_add(sum, n, scale, seed, stream, first) == SOMEMEM_OK, 'add')
    call check(same64(sum, signal + scale * x), 'sums of doubles')
    call check(random_noise_add(sum, n, -scale, seed, stream, first) == SOMEMEM_OK, 'take off')
    call check(same64(sum, (signal + scale * x) - scale * x), 'differences of doubles')
    call check(all(abs(sum - signal) <= 2 * spacing(mean)), 'the signal is back, up to two roundings')
  end subroutine

  subroutine adds_to_floats
    real(real32) :: signal(n), sum(n), expected(n)
    signal = real(mean, real32)
    sum = signal
    call check(random_noise_add_f32(sum, n, scale, seed, stream, first) == SOMEMEM_OK, 'add_f32')
    expected = real(real(signal, real64) + scale * x, real32)
    call check(same32(sum, expected), 'sums of floats')
    call check(random_noise_add_f32(sum, n, -scale, seed, stream, first) == SOMEMEM_OK, 'take off floats')
    call check(same32(sum, real(real(expected, real64) - scale * x, real32)), 'differences of floats')
    call check(all(abs(sum - signal) <= 2 * spacing(signal)), 'the floats are back, up to two roundings')
  end subroutine

  subroutine shifts_and_scales
    real(real64) :: y(n)
    real(real32) :: z(n)
    call check(random_noise_normal(y, n, mean, -scale, seed, stream, first) == SOMEMEM_OK, 'normal')
    call check(same64(y, mean + (-scale) * x), 'mean and scale')
    call check(random_noise_normal_f32(z, n, mean, -scale, seed, stream, first) == SOMEMEM_OK, 'normal_f32')
    call check(same32(z, real(y, real32)), 'mean and scale of floats')
  end subroutine

  ! Row r, counted from 0, drawn alone.
  function row(r, stream_0, step, skip) result(drawn)
    integer(int64), intent(in) :: r, stream_0, step, skip
    real(real64) :: drawn(columns)
    call check(random_noise_fill(drawn, columns, seed, stream_0 + r * step, first + r * skip) == SOMEMEM_OK, 'a row alone')
  end function

  subroutine fills_rows(stream_0, step, skip)
    integer(int64), intent(in) :: stream_0, step, skip
    real(real64) :: y(stride, rows), expected(stride, rows)
    real(real32) :: z(stride, rows)
    integer(int64) :: r
    y = -1
    expected = y
    z = real(y, real32)
    do r = 0, rows - 1
      expected(:columns, r + 1) = row(r, stream_0, step, skip)
    end do
    call check(random_noise_fill_rows(y, rows, columns, stride, seed, stream_0, first, step, skip) == SOMEMEM_OK, 'fill_rows')
    call check(same64([y], [expected]), 'rows of doubles')
    call check(random_noise_fill_rows_f32(z, rows, columns, stride, seed, stream_0, first, step, skip) == SOMEMEM_OK, &
               'fill_rows_f32')
    call check(same32([z], real([expected], real32)), 'rows of floats')
  end subroutine

  subroutine adds_to_rows
    real(real64) :: y(stride, rows), expected(stride, rows)
    real(real32) :: z(stride, rows)
    integer(int64) :: r
    y = mean
    expected = y
    z = real(y, real32)
    do r = 0, rows - 1
      expected(:columns, r + 1) = mean + (-scale) * row(r, 0_int64, stream_step, first_step)
    end do
    call check(random_noise_add_rows(y, rows, columns, stride, -scale, seed, 0_int64, first, stream_step, first_step) == &
               SOMEMEM_OK, 'add_rows')
    call check(same64([y], [expected]), 'sums in rows of doubles')
    call check(random_noise_add_rows_f32(z, rows, columns, stride, -scale, seed, 0_int64, first, stream_step, first_step) == &
               SOMEMEM_OK, 'add_rows_f32')
    call check(same32([z], real([expected], real32)), 'sums in rows of floats')
  end subroutine

  subroutine refuses
    real(real64) :: y(n), before(n)
    real(real32) :: z(n)
    y = mean
    before = y
    z = real(y, real32)
    call check(random_noise_fill_f32(z, n, seed, stream, -n + 1) == SOMEMEM_INVALID_RANGE, 'past the last index')
    call check(random_noise_add_f32(z, n, ieee_value(scale, ieee_quiet_nan), seed, stream, first) == SOMEMEM_INVALID_SCALE, 'NaN')
    call check(random_noise_normal(y, n, ieee_value(mean, ieee_positive_inf), scale, seed, stream, first) == &
               SOMEMEM_INVALID_SCALE, 'an infinite mean')
    call check(random_noise_fill_rows(y, rows, columns, columns - 1, seed, 0_int64, first, 1_int64, 0_int64) == &
               SOMEMEM_INVALID_RANGE, 'rows that overlap')
    call check(random_noise_add_rows_f32(z, 2_int64, columns, stride, scale, seed, stream, first, 1_int64, 0_int64) == &
               SOMEMEM_INVALID_RANGE, 'past the last stream')
    call check(same64(y, before) .and. same32(z, real(before, real32)), 'nothing is written')
  end subroutine

  subroutine prints_the_kernel
    character(kind=c_char), pointer :: letters(:)
    integer :: i
    call c_f_pointer(somemem_kernel(), letters, [100])
    do i = 1, size(letters)
      if (letters(i) == c_null_char) exit
      write (*, '(a)', advance='no') letters(i)
    end do
    print '(a)', ''
  end subroutine

end program
