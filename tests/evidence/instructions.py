"""Counts the instructions that a double takes, by size of a call, and compares them with the record below. So a slower kernel is
found without a quiet machine.

    instructions.py                  the AVX2 kernel with AES-NI, the newest that valgrind can run; after `make library`
    instructions.py qemu-aarch64     the NEON kernel, by qemu, which logs each instruction; tests/systems/cross.sh calls it

SOMEMEM_LIBRARY_DIR has the library. CC compiles the program that calls it. If a change needs fewer instructions, record the printed numbers."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY_DIR = pathlib.Path(os.environ.get("SOMEMEM_LIBRARY_DIR", ROOT / "target" / "release")).resolve()

# Instructions a double with this compiler; other versions may differ.
RECORDED = {
    "valgrind": ("1.95.0", {1: 441.4, 16: 53.73, 64: 38.05, 1024: 18.38, 65536: 16.62}),
    "qemu-aarch64": ("1.96.0", {1: 446.6, 16: 86.56, 64: 55.25, 1024: 25.69, 65536: 23.25}),
}
TOLERANCE = 0.03


def by_valgrind(program, number, calls):
    tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={program}.out"]
    done = subprocess.run([*tool, program, str(number), str(calls)], capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def by_qemu(program, number, calls):
    log = program.with_suffix(".log")
    subprocess.run(["qemu-aarch64", "-singlestep", "-d", "exec,nochain", "-D", log, program, str(number), str(calls)], check=True)
    with log.open("rb") as lines:
        return sum(1 for _ in lines)


def main():
    tool = sys.argv[1] if len(sys.argv) > 1 else "valgrind"
    counted, doubles = (by_valgrind, 2**21) if tool == "valgrind" else (by_qemu, 2**16)
    version, recorded_by_size = RECORDED[tool]
    rustc = subprocess.run([os.environ.get("RUSTC", "rustc"), "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    compiled_by = rustc if rustc == version else f"{rustc}, and the record is of {version}"
    print(f"Instructions a double, rustc {compiled_by}:")
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "instructions"
        source, rpath = pathlib.Path(__file__).with_suffix(".c"), f"-Wl,-rpath,{LIBRARY_DIR}"
        compiler = os.environ.get("CC", "cc")
        options = ["-O2", f"-I{ROOT / 'include'}", f"-L{LIBRARY_DIR}", rpath, "-lsomemem"]
        subprocess.run([compiler, source, "-o", program, *options], check=True)
        for number, recorded in recorded_by_size.items():
            # The instructions of the program's start are subtracted.
            calls = min(doubles // number, doubles // 40)
            found = (counted(program, number, calls) - counted(program, number, 0)) / (number * calls)
            off = abs(found / recorded - 1) > TOLERANCE
            print(f"{number:6} a call: {found:.2f}, recorded {recorded}" + (" <- more than 3 % off" if off else ""))
            failed |= off
    sys.exit(failed)


if __name__ == "__main__":
    main()
