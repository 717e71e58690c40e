"""Every snippet of README does what it says, run as written in a folder that looks like this one after `make`."""

import re
import sys

import pytest

from conftest import INCLUDE, LIBRARY_DIR, ROOT, run

SNIPPETS = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)


def snippets(language, containing=""):
    return [text for name, text in SNIPPETS if name == language and containing in text]


def with_names(texts):
    return [pytest.param(text, id=str(number)) for number, text in enumerate(texts)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "release").symlink_to(LIBRARY_DIR)
    (tmp_path / "include").symlink_to(INCLUDE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_snippet_is_tried():
    """The Rust ones by `cargo test`, as doctests."""
    tried = snippets("c") + snippets("python") + snippets("rust") + snippets("sh", "quick.c") + snippets("sh", "make test")
    assert sorted(text for _, text in SNIPPETS) == sorted(tried)


def test_the_two_commands_exist():
    (commands,) = snippets("sh", "make test")
    for command in re.findall(r"^make (\w+)", commands, flags=re.MULTILINE):
        assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


def test_c(folder):
    (program,) = snippets("c")
    (command,) = snippets("sh", "quick.c")
    (folder / "quick.c").write_text(program)
    run("sh", "-ec", command)
    assert re.fullmatch(r"1000000 samples, the first is -?\d\.\d+\n", run("./quick"))


@pytest.mark.parametrize("text", with_names(snippets("python")))
def test_python(folder, text):
    printed = run(sys.executable, "-c", text)
    assert all(abs(float(line) - 1) < 0.01 for line in printed.splitlines())


OWNING = snippets("python", "def noise(")


@pytest.mark.parametrize("text", with_names(OWNING))
def test_arrays_are_views_and_free_their_buffer(folder, text):
    """Run on its own, because it looks at how much memory the process has."""
    checks = """
import gc, resource
seen = []
data = lib.somemem_data
class Recording:
    def __getattr__(self, name):
        if name != "somemem_data":
            return getattr(real, name)
        def look(handle):
            seen.append((handle, data(handle)))
            return seen[-1][1]
        return look
real, lib = lib, Recording()

array = noise(1000)
handle, address = seen.pop()
address = address if isinstance(address, int) else int(ffi.cast("uintptr_t", address))
assert array.ctypes.data == address and array.size == 1000 and array.flags.writeable, "a copy was made"
view = array[10:20:2]
expected = view.copy()
del array
gc.collect()
assert data(handle) and (view == expected).all(), "freed under a view"
del view
gc.collect()
assert not data(handle), "not freed"

for _ in range(2000):
    noise(100000)[0] = 0
seen.clear()
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 500_000, "memory is lost"

try:
    noise(2**60)
except (OSError, OverflowError, MemoryError) as refused:
    print(type(refused).__name__, refused)
"""
    printed = run(sys.executable, "-c", text + checks)
    assert "OSError [Errno 12]" in printed


def test_the_header_is_read_by_the_same_line_everywhere():
    """README's cffi snippet and the tests strip the header alike."""
    (text,) = snippets("python", "cffi")
    assert """re.sub(r"^#.*", "", """ in text
