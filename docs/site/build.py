"""Builds the site in target/site/html: the documents of this repository, a C reference of include/somemem.h, a Python reference of the
installed package, and what `cargo doc` makes. Any link or anchor that leads nowhere is an error. `make docs` runs it."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import somemem
import somemem.dask

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
SOURCE, HTML = TARGET / "site" / "source", TARGET / "site" / "html"

# Each document, in the order of the menu: where it stands and its name there.
GUIDE = {"docs/installing.md": "installing", "python/README.md": "python", "docs/coming-from.md": "coming-from", "docs/gpu.md": "gpu",
         "docs/scale.md": "scale", "docs/platforms.md": "platforms"}  # fmt: skip
PROMISES = {"docs/stability.md": "stability", "docs/value-spec.md": "value-spec", "docs/performance.md": "performance", "docs/quality.md": "quality",
            "docs/reliability.md": "reliability", "SECURITY.md": "security", "CHANGELOG.md": "changes"}  # fmt: skip
RUST = """# The Rust interface

<a href="rust/somemem/index.html">The pages of rustdoc</a> describe `Noise` and `Buffer`.
"""
PAGES = {"README.md": "index"} | GUIDE | PROMISES


def staged(path):
    """A document with its links as they are in the site. Other files of the repository are copied, and so can be downloaded."""

    def link(found):
        target, _, anchor = found[2].partition("#")
        if re.match(r"\w+:", target) or not target:
            return found[0]
        named = os.path.normpath(os.path.join(os.path.dirname(path), target))
        if named in PAGES:
            return f"{found[1]}({PAGES[named]}.md{'#' * bool(anchor)}{anchor})"
        if (ROOT / named).is_dir():
            return re.sub(r"^\[(.*)\]$", r"\1", found[1])
        copy = SOURCE / "files" / named
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / named, copy)
        return f"{found[1]}(files/{named})"

    return re.sub(r"(\[[^\]]*\])\(([^)\s]+)\)", link, (ROOT / path).read_text())


def menu(caption, names):
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(names) + "\n```\n"


def manual():
    """man/pages.py, which reads the header."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "man" / "pages.py")
    pages = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pages)
    pages.mark = lambda found: f":c:func:`{found[1]}`\\ " if found[1] in pages.FUNCTIONS else f"``{found[0]}``\\ "
    return pages


def indented(text):
    return re.sub(r"^(?=.)", "   ", text, flags=re.MULTILINE)


def c_reference():
    pages = manual()

    def text(paragraphs):
        parts = map(pages.restructured, paragraphs)
        return "\n\n".join(re.sub("^::", ".. code-block:: c", part) if ";" in part else part for part in parts)

    parts = ["The C interface\n===============", text(pages.preface()[1:-1])]
    parts.append("Handles and statuses\n--------------------\n\n.. c:type:: SomeMem\n\n" + indented(text(pages.handles())))
    parts.append(".. c:enum:: SomeMemStatus\n\n" + indented(text(pages.statuses())))
    for name, number, meaning in pages.constants():
        parts.append(indented(f".. c:enumerator:: {name} = {number}\n\n{indented(text([meaning]))}"))
    parts.append("Functions\n---------")
    for paragraphs, declared in pages.FUNCTIONS.values():
        parts.append(f".. c:function:: {' '.join(declared.rstrip(';').split())}\n\n{indented(text(paragraphs))}")
    parts.append("Version\n-------")
    for name, value, meaning in pages.macros():
        parts.append(f".. c:macro:: {name}\n\n{indented(f'``{value}``. ' + text([meaning]))}")
    return "\n\n".join(parts) + "\n"


def python_reference():
    parts = ["The Python interface\n====================", ".. currentmodule:: somemem"]
    for name in sorted((name for name in somemem.__all__ if not name.startswith("_")), key=str.lower):
        kind = "autoclass" if isinstance(getattr(somemem, name), type) else "autofunction"
        parts.append(f".. {kind}:: somemem.{name}" + ("\n   :members:" if kind == "autoclass" else ""))
    parts.append("Dask\n----\n\n.. autofunction:: somemem.dask.random_noise")
    return "\n\n".join(parts) + "\n"


def main():
    shutil.rmtree(SOURCE, ignore_errors=True)
    (SOURCE / "extra").mkdir(parents=True)
    shutil.copy(HERE / "conf.py", SOURCE)
    for path, name in PAGES.items():
        (SOURCE / f"{name}.md").write_text(staged(path))
    (SOURCE / "c.rst").write_text(c_reference())
    (SOURCE / "python-reference.rst").write_text(python_reference())
    (SOURCE / "rust-reference.md").write_text(RUST)
    subprocess.run(["cargo", "doc", "--quiet", "--no-deps", "-p", "somemem"], cwd=ROOT, check=True)
    shutil.copytree(TARGET / "doc", SOURCE / "extra" / "rust", ignore=shutil.ignore_patterns(".lock"))
    with (SOURCE / "index.md").open("a") as index:
        index.write(menu("Guide", ["Python <python>" if name == "python" else name for name in GUIDE.values()]))
        index.write(menu("Reference", ["c", "python-reference", "rust-reference"]))
        index.write(menu("What is promised", PROMISES.values()))
    return subprocess.run([sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", SOURCE, HTML]).returncode


if __name__ == "__main__":
    sys.exit(main())
