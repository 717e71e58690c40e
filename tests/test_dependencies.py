"""What is compiled into the library may be given on under the library's own licences."""

import re

from conftest import ROOT, run

# Each allows what MIT does.
PERMISSIVE = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unlicense", "0BSD", "Unicode-3.0"}


def is_permissive(expression):
    """By the grammar of SPDX: names joined by AND and OR, in which AND binds closer; the old `/` is an OR."""
    plain = re.sub(r"\s+WITH\s+[\w-]+", "", expression.replace("/", " OR "))
    words = re.findall(r"[\w.+-]+|[()]", plain)
    told = [{"AND": "and", "OR": "or"}.get(word) or (word if word in "()" else str(word in PERMISSIVE)) for word in words]
    return eval(" ".join(told))


def test_expressions_are_understood():
    assert all(map(is_permissive, ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR MIT", "(MIT OR GPL-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception"]))
    assert not any(map(is_permissive, ["GPL-3.0", "MIT AND GPL-3.0", "LGPL-2.1 OR GPL-3.0", "MPL-2.0 WITH x OR SSPL-1.0"]))


def test_every_crate_in_the_library_is_permissive():
    crates = run("cargo", "tree", "--locked", "--edges=normal", "--target=all", "--prefix=none", "--no-dedupe", "--format={p}|{l}", cwd=ROOT)
    licences = dict(line.split("|") for line in crates.splitlines())
    assert len(licences) > 5
    assert [crate for crate, licence in licences.items() if not is_permissive(licence)] == []
