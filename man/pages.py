"""Makes the manual pages in this folder from the comments of include/somemem.h, by docutils: somemem(3) and one for each function. The
pages are committed, so that `make install` needs no tools. `make man` runs this. With --check it lists the pages that are not up to date."""

import pathlib
import re
import sys

from docutils.core import publish_string

HERE = pathlib.Path(__file__).resolve().parent
HEADER = (HERE.parent / "include" / "somemem.h").read_text()
VERSION = re.search(r'^version = "(.*)"', (HERE.parent / "Cargo.toml").read_text(), flags=re.MULTILINE)[1]
DECLARED = r"/\*\*\n((?: \*.*\n)+?) \*/\n([^/#]*?;)\n"
# The section of a paragraph, by its first words.
SECTIONS = {"Returns ": "RETURN VALUE", "Threads: ": "THREADS", "Cost": "NOTES", "Lifetime: ": "NOTES"}


def uncommented(lines):
    """The text of a comment, in paragraphs."""
    return re.split(r"\n{2,}", re.sub(r"^ \* ?", "", lines.strip("\n"), flags=re.MULTILINE).strip("\n"))


def restructured(paragraph):
    """A paragraph as reStructuredText: indented lines are code, names in backticks are italic, functions and constants bold."""
    if paragraph.startswith("    "):
        return "::\n\n" + paragraph
    parts = re.split("`([^`]*)`", re.sub(r"([*|\\]|_(?!\w))", r"\\\1", paragraph))
    parts[1::2] = [f"*{part}*" for part in parts[1::2]]
    parts[::2] = [re.sub(r"\b((?:random_noise|somemem_|SOMEMEM_|RANDOM_)\w*|\w+(?=\(\)))(?:\(\))?", mark, part) for part in parts[::2]]
    # Markup must end at a space or at an escaped space.
    return re.sub(r"(\w\*+)(?=[^\s*\\])", r"\1\\ ", "".join(parts))


def mark(found):
    """The name in bold, as name(3) if it has a page here."""
    return f"**{found[1]}**\\ (3)" if found[1] in FUNCTIONS else f"**{found[0]}**"


def summary(paragraphs):
    """The first sentence, for NAME."""
    sentence = re.split(r"\.(?:\s|$)|: ", paragraphs[0].replace("\n", " "))[0].replace("`", "")
    return sentence[0].lower() + sentence[1:]


def page(name, told, sections):
    """The page, from pairs of a heading and a text."""
    text = f"{'=' * 60}\n{name}\n{'=' * 60}\n\n{'-' * len(told)}\n{told}\n{'-' * len(told)}\n\n"
    text += f":Manual section: 3\n:Manual group: somemem\n:Version: somemem {VERSION}\n\n"
    for heading, body in sections:
        text += f"{heading}\n{'~' * 40}\n\n{body}\n\n"
    made = publish_string(text, writer="manpage", settings_overrides={"report_level": 2, "halt_level": 2, "output_encoding": "unicode"})
    return '.\\" Made of include/somemem.h by man/pages.py.\n' + tidied(made)


def tidied(made):
    """The page without the comments of docutils, which name its version, and without what linters complain about."""
    made = made.replace(".SH Name\n", ".SH NAME\n", 1)
    made = re.sub(r"^\.\\\".*\n", "", made, flags=re.MULTILINE)
    made = re.sub(r"^(\.SH .*\n(?:\.INDENT .*\n)*)\.sp\n", r"\1", made, flags=re.MULTILINE)
    # No hyphenation, which would cut names of functions, and no justified lines.
    made = re.sub(r"^(\.TH .*\n)", r".nr HY 0\n\1.ad l\n", made, flags=re.MULTILINE)
    return made.rstrip("\n") + "\n"


def prototype(declared):
    """The declaration without `struct` and `enum`, which a program need not write. Further lines stay aligned with the first."""
    plain = re.sub(r"^(struct|enum) ", "", declared)
    return re.sub(r"\b(struct|enum) ", "", re.sub("^" + " " * (len(declared) - len(plain)), "", plain, flags=re.MULTILINE))


FUNCTIONS = {re.search(r"(\w+)\(", declared)[1]: (uncommented(comment), prototype(declared))
             for comment, declared in re.findall(DECLARED, HEADER) if "(" in declared}  # fmt: skip


def indented(code):
    return "::\n\n" + "".join(f"    {line}\n" for line in code.splitlines())


