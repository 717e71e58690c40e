"""Counts the instructions that a double takes, by size of a call, and compares them with what is recorded here: no quiet machine is
needed to see that a kernel became slower. valgrind has AVX2 and AES-NI and nothing newer, so it is that kernel that is counted.

`python3 tests/instructions.py` after `make library`; where fewer are right from now on, its output is the new record."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARY_DIR = pathlib.Path(os.environ.get("SOMEMEM_LIBRARY_DIR", ROOT / "target" / "release")).resolve()

# Instructions a double with this compiler; other versions may differ.
RUSTC = "1.95.0"
RECORDED = {1: 412.6, 16: 44.39, 64: 34.85, 1024: 18.94, 65536: 17.40}
TOLERANCE = 0.03


def counted(folder, program, number, calls):
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
    done = subprocess.run([*tool, program, str(number), str(calls)], capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def main():
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    compiled_by = rustc if rustc == RUSTC else f"{rustc}, and the record is of {RUSTC}"
    print(f"Instructions a double, rustc {compiled_by}:")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "instructions"
        source, rpath = ROOT / "tests" / "c" / "instructions.c", f"-Wl,-rpath,{LIBRARY_DIR}"
        compiler = os.environ.get("CC", "cc")
        options = ["-O2", f"-I{ROOT / 'include'}", f"-L{LIBRARY_DIR}", rpath, "-lsomemem"]
        subprocess.run([compiler, source, "-o", program, *options], check=True)
        for number, recorded in RECORDED.items():
            # What the program takes to start does not count.
            calls = min(2**21 // number, 50000)
            found = (counted(folder, program, number, calls) - counted(folder, program, number, 0)) / (number * calls)
            off = abs(found / recorded - 1) > TOLERANCE
            print(f"{number:6} a call: {found:.2f}, recorded {recorded}" + (" <- more than 3 % off" if off else ""))
            failed |= off
    sys.exit(failed)


if __name__ == "__main__":
    main()
