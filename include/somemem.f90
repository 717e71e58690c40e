! The functions of somemem.h as a module: compile this file with the program, and `use somemem`.
! SPDX-License-Identifier: MIT OR Apache-2.0

module somemem
  implicit none
  include 'somemem.f03'
end module
