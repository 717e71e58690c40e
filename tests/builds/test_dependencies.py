"""All crates that are compiled into the library are available under Apache-2.0, and every package contains a copy of that
licence. So one licence is enough to distribute the library."""

import re

from conftest import ROOT, run


def allows(expression):
    """By the grammar of SPDX: names joined by AND and OR, in which AND binds closer; the old `/` is an OR."""
    plain = re.sub(r"\s+WITH\s+[\w-]+", "", expression.replace("/", " OR "))
    words = re.findall(r"[\w.+-]+|[()]", plain)
    told = [{"AND": "and", "OR": "or"}.get(word) or (word if word in "()" else str(word == "Apache-2.0")) for word in words]
    return eval(" ".join(told))


def test_expressions_are_understood():
    assert all(map(allows, ["Apache-2.0", "MIT/Apache-2.0", "GPL-3.0 OR Apache-2.0", "Apache-2.0 WITH LLVM-exception", "(MIT OR Apache-2.0)"]))
    assert not any(map(allows, ["MIT", "Apache-2.0 AND MIT", "MIT OR BSD-3-Clause", "(Apache-2.0 OR MIT) AND Unicode-3.0"]))


def test_every_crate_in_the_library():
    options = ["--locked", "--edges=normal", "--target=all", "--prefix=none", "--no-dedupe", "--format={p}|{l}"]
    crates = run("cargo", "tree", "-p", "somemem-c", *options, cwd=ROOT)
    licences = dict(line.split("|") for line in crates.splitlines())
    assert len(licences) > 5
    assert [crate for crate, licence in licences.items() if not allows(licence)] == []
