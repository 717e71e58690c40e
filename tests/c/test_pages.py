"""Large buffers at every size that matters, and what they cost the system. tests/c/pages.c runs with the defaults, with
SOMEMEM_PLAIN_PAGES=1, under a limit on address space, and under qemu's user emulation.

- Growing moves pages. It copies them where the kernel cannot move them.
- Up to a reserved length the data does not move.
- No more addresses are taken than are used or were asked for.
- A buffer that shrinks from 1 GiB to 1 MiB gives back 99 % of its memory.
- A buffer whose length oscillates about a boundary costs nothing.
- Freed mappings are used again without page faults. They are never more than 64 MiB. They are given up when memory runs out.
- A request for more memory than the machine has is refused, where the kernel says so.
"""

import os
import resource

import pytest

from conftest import ROOT, compile_program, need, run

EVERYWHERE = ["thresholds", "growth", "moving", "shrinking", "forking", "threads", "reserving", "reserving_little", "oscillating"]
NATIVE = ["keeping", "keeping_little", "giving_up", "many", "limited", "overcommitting", "huge_pages", "reserved_addresses"]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compile_program(ROOT / "tests" / "c" / "pages.c", tmp_path_factory.mktemp("pages") / "pages")


@pytest.mark.parametrize("plain", ["", "1"], ids=["usual", "plain"])
@pytest.mark.parametrize("name", EVERYWHERE + NATIVE)
def test_large_buffers(program, name, plain):
    assert " 0 failed" in run(program, name, env=environment(plain))


@pytest.mark.parametrize("name", EVERYWHERE)
def test_with_a_limit_on_addresses(program, name):
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 46, resource.RLIM_INFINITY))
    assert " 0 failed" in run(program, name, env=environment(""), preexec_fn=limit)


@pytest.mark.parametrize("plain", ["", "1"], ids=["usual", "plain"])
@pytest.mark.parametrize("name", [name for name in EVERYWHERE if name != "threads"])
def test_under_emulation(program, name, plain):
    assert " 0 failed" in run(need("qemu-x86_64"), program, name, "emulated", env=environment(plain))


def test_with_a_heap_that_moves_what_it_shrinks(tmp_path):
    program = compile_program(ROOT / "tests" / "c" / "pages.c", tmp_path / "pages", "-fsanitize=address")
    assert " 0 failed" in run(program, "reserving_little", env=environment(""))


def test_the_switch_is_off_when_it_is_0(program):
    """`keeping` takes any value to mean on. The library takes 0 to mean off, so `keeping` must fail."""
    with pytest.raises(AssertionError, match="touched >= 20"):
        run(program, "keeping", env=environment("0"))


def environment(plain):
    variables = {name: value for name, value in os.environ.items() if name != "SOMEMEM_PLAIN_PAGES"}
    return dict(variables, SOMEMEM_PLAIN_PAGES=plain) if plain else variables