def related(name):
    """somemem(3), and the others of the same family."""
    family = re.match(r"random_noise|somemem", name)[0]
    names = ["somemem", *(other for other in FUNCTIONS if other.startswith(family) and other != name)]
    return ", ".join(f"**{other}**\\ (3)" for other in names)


def of_function(name):
    paragraphs, declared = FUNCTIONS[name]
    parts = {"SYNOPSIS": [indented(f"#include <somemem.h>\n\n{declared}"), "Link with *-lsomemem*."], "DESCRIPTION": []}
    where = "DESCRIPTION"
    for paragraph in paragraphs:
        # Code and lists belong to the paragraph before them.
        if not paragraph.startswith(("    ", "- ")):
            where = next((section for words, section in SECTIONS.items() if paragraph.startswith(words)), "DESCRIPTION")
        parts.setdefault(where, []).append(restructured(re.sub("^Threads: (.)", lambda found: found[1].upper(), paragraph)))
    parts.setdefault("THREADS", ["As HANDLES in **somemem**\\ (3) says."])
    parts["SEE ALSO"] = [related(name)]
    order = ["SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "THREADS", "NOTES", "SEE ALSO"]
    return page(name, summary(paragraphs), [(heading, "\n\n".join(parts[heading])) for heading in order if heading in parts])


def constants():
    """The statuses: name, number, meaning."""
    (body,) = re.findall(r"typedef enum SomeMemStatus \{\n(.*?)\} SomeMemStatus;", HEADER, flags=re.DOTALL)
    for comment, name, number in re.findall(r"  /\*\*\n((?:   \*.*\n)+?)   \*/\n  (\w+) = (\d+)", body):
        yield name, number, " ".join(uncommented(re.sub("^  ", "", comment, flags=re.MULTILINE))[0].split())


def macros():
    """The constants of the preprocessor: name, value, meaning."""
    for comment, name, value in re.findall(r"/\*\*\n((?: \*.*\n)+?) \*/\n#define (\w+) (.*)\n", HEADER):
        yield name, value, " ".join(" ".join(uncommented(comment)).split())


def preface():
    return uncommented(re.search(r"/\* Generated.*\n((?: \*.*\n)*? \*.*) \*/", HEADER)[1])


def handles():
    return uncommented(re.search(r"/\*\*\n((?: \*.*\n)+?) \*/\ntypedef struct SomeMem SomeMem;", HEADER)[1])


def statuses():
    return uncommented(re.search(r"/\*\*\n((?: \*.*\n)+?) \*/\ntypedef enum SomeMemStatus", HEADER)[1])


def of_library():
    paragraphs = preface()
    told = re.fullmatch(r"somemem: (.*)\.", paragraphs[0])[1]
    license = re.search(r"SPDX-License-Identifier: (.*)", paragraphs[-1])[1]
    functions = (f"**{name}**\\ (3)\n    {restructured(summary(told))}" for name, (told, _) in FUNCTIONS.items())
    named = (f"**{name}** ({number})\n    {restructured(meaning)}" for name, number, meaning in constants())
    defined = (f"**{name}** = {restructured(value)}\n    {restructured(meaning)}" for name, value, meaning in macros())
    sections = [
        ("SYNOPSIS", indented("#include <somemem.h>") + "\nLink with *-lsomemem*."),
        ("DESCRIPTION", "\n\n".join(map(restructured, paragraphs[1:-1]))),
        ("FUNCTIONS", "\n".join(functions)),
        ("HANDLES", "\n\n".join(map(restructured, handles()))),
        ("STATUSES", "\n\n".join([*map(restructured, statuses()), *named])),
        ("VERSION", "\n\n".join(defined)),
        ("LICENSE", license),
    ]
    return page("somemem", told, sections)


def main():
    pages = {"somemem.3": of_library()} | {f"{name}.3": of_function(name) for name in FUNCTIONS}
    if "--check" not in sys.argv:
        for old in HERE.glob("*.3"):
            old.unlink()
        for name, text in pages.items():
            (HERE / name).write_text(text)
        return 0
    there = {path.name: path.read_text() for path in HERE.glob("*.3")}
    wrong = sorted(name for name in pages.keys() | there.keys() if pages.get(name) != there.get(name))
    print("\n".join(f"{name} differs from include/somemem.h: run make man" for name in wrong), end="\n" * bool(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
