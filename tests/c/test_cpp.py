"""somemem.hpp keeps its promises with all compilers and standards that it is for."""

import os
import re

import pytest

from conftest import HEADER, INCLUDE, ROOT, WARNINGS, compile_program, need, run

STANDARDS = ["c++17", "c++20", "c++2b"]
STRICT = ["-Wshadow", "-Wconversion", "-Wsign-conversion", "-Wnon-virtual-dtor", "-Wold-style-cast", "-Weffc++"]
PROGRAM = ROOT / "tests" / "c" / "hpp.cpp"


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("compiler", [os.environ.get("CXX", "c++"), "clang++"])
def test_every_promise(tmp_path, monkeypatch, compiler, standard):
    monkeypatch.setenv("CXX", need(compiler))
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover"] if (compiler, standard) == ("c++", "c++17") else []
    program = compile_program(PROGRAM, tmp_path / "program", f"-std={standard}", "-O0", *STRICT, *sanitizers)
    assert " 0 failed" in run(program)


@pytest.mark.parametrize("standard", ["c++11", "c++14"])
def test_older_standards_are_told_what_to_include(tmp_path, standard):
    with pytest.raises(AssertionError, match="somemem.hpp needs C\\+\\+17; somemem.h serves C\\+\\+98 and later"):
        run(os.environ.get("CXX", "c++"), f"-std={standard}", f"-I{INCLUDE}", "-include", "somemem.hpp", "-x", "c++", "-fsyntax-only", "/dev/null")


def test_two_files_of_a_program_include_it(tmp_path):
    for name, text in (("one.cpp", "void two(); int main() { two(); }"), ("two.cpp", "void two() { somemem::random_noise(3); }")):
        (tmp_path / name).write_text(f"#include <somemem.hpp>\n{text}\n")
    done = run(os.environ.get("CXX", "c++"), "-std=c++17", *[word for word in WARNINGS if word != "-Werror"], f"-I{INCLUDE}", "-c", "one.cpp", "two.cpp", cwd=tmp_path)
    assert done == ""
    compile_program(tmp_path / "one.cpp", tmp_path / "program", "-std=c++17", tmp_path / "two.o")
    run(tmp_path / "program")


CALLS = """
#include <somemem.hpp>
#include <vector>

extern "C" {
void by_class(std::vector<double> &x) { somemem::noise{1, 2}.fill(x, 3); }
void by_function(std::vector<double> &x) { somemem::throw_if_failed(random_noise_fill(x.data(), x.size(), 1, 2, 3)); }
double sum(const somemem::buffer &x) { double sum = 0; for (double one : x) sum += one; return sum; }
}
"""


def test_it_costs_nothing(tmp_path):
    """The code of the class is that of the C call, and reading a buffer calls nothing."""
    (tmp_path / "calls.cpp").write_text(CALLS)
    run(os.environ.get("CXX", "c++"), "-std=c++17", "-O2", "-fno-ipa-icf", f"-I{INCLUDE}", "-S", "calls.cpp", "-o", "calls.s", cwd=tmp_path)
    bodies = dict(re.findall(r"^(by_class|by_function|sum):\n(.*?)\.cfi_endproc", (tmp_path / "calls.s").read_text(), flags=re.DOTALL | re.MULTILINE))
    code = {name: [line for line in body.splitlines() if line.startswith("\t") and not line.startswith("\t.")] for name, body in bodies.items()}
    assert "random_noise_fill" in bodies["by_class"] and len(code["by_class"]) == len(code["by_function"])
    assert not any("call" in line for line in code["sum"])


def test_every_function_that_draws_is_there():
    """The header calls all of them."""
    declared = set(re.findall(r"\b(random_noise\w*|somemem_\w+)\(", re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)))
    called = set(re.findall(r"\b(random_noise\w*|somemem_\w+)\(", (INCLUDE / "somemem.hpp").read_text()))
    left = {"somemem_trim", "somemem_kernel", "somemem_set_threads", "somemem_threads", "somemem_version"}
    assert declared - called == left
