"""The Python package as users get it: the wheel, its types and its examples."""

import importlib.metadata
import os
import pathlib
import re
import runpy
import sys
import tomllib

import pytest
import somemem

from conftest import ROOT, names_the_build_machine, run, snippets

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
INSTALLED = pathlib.Path(somemem.__file__).parent
README = ROOT / "python" / "README.md"
SOURCES = {path.name: path.read_text() for path in (ROOT / "python" / "somemem").glob("*.py")}


def test_what_is_tested_is_the_installed_wheel():
    assert "site-packages" in INSTALLED.parts and ROOT / "python" not in INSTALLED.parents
    assert {path.name: path.read_text() for path in INSTALLED.glob("*.py")} == SOURCES, "run make wheel .venv/somemem"


def test_nothing_of_the_build_machine_is_in_the_wheel():
    (library,) = INSTALLED.glob("_native/*.so")
    assert not names_the_build_machine(library)


def test_metadata():
    told = importlib.metadata.metadata("somemem")
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    assert told["Version"] == somemem.__version__ == version
    assert told["License-Expression"] == "MIT OR Apache-2.0" and len(told.get_all("License-File")) == 2
    assert "# somemem" in importlib.metadata.distribution("somemem").read_text("METADATA")
    (tag,) = re.findall(r"^Tag: (.*)", importlib.metadata.distribution("somemem").read_text("WHEEL"), flags=re.MULTILINE)
    (library,) = INSTALLED.glob("_native/*.so")
    assert tag.startswith("py3-none-") and b"libpython" not in library.read_bytes(), "one wheel is for every Python"


def test_pyinstaller_is_told_of_the_library():
    (entry,) = importlib.metadata.entry_points(group="pyinstaller40", module="somemem._pyinstaller")
    (folder,) = entry.load()()
    hook = runpy.run_path(str(pathlib.Path(folder) / "hook-somemem.py"))
    assert [(pathlib.Path(file).name, place) for file, place in hook["binaries"]] == [("lib_native.so", os.path.join("somemem", "_native"))]


def test_the_tools_that_build_it_here_are_those_that_build_it_elsewhere():
    pinned = (ROOT / "tests" / "requirements.txt").read_text().splitlines()
    assert set(PYPROJECT["build-system"]["requires"]) <= set(pinned)


def test_the_public_names():
    names = {"NoiseArray", "SomeMemory", "add_noise", "fresh_seed", "random_noise", "set_threads", "threads", "trim"}
    assert set(somemem.__all__) == names | {"__version__"} and names <= set(dir(somemem))
    assert all(getattr(somemem, name).__doc__ for name in names)


def test_the_examples_in_the_docstrings(tmp_path):
    printed = run(sys.executable, "-m", "pytest", "-q", "--doctest-modules", "--pyargs", "somemem", cwd=tmp_path)
    examples = sum(bool(re.search(r"^ *>>> ", text, flags=re.MULTILINE)) for text in SOURCES.values())
    assert int(re.search(r"(\d+) passed", printed)[1]) >= examples >= 4


@pytest.mark.parametrize("text", [pytest.param(text, id=str(number)) for number, text in enumerate(snippets(README, "python"))])
def test_the_snippets_of_its_readme(text, tmp_path):
    printed = run(sys.executable, "-W", "error", "-c", text, cwd=tmp_path)
    assert bool(printed) == ("print" in text)
    assert "BufferError" not in text or "alive" in printed


def test_every_snippet_is_tried():
    commands = [command.split("   ")[0].strip() for command in snippets(README, "sh")]
    assert commands == ["pip install .", "pip install '.[dask]'"], "the wheel of the source distribution is installed like this"
    assert len(snippets(README, "python")) == len(snippets(README)) - len(commands) == 5


def test_the_example_with_a_plot(tmp_path):
    program = ROOT / "python" / "examples" / "bit_errors.py"
    command = [sys.executable, "-W", "error", program, tmp_path / "plot.png", "--bits", 300_001, "--seed", 7]
    printed = run(*command, "--threads", 1)
    plot = (tmp_path / "plot.png").read_bytes()
    assert plot.startswith(b"\x89PNG") and len(plot) > 10_000
    rows = [line.split() for line in printed.splitlines()[1:]]
    assert [int(row[0]) for row in rows] == list(range(11)) and all(abs(float(row[-1])) <= 4 for row in rows)
    assert run(*command, "--threads", 3) == printed and (tmp_path / "plot.png").read_bytes() == plot
    with pytest.raises(AssertionError, match="exited with 2"):
        run(*command, "--threads", 0)


def test_the_example_of_an_endless_map(tmp_path):
    program = ROOT / "python" / "examples" / "endless_map.py"
    pictures = [tmp_path / "map.png", tmp_path / "types.png"]
    printed = run(sys.executable, "-W", "error", program, *pictures, "--size", 64)
    assert printed == "a part of the window, drawn alone: the same bits\nfloat32 samples: the float64 ones, rounded\n"
    assert all(picture.read_bytes().startswith(b"\x89PNG") and picture.stat().st_size > 10_000 for picture in pictures)
