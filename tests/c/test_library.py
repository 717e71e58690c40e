"""The header matches the shared library, and every compiler accepts it: from C, C++, Fortran and ctypes."""

import ctypes
import os
import re
import sys
import tomllib

import cffi
import pytest

from conftest import C_STANDARDS, C_WARNINGS, CPP_STANDARDS, HEADER, INCLUDE, LIBRARY, LIBRARY_DIR, ROOT, WARNINGS
from conftest import compile_program, names_the_build_machine, need, run

COMPILERS = [(os.environ.get("CC", "cc"), "c", standard, C_WARNINGS) for standard in ["c89", *C_STANDARDS]] + [
    (os.environ.get("CXX", "c++"), "c++", standard, WARNINGS) for standard in ["c++98", *CPP_STANDARDS]
]


@pytest.mark.parametrize(("compiler", "language", "standard", "warnings"), COMPILERS, ids=lambda value: str(value)[:9])
def test_the_header_is_valid_in_every_standard(compiler, language, standard, warnings):
    # Twice, because programs include it from many of their own headers.
    program = '#include "somemem.h"\n#include "somemem.h"\nint main(void) { return somemem_len(0) != 0; }\n'
    command = [compiler, "-x", language, f"-std={standard}", *warnings, f"-I{INCLUDE}", "-fsyntax-only", "-"]
    run(*command, input=program)


EVERY_FUNCTION = ROOT / "tests" / "c" / "every_function"

KERNELS = ["AVX-512, VAES", "AVX2, VAES", "AVX2, AES-NI", "NEON, AES", "portable"]


def assert_calls_every_function(suffix):
    """Every function that draws noise into the program's own memory."""
    called = set(re.findall(r"\w+(?=\()", EVERY_FUNCTION.with_suffix(suffix).read_text()))
    own_memory = {name for name in functions_of_the_header() if name.startswith("random_noise_")} - {"random_noise_seeded"}
    assert len(own_memory) == 10 and called >= own_memory | {"somemem_kernel"}


def declarations():
    """The header as cffi reads it, without preprocessor lines and without the lines for C++."""
    return re.sub(r"^#(ifdef __cplusplus\n)?.*", "", HEADER.read_text(), flags=re.MULTILINE)


def functions_of_the_header():
    code = re.sub(r"/\*.*?\*/", "", declarations(), flags=re.DOTALL)
    return set(re.findall(r"(\w+)\s*\(", code))


def test_the_header_parses_with_cffi():
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    loaded = ffi.dlopen(str(LIBRARY))
    assert ffi.typeof("SomeMemStatus").relements["SOMEMEM_NO_ENTROPY"] == 6
    assert all(hasattr(loaded, name) for name in functions_of_the_header())


def test_the_library_exports_the_functions_of_the_header_and_nothing_else():
    symbols = run("nm", "-D", "--defined-only", "--format=posix", LIBRARY)
    assert {line.split()[0] for line in symbols.splitlines()} == functions_of_the_header()
    assert len(functions_of_the_header()) >= 25


def test_the_static_library_defines_the_same_functions_and_is_optimised_as_a_whole():
    """Rust's standard library has names that no C program uses. All other code of it and of the crates is in one object with ours."""
    archive = LIBRARY.with_suffix(".a")
    pieces = [name for name in run("ar", "t", archive).split() if name.endswith(".rcgu.o") and not name.startswith("compiler_builtins-")]
    assert len(pieces) == 1 and pieces[0].startswith("somemem.")
    symbols = run("readelf", "-sW", archive)
    seen = {line.split()[7] for line in symbols.splitlines() if re.search(r" (GLOBAL|WEAK) +DEFAULT +\d+ ", line)}
    assert {name for name in seen if not name.startswith(("_R", "_ZN"))} - {"rust_eh_personality"} == functions_of_the_header()


