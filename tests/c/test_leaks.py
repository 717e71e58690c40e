"""Leak checkers do not report a buffer in use. With SOMEMEM_FIND_LEAKS=1 they report a handle that was never freed, at the call
that made it. They do not report a freed one."""

import os
import subprocess

import pytest

from conftest import ROOT, compile_program, need

SOURCE = ROOT / "tests" / "c" / "leak.c"
LIVE = ROOT / "tests" / "c" / "live.c"
VALGRIND = ["valgrind", "--leak-check=full", "--errors-for-leak-kinds=definite,possible", "--error-exitcode=9"]
SANITIZED = ["-fsanitize=address", "-fno-omit-frame-pointer"]
FIND = {"SOMEMEM_FIND_LEAKS": "1"}
MAKERS = ["somemem_new", "random_noise", "random_noise_seeded"]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """build(source, options...): the program, compiled once."""
    folder, built = tmp_path_factory.mktemp("leaks"), {}

    def program(source, *options):
        if (source, options) not in built:
            built[source, options] = compile_program(source, folder / f"{source.stem}-{len(built)}", *options)
        return built[source, options]

    return program


@pytest.mark.parametrize("number", [100, 1 << 17])
@pytest.mark.parametrize("maker", MAKERS)
def test_valgrind_reports_a_leaked_handle(build, maker, number):
    program = build(SOURCE)
    need("valgrind")
    command, environment = [*VALGRIND, str(program), maker, str(number)], dict(os.environ, **FIND)
    clean = subprocess.run([*command, "free"], capture_output=True, text=True, env=environment)
    assert clean.returncode == 0, clean.stderr
    assert "no leaks are possible" in clean.stderr or "definitely lost: 0 bytes" in clean.stderr

    leaky = subprocess.run([*command, "leak"], capture_output=True, text=True, env=environment)
    assert leaky.returncode == 9
    record = leaky.stderr[leaky.stderr.index("are definitely lost") :]
    assert maker in record and "leak_here" in record, record


@pytest.mark.parametrize("number", [100, 1 << 17])
@pytest.mark.parametrize("maker", MAKERS)
def test_leak_sanitizer_reports_a_leaked_handle(build, maker, number):
    program = build(SOURCE, *SANITIZED)
    command, environment = [str(program), maker, str(number)], dict(os.environ, LSAN_OPTIONS="exitcode=9", **FIND)
    clean = subprocess.run([*command, "free"], capture_output=True, text=True, env=environment)
    assert clean.returncode == 0, clean.stderr

    leaky = subprocess.run([*command, "leak"], capture_output=True, text=True, env=environment)
    assert leaky.returncode == 9
    record = leaky.stderr[leaky.stderr.index("Direct leak") :]
    assert maker in record and "leak_here" in record, record


@pytest.mark.parametrize("number", [100, 1 << 17])
@pytest.mark.parametrize("where", ["exit", "child", "global"])
def test_valgrind_reports_no_live_buffer(build, where, number):
    program = build(LIVE)
    need("valgrind")
    done = subprocess.run([*VALGRIND, "--trace-children=yes", program, where, str(number)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("number", [100, 1 << 17])
@pytest.mark.parametrize("where", ["now", "exit", "child", "global"])
def test_leak_sanitizer_reports_no_live_buffer(build, where, number):
    program = build(LIVE, *SANITIZED)
    environment = dict(os.environ, LSAN_OPTIONS="exitcode=9")
    done = subprocess.run([program, where, str(number)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("value", "found"), [("1", True), ("0", False), ("", False)])
def test_the_switch_is_on_when_it_is_set_and_not_0(build, value, found):
    program = build(LIVE, *SANITIZED)
    environment = dict(os.environ, LSAN_OPTIONS="exitcode=9", SOMEMEM_FIND_LEAKS=value)
    done = subprocess.run([program, "exit", "100"], capture_output=True, text=True, env=environment)
    assert (done.returncode == 9) == found, done.stderr


def test_what_was_freed_hides_no_leak_of_the_program(tmp_path):
    """The table's free slots hold no addresses. An old address could be that of a block of the program by now, and would hide its leak."""
    source = tmp_path / "own.c"
    source.write_text(
        """
        #include <stdlib.h>
        #include <string.h>
        #include "somemem.h"
        __attribute__((noinline)) static void lose(void) {
          for (int n = 0; n < 100; n++) {
            SomeMem *memory = somemem_new(10);
            size_t room = 8 * 10 + 160;
            if (somemem_free(memory) != SOMEMEM_OK) exit(3);
            void *volatile own = malloc(room);
            memset(own, 0, room);
          }
        }
        int main(void) {
          lose();
          volatile char wipe[4096];
          memset((char *)wipe, 0, sizeof wipe);
          return 0;
        }
        """
    )
    program = compile_program(source, tmp_path / "own")
    need("valgrind")
    done = subprocess.run([*VALGRIND, program], capture_output=True, text=True)
    assert done.returncode == 9 and "24,000 bytes in 100 blocks are definitely lost" in done.stderr, done.stderr
