"""Every snippet of README does what it says. It is run as written, in a folder that looks like this one after `make`. So are the
snippets of docs/installing.md that need only the library. tests/installed/test_installed.py runs the others."""

import json
import re
import sys

import pytest

from conftest import INCLUDE, LIBRARY_DIR, PEAK, ROOT, run, snippets

README = ROOT / "README.md"
INSTALLING = ROOT / "docs" / "installing.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "release").symlink_to(LIBRARY_DIR)
    (tmp_path / "include").symlink_to(INCLUDE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_snippet_is_tried():
    """`cargo test` runs the Rust snippets as doctests, and .ci/run runs `pip install .`."""
    tried = [*snippets(README, "c"), *snippets(README, "cpp"), *snippets(README, "python"), *snippets(README, "rust")]
    tried += [*snippets(README, "sh", "cc "), *snippets(README, "sh", "c++ "), *snippets(README, "sh", "make test"), "pip install .\n"]
    assert sorted(snippets(README)) == sorted(tried)


def test_the_two_commands_exist():
    (commands,) = snippets(README, "sh", "make test")
    for command in re.findall(r"^make (\w+)", commands, flags=re.MULTILINE):
        assert re.search(rf"^{command}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


def test_c(folder):
    (command,) = snippets(README, "sh", "cc ")
    filling, buffers = snippets(README, "c")
    printed = []
    for program in (filling, buffers):
        (folder / "quick.c").write_text(program)
        run("sh", "-ec", command)
        printed.append(run("./quick"))
    assert f"`{printed[0].strip()}`" in README.read_text() and len(printed[0].split()) == 3
    assert re.fullmatch(r"1000000 samples, the first is -?\d\.\d+\n", printed[1])


def test_cpp(folder):
    (program,) = snippets(README, "cpp")
    (command,) = snippets(README, "sh", "c++ ")
    (folder / "quick.cpp").write_text(program)
    run("sh", "-ec", command)
    added, drawn = map(float, run("./quick").split())
    assert added != 0 and abs(added - 0.1 * drawn) < 1e-6


def test_python(folder):
    first, more = snippets(README, "python")
    told = re.search("on every machine: `(.*?)`", README.read_text())[1]
    printed = run(sys.executable, "-c", first).strip("[]\n ").split()
    assert [f"{float(number):.6f}" for number in printed] == told.split()
    assert run(sys.executable, "-c", more) == ""


@pytest.fixture
def loader(folder, monkeypatch):
    """Where the loader and the snippets find the library and its header."""
    monkeypatch.setenv("LD_LIBRARY_PATH", str(LIBRARY_DIR))
    monkeypatch.setenv("PREFIX", str(folder))


def test_ctypes(loader):
    (text,) = snippets(INSTALLING, "python", "import ctypes")
    assert run(sys.executable, "-c", text) == ""


def test_cffi_arrays_are_views_and_free_their_buffer(loader):
    """In a process of its own, because it checks how much memory the process has."""
    (text,) = snippets(INSTALLING, "python", "import cffi")
    checks = """
import gc
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
assert array.ctypes.data == int(ffi.cast("uintptr_t", address)) and array.size == 1000 and array.flags.writeable, "a copy was made"
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
assert peak() < 500_000, "memory is lost"

try:
    noise(2**60)
except OSError as refused:
    print(refused)
"""
    first, last = run(sys.executable, "-c", text + PEAK + checks).splitlines()
    assert abs(float(first) - 1) < 0.01 and "[Errno 12]" in last


def test_the_header_is_read_by_the_same_line_everywhere():
    """The cffi snippet and the tests strip the header in the same way."""
    (text,) = snippets(INSTALLING, "python", "cffi")
    assert r"""re.sub(r"^#(ifdef __cplusplus\n)?.*", "", """ in text


FIGURES = ["README.md", "include/somemem.h", "python/README.md", "docs/installing.md", "docs/coming-from.md", "docs/scale.md", "docs/platforms.md"]


@pytest.mark.parametrize("document", FIGURES)
def test_figures_of_speed_were_measured(document):
    """Each number of nanoseconds, and each ratio to memset(), is a rounded number of a file in docs/measured."""
    measured = [json.loads(path.read_text())["fills"] for path in (ROOT / "docs" / "measured").glob("*.json")]
    numbers = [ns for fills in measured for row in fills["ns"].values() for ns in row.values() if ns]
    ratios = [value for fills in measured for value in fills["ratios"].values()]
    text = " ".join(re.sub(r"^ \* ?", "", (ROOT / document).read_text(), flags=re.MULTILINE).split())
    for known, pattern in ((numbers, r"(\d+(?:\.\d+)?) ns\b"), (ratios, r"(\d+(?:\.\d+)?) times (?:what )?`?memset")):
        for figure in re.findall(pattern, text):
            digits = len(figure.partition(".")[2])
            assert any(float(f"{value:.{digits}f}") == float(figure) for value in known), figure


def test_the_tables_of_figures_are_those_of_the_files():
    run(sys.executable, ROOT / "benches" / "measured.py", "tables", "--check")