def test_the_library_has_its_soname_and_stays_loaded():
    dynamic = run("readelf", "-dW", LIBRARY)
    assert "soname: [libsomemem.so.0.1]" in dynamic
    assert "NODELETE" in dynamic
    assert (LIBRARY_DIR / "libsomemem.so.0.1").exists(), "a freshly linked program would not start: run make"


def macros():
    text = run(os.environ.get("CC", "cc"), "-E", "-dM", "-x", "c", HEADER)
    return dict(re.findall(r"#define (\w+) (.*)", text))


def test_versions_agree(library):
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    parts = [macros()[f"SOMEMEM_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH")]
    assert ".".join(parts) == version == library.somemem_version().decode()
    program = f'#include "somemem.h"\n#if SOMEMEM_VERSION_NUMBER != {int(parts[0]) * 10000 + int(parts[1]) * 100 + int(parts[2])}\n#error\n#endif\n'
    run(os.environ.get("CC", "cc"), "-x", "c", f"-I{INCLUDE}", "-fsyntax-only", "-", input=program)


def test_cmake_is_told_the_version(library):
    told = (ROOT / "cmake" / "somemem-config-version.cmake").read_text()
    assert f"set(PACKAGE_VERSION {library.somemem_version().decode()})" in told


FORTRAN = {  # for a C type: its Fortran type as a result, and as an argument
    "void": ("subroutine", None),
    "size_t": ("integer(c_size_t)", "integer(c_size_t), value"),
    "uint64_t": (None, "integer(c_int64_t), value"),
    "int32_t": (None, "integer(c_int32_t), value"),
    "double": (None, "real(c_double), value"),
    "double *": ("type(c_ptr)", "real(c_double), intent"),
    "float *": (None, "real(c_float), intent"),
    "SomeMemStatus": ("integer(c_int)", None),
    "SomeMem *": ("type(c_ptr)", "type(c_ptr), value"),
    "char *": ("type(c_ptr)", None),
}


def test_fortran_declares_the_same_functions():
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    loaded = ffi.dlopen(str(LIBRARY))
    text = re.sub(r" *&\n     & *", " ", (INCLUDE / "somemem.f03").read_text())
    procedures = re.findall(r"^ +(?:(\S+) function|(subroutine)) (\w+)\((.*?)\) bind\(c\)\n(.*?)^ +end ", text, re.M | re.S)
    assert {name for _, _, name, _, _ in procedures} == functions_of_the_header()
    prototypes = re.sub(r"/\*.*?\*/", "", declarations(), flags=re.S)
    for function, subroutine, name, arguments, body in procedures:
        c = ffi.typeof(getattr(loaded, name))
        names = re.findall(r"(\w+)[,)]", re.search(rf"\b{name}(\([^)]*\))", prototypes).group(1)) if c.args else [""]
        assert (function or subroutine) == FORTRAN[c.result.cname.removeprefix("enum ")][0], name
        assert arguments.split(", ") == names, name
        for argument, c_type in zip(names, c.args):
            (declared,) = re.findall(rf"^ +(.*) :: .*\b{argument}\b", body, re.M)
            assert re.sub(r"\((in)?out\)", "", declared) == FORTRAN[c_type.cname][1], (name, argument)


FORTRAN_PROGRAMS = {  # by the ending of the file's name, which tells the compiler the source form
    "only.f90": """
program p
  use, intrinsic :: iso_c_binding, only: c_double, c_size_t, c_int64_t
  implicit none
  include 'somemem.f03'
  real(c_double) :: x(10)
  if (random_noise_fill(x, 10_c_size_t, 42_c_int64_t, 0_c_int64_t, 0_c_int64_t) /= SOMEMEM_OK) error stop
  print '(es24.16e3)', x(1)
end program
""",
    "fixed.f": """
      program p
      use, intrinsic :: iso_c_binding
      implicit none
      include 'somemem.f03'
      real(c_double) :: x(10)
      if (random_noise_fill(x, 10_c_size_t, 42_c_int64_t, 0_c_int64_t,
     &    0_c_int64_t) /= SOMEMEM_OK) error stop
      print '(es24.16e3)', x(1)
      end program
""",
    "module.f90": """
program p
  use somemem
  implicit none
  double precision :: x(10)
  if (random_noise_fill(x, 10_8, 42_8, 0_8, 0_8) /= SOMEMEM_OK) error stop
  print '(es24.16e3)', x(1)
end program
""",
}


