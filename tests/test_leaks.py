"""A handle that was never freed is reported as lost, at the call that made it; one that was freed is not."""

import os
import subprocess

import pytest

from conftest import ROOT, compile_program, need

SOURCE = ROOT / "tests" / "c" / "leak.c"
MAKERS = ["somemem_new", "random_noise", "random_noise_seeded"]


@pytest.mark.parametrize("number", [100, 1 << 18])
@pytest.mark.parametrize("maker", MAKERS)
def test_valgrind_reports_a_leaked_handle(tmp_path, maker, number):
    program = compile_program(SOURCE, tmp_path / "leak")
    command = [need("valgrind"), "--leak-check=full", "--error-exitcode=9", str(program), maker, str(number)]
    clean = subprocess.run([*command, "free"], capture_output=True, text=True)
    assert clean.returncode == 0, clean.stderr
    assert "no leaks are possible" in clean.stderr or "definitely lost: 0 bytes" in clean.stderr

    leaky = subprocess.run([*command, "leak"], capture_output=True, text=True)
    assert leaky.returncode == 9
    record = leaky.stderr[leaky.stderr.index("are definitely lost") :]
    assert maker in record and "leak_here" in record, record


@pytest.mark.parametrize("number", [100, 1 << 18])
@pytest.mark.parametrize("maker", MAKERS)
def test_leak_sanitizer_reports_a_leaked_handle(tmp_path, maker, number):
    program = compile_program(SOURCE, tmp_path / "leak", "-fsanitize=address", "-fno-omit-frame-pointer")
    command, environment = [str(program), maker, str(number)], dict(os.environ, LSAN_OPTIONS="exitcode=9")
    clean = subprocess.run([*command, "free"], capture_output=True, text=True, env=environment)
    assert clean.returncode == 0, clean.stderr

    leaky = subprocess.run([*command, "leak"], capture_output=True, text=True, env=environment)
    assert leaky.returncode == 9
    record = leaky.stderr[leaky.stderr.index("Direct leak") :]
    assert maker in record and "leak_here" in record, record
