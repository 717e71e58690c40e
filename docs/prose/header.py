"""Prints what include/somemem.h says, without its code, as Markdown for `make prose`."""

import pathlib
import re

HEADER = (pathlib.Path(__file__).resolve().parent.parent.parent / "include" / "somemem.h").read_text()

for comment in re.findall(r"/\*.*?\*/", HEADER, flags=re.DOTALL):
    print(re.sub(r"^ *(/\*\*?|\*/|\*) ?", "", comment, flags=re.MULTILINE).replace("*/", "") + "\n")