FORTRAN_OPTIONS = ["-std=f2008", "-Wall", "-Werror", f"-I{INCLUDE}"]
FORTRAN_LINK = [f"-L{LIBRARY_DIR}", f"-Wl,-rpath,{LIBRARY_DIR}", "-lsomemem"]


@pytest.mark.parametrize("name", FORTRAN_PROGRAMS)
def test_fortran_in_every_form(name, tmp_path, noise):
    compiler = need("gfortran")
    (tmp_path / name).write_text(FORTRAN_PROGRAMS[name].lstrip("\n"))
    sources = [INCLUDE / "somemem.f90"] * (name == "module.f90") + [name]
    run(compiler, *FORTRAN_OPTIONS, *sources, "-o", "program", *FORTRAN_LINK, cwd=tmp_path)
    assert float(run(tmp_path / "program")) == noise(1, seed=42)[0]


def test_fortran_calls_every_function(tmp_path):
    assert_calls_every_function(".f90")
    compiler = need("gfortran")
    sources = [INCLUDE / "somemem.f90", EVERY_FUNCTION.with_suffix(".f90")]
    # The program's own formulas must not use the fused operations that some CPUs have.
    run(compiler, *FORTRAN_OPTIONS, "-ffp-contract=off", *sources, "-o", "program", *FORTRAN_LINK, cwd=tmp_path)
    assert run(tmp_path / "program").rstrip("\n") in KERNELS


@pytest.mark.parametrize("standard", CPP_STANDARDS)
def test_cpp_calls_every_function(tmp_path, standard):
    assert_calls_every_function(".cpp")
    program = compile_program(EVERY_FUNCTION.with_suffix(".cpp"), tmp_path / "program", f"-std={standard}", "-ffp-contract=off")
    assert run(program).rstrip("\n") in KERNELS


CTYPES = {  # for a C type
    "size_t": ctypes.c_size_t,
    "uint64_t": ctypes.c_uint64,
    "int32_t": ctypes.c_int32,
    "double": ctypes.c_double,
    "double *": ctypes.c_void_p,
    "float *": ctypes.c_void_p,
    "SomeMem *": ctypes.c_void_p,
    "char *": ctypes.c_char_p,
    "SomeMemStatus": ctypes.c_int,
    "void": None,
}


def test_ctypes_declares_the_same_functions(library):
    """The declarations in conftest.py match the header. ctypes itself would accept any."""
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    loaded = ffi.dlopen(str(LIBRARY))
    for name in functions_of_the_header():
        c = ffi.typeof(getattr(loaded, name))
        assert getattr(library, name).argtypes == [CTYPES[argument.cname] for argument in c.args], name
        assert getattr(library, name).restype == CTYPES[c.result.cname.removeprefix("enum ")], name
    assert library.somemem_kernel().decode() in KERNELS


def test_fortran_names_the_same_statuses():
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    text = (INCLUDE / "somemem.f03").read_text()
    named = {name: int(value) for name, value in re.findall(r"enumerator :: (\w+) = (\d+)", text)}
    assert named == ffi.typeof("SomeMemStatus").relements


def test_nothing_of_the_build_machine_is_in_the_library():
    assert not names_the_build_machine(LIBRARY)


def test_every_status_has_a_sentence_of_its_own(library):
    sentences = {library.somemem_strerror(status).decode() for status in range(7)}
    assert len(sentences) == 7
    unknown = {library.somemem_strerror(status).decode() for status in (-1, 7, 99, 2**31 - 1, -(2**31))}
    assert len(unknown) == 1 and not unknown & sentences


def test_the_tables_are_what_their_formulas_give():
    print(run(sys.executable, ROOT / "rust" / "src" / "noise" / "tables.py", "--check"))
