"""Wrong calls, unusual floating-point environments, small stacks and the ends of memory, from C."""

import shutil

from conftest import LIBRARY, ROOT, compile_program, run

PROGRAMS = ROOT / "tests" / "c"


def test_misuse(tmp_path):
    other = shutil.copy(LIBRARY, tmp_path / "other.so")
    program = compile_program(PROGRAMS / "misuse.c", tmp_path / "misuse")
    assert " 0 failed" in run(program, other)


def test_no_floating_point_environment_changes_a_value(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "environment.c", tmp_path / "environment", "-frounding-math"))


def test_stack_use_is_as_promised(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "stack.c", tmp_path / "stack"))


def test_nothing_beside_what_is_drawn_is_touched(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "bounds.c", tmp_path / "bounds"))


def test_no_key_of_random_noise_is_left_on_the_stack(tmp_path):
    assert " 0 failed" in run(compile_program(PROGRAMS / "secret.c", tmp_path / "secret", "-Wl,-z,now"))
