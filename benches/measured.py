"""Keeps measured figures in docs/measured, a file for each kind of CPU, and writes them as tables into docs/performance.md and README.md.

    measured.py record TARGET --cpu NAME     writes the file of a CPU from what `make bench`, `make bench-python` and
                                             `make bench AGAINST=` left in TARGET
    measured.py tables [--check]             writes the tables into the documents, or checks that they are up to date

A run on another CPU adds a file, and with it sections. It does not change the figures of other CPUs."""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER, DOCUMENT, README = ROOT / "docs" / "measured", ROOT / "docs" / "performance.md", ROOT / "README.md"
BEGIN, END = "<!-- Drawn from docs/measured by `make plots`. -->\n", "<!-- End of what is drawn. -->\n"
IN_CACHE, OUT_OF_CACHE = 64 << 10, 16 << 20


def binary(number):
    """16 Mi for 16777216."""
    for prefix, shift in (("Mi", 20), ("Ki", 10)):
        if number >> shift:
            return f"{number >> shift} {prefix}"
    return str(number)


def family(contender):
    return contender.split(",")[0]


class Measured:
    """A CPU's file."""

    def __init__(self, path):
        told = json.loads(path.read_text())
        self.cpu, self.about, self.parts = told["cpu"], told["about"], told
        # {number of doubles: {contender: ns per double}}
        self.fills = {}
        for contender, row in told["fills"]["ns"].items():
            for number, ns in row.items():
                self.fills.setdefault(int(number), {})[contender] = ns

    def fastest(self, number, but=("threads", "floats")):
        """The fastest contender of each library at filling this many doubles by one thread, and all kernels."""
        alone = {name: ns for name, ns in self.fills[number].items() if not any(word in name for word in but)}
        best = {family(name): name for name in sorted(alone, key=alone.get, reverse=True)}
        return {name: ns for name, ns in alone.items() if family(name) == "somemem" or name in best.values()}


def every():
    return [Measured(path) for path in sorted(FOLDER.glob("*.json"))]


# --- From a run to a file


def samples(case, contender):
    """Nanoseconds a double, round by round."""
    (found,) = [it for it in case["contenders"] if it["name"] == contender] or [None]
    return found and [ns / found["calls_per_sample"] / case["number"] for ns in found["sample_ns"]]


def ratio(above, below):
    return statistics.median(a / b for a, b in zip(above, below)) if above and below else None


def ratios(fills, adds):
    """The ratios that the document shows, each the median of the rounds' ratios."""
    cached, large = fills[IN_CACHE], fills[OUT_OF_CACHE]
    ours, ours_large = samples(cached, "somemem"), samples(large, "somemem")
    found = {
        "16 Mi: somemem / memset": ratio(ours_large, samples(large, "memset")),
        "16 Mi, two threads: somemem / memset by two threads": ratio(
            samples(large, "somemem, 2 threads"), samples(large, "memset, 2 threads")
        ),
    }
    for case, mine in ((cached, ours), (large, ours_large)):
        size = binary(case["number"])
        by_mkl = [samples(case, it["name"]) for it in case["contenders"] if re.match("oneMKL(?!.*floats)", it["name"])]
        fastest = min(by_mkl, key=statistics.median, default=None)
        for name, above in (
            ("rand_distr with xoshiro256++", samples(case, "rand_distr, xoshiro256++")),
            ("the fastest oneMKL method", fastest),
            ("NumPy PCG64", samples(case, "NumPy, PCG64")),
        ):
            found[f"{size}: {name} / somemem"] = ratio(above, mine)
    aes_ni = samples(cached, "somemem, AVX2, AES-NI")
    found["64 Ki: rand_distr with xoshiro256++ / AVX2 with AES-NI"] = ratio(samples(cached, "rand_distr, xoshiro256++"), aes_ni)
    found["a double in calls of 1 Ki / in calls of 64 Ki"] = ratio(samples(fills[1 << 10], "somemem"), ours)
    for number in (IN_CACHE, OUT_OF_CACHE):
        found[f"{binary(number)}: adding / filling"] = ratio(samples(adds[number], "somemem"), samples(adds[number], "somemem, fill"))
    return {name: float(f"{value:.3g}") for name, value in found.items() if value}


def fills_of(path):
    told = json.loads(path.read_text())
    fills, adds = ({case["number"]: case for case in told["cases"] if case["name"].startswith(what)} for what in ("fill ", "add "))
    if not fills:
        return None
    if not {IN_CACHE, OUT_OF_CACHE} <= fills.keys() & adds.keys():
        sys.exit(f"{path} lacks some fills and adds: run `make bench`, or with BENCH='--only fill --only add'.")
    ns = {}
    for number, case in fills.items():
        for it in case["contenders"]:
            ns.setdefault(it["name"], {})[number] = float(f"{it['ns_per_unit']:.3g}")
    return {"command": command_of(told), "ns": ns, "ratios": ratios(fills, adds)}


# Words in the names of cases.
PARTS = ("fill", "add", "kinds", "rows")
MEMORY = ("untouched", "worst", "grow", "resize", "append", "push", "free", "given")


def command_of(told):
    """The command that made a run, by the cases in it."""
    names = [case["name"] for case in told["cases"]]
    wanted = [part for part in PARTS if any(name.startswith(part + " ") for name in names)]
    if any(name.startswith("untouched") for name in names):
        wanted += MEMORY
    return "make bench" if len(wanted) == len(PARTS + MEMORY) else f'make bench BENCH="{" ".join(f"--only {part}" for part in wanted)}"'


def beside_the_first(cases):
    """Of each contender the nanoseconds a unit, and the ratio to the first one."""
    figures = {}
    for name, case in cases.items():
        first = samples(case, case["contenders"][0]["name"])
        for it in case["contenders"]:
            if above := samples(case, it["name"]):
                ns, beside = it["ns_per_unit"], ratio(above, first)
                figures.setdefault(name, {})[it["name"]] = {"ns": float(f"{ns:.3g}"), "ratio": float(f"{beside:.3g}")}
    return figures


def kinds_of(path):
    """Floats, sums and rows: nanoseconds an element, and the ratios that the document shows."""
    told = json.loads(path.read_text())
    cases = {case["name"]: case for case in told["cases"] if case["name"].startswith(("kinds ", "rows of "))}
    if not cases:
        return None
    found = {}
    for name, case in cases.items():
        for what, above, below in (
            ("adding to floats / filling floats", "add, floats", "fill, floats"),
            ("normal of floats / filling floats", "normal, floats", "fill, floats"),
            ("a stream each / the same by fills in a loop", "a stream each", "a stream each, by fills in a loop"),
        ):
            names = {it["name"] for it in case["contenders"]}
            if {above, below} <= names:
                found[f"{name.rstrip(':')}: {what}"] = float(f"{ratio(samples(case, above), samples(case, below)):.3g}")
    fills = {case["number"]: case for case in told["cases"] if case["name"].startswith("fill ")}
    if IN_CACHE in fills:
        case, mine = fills[IN_CACHE], samples(fills[IN_CACHE], "somemem, floats")
        by_mkl = [samples(case, it["name"]) for it in case["contenders"] if re.match("oneMKL.* ICDF, floats", it["name"])]
        for name, above in (
            ("the fastest oneMKL ICDF of floats", min(filter(None, by_mkl), key=statistics.median, default=None)),
            ("NumPy's floats by PCG64", samples(case, "NumPy, PCG64, floats")),
        ):
            if above and mine:
                found[f"64 Ki: {name} / somemem's floats"] = float(f"{ratio(above, mine):.3g}")
    return {"command": command_of(told), "cases": beside_the_first(cases), "ratios": found}


def memory_of(path):
    """Nanoseconds to make and free a buffer, and the figures that have goals."""
    told = json.loads(path.read_text())
    cases = [case for case in told["cases"] if re.match(r"untouched new\+free \d|untouched new\+free, ", case["name"])]
    if not cases:
        return None
    ns = {}
    for case in cases:
        for it in case["contenders"]:
            column = re.sub(r"untouched new\+free,? |(?<=live), up to.*", "", case["name"]).replace("1000000", "a million")
            ns.setdefault(it["name"], {})[column] = it["ns_per_unit"] and float(f"{it['ns_per_unit']:.3g}")
    goals = [it for it in told["goals"] if not re.search("floats|^normal|^rows", it["name"])]
    figures = {it["name"]: [float(f"{it['figure']:.3g}"), it.get("required", ""), it.get("goal", "")] for it in goals}
    shown = {case["name"]: case for case in told["cases"] if case["name"].startswith(("grow", "append", "push", "random_noise"))}
    return {"command": command_of(told), "ns": ns, "figures": figures, "cases": beside_the_first(shown)}


ROW = re.compile(r"^(\S.*?) +(\d+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)$", re.MULTILINE)


def against_of(path):
    text = path.read_text()
    (old,) = re.findall("^Beside (.*):$", text, re.MULTILINE)
    kernels = {}
    for name, number, *_, ratio, _, add in ROW.findall(text):
        kernels.setdefault(name, {})[number] = {"ratio": float(ratio), "add": float(add)}
    return {"command": f"make bench AGAINST={old}", "old": old, "kernels": kernels}


def python_of(path):
    return {"command": "make bench-python"} | json.loads(path.read_text())


def record(target, cpu):
    path = FOLDER / (re.sub("[^a-z0-9]+", "-", cpu.lower()).strip("-") + ".json")
    told = json.loads(path.read_text()) if path.exists() else {"cpu": cpu, "about": ""}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    parts = (
        ("fills", "bench.json", fills_of),
        ("kinds", "bench.json", kinds_of),
        ("memory", "bench.json", memory_of),
        ("python", "bench-python.json", python_of),
        ("against", "against.txt", against_of),
    )
    for part, file, read in parts:
        if (target / file).exists() and (found := read(target / file)):
            told[part] = {"commit": commit} | found
    if "fills" not in told:
        sys.exit(f"{target / 'bench.json'} has no fills: run `make bench`, or with BENCH='--only fill --only add'.")
    FOLDER.mkdir(exist_ok=True)
    path.write_text(json.dumps(told, indent=1) + "\n")
    print(path.relative_to(ROOT))


# --- From the files to tables


def rounded(ns):
    return f"{ns:.0f}" if ns >= 20 else f"{ns:.1f}" if ns >= 5 else f"{ns:.2f}"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def source(part):
    return f"Commit {part['commit']}, `{part['command']}`"


def cases_of(part):
    rows = [
        [f"{case.rstrip(':')}: {name}" if not n else f"{name}", rounded(it["ns"]), f"{it['ratio']:.2f}"]
        for case, contenders in part["cases"].items()
        for n, (name, it) in enumerate(contenders.items())
    ]
    return table(["", "ns", "ratio"], rows)


def section(measured):
    fills, against = measured.parts["fills"], measured.parts.get("against")
    sizes = sorted(measured.fills)
    columns = ["", *map(binary, sizes)]
    order = sorted(measured.fills[OUT_OF_CACHE], key=measured.fills[OUT_OF_CACHE].get)
    rows = [[name, *(rounded(row[name]) if (row := measured.fills[size]).get(name) else "" for size in sizes)] for name in order]
    text = f"### {measured.cpu}\n\n{measured.about}\n\n{source(fills)}, nanoseconds a double:\n\n{table(columns, rows)}\n"
    text += table(["the same run", ""], [[name, f"{value:g}"] for name, value in fills["ratios"].items()])
    if kinds := measured.parts.get("kinds"):
        text += f"\n{source(kinds)}, nanoseconds an element, and beside the first of each:\n\n{cases_of(kinds)}\n"
        text += table(["the same run", ""], [[name, f"{value:g}"] for name, value in kinds["ratios"].items()])
    if memory := measured.parts.get("memory"):
        columns = list(dict.fromkeys(column for row in memory["ns"].values() for column in row))
        rows = [[name, *(rounded(row[column]) if row.get(column) else "" for column in columns)] for name, row in memory["ns"].items()]
        text += f"\n{source(memory)}.\n\nNanoseconds to make a buffer of so many doubles and free it again:\n\n{table(['', *columns], rows)}\n"
        rows = [[name, f"{figure:g}", required, goal] for name, (figure, required, goal) in memory["figures"].items()]
        text += table(["the same run", "", "required", "goal"], rows)
        text += f"\nThe same run, nanoseconds a double or a call, and beside the first of each:\n\n{cases_of(memory)}"
    if python := measured.parts.get("python"):
        rows = [[name, rounded(it["us"]), it["beside"], rounded(it["other_us"]), f"{it['ratio']:.2f}"] for name, it in python["cases"].items()]
        text += f"\n{source(python)}, NumPy {python['numpy']}, microseconds a call and the ratio of the two:\n\n"
        text += table(["from Python", "somemem", "beside", "", "ratio"], rows)
    if against:
        sizes = sorted({int(size) for row in against["kernels"].values() for size in row})
        for key, what in (("ratio", f"time of {against['old']} / time of this commit"), ("add", "adding / filling")):
            rows = [[name, *(f"{row[str(size)][key]:.2f}" for size in sizes)] for name, row in against["kernels"].items()]
            text += f"\n{source(against)}, by kernel, {what}:\n\n{table(['', *map(binary, sizes)], rows)}"
    return text


# The rows of README's table, and the names that they have in the runs.
COMPARED = {
    "`memset`": "memset$",
    "**somemem**": "somemem$",
    "rand_distr, xoshiro256++": "rand_distr, xoshiro256",
    "oneMKL, its fastest": "oneMKL(?!.*floats)",
    "NumPy, its fastest": "NumPy(?!.*floats)",
}


def overview():
    """All CPUs in one table."""
    columns = [{name: ns for name, ns in measured.fills[OUT_OF_CACHE].items() if ns} for measured in every()]
    rows = []
    for name, pattern in COMPARED.items():
        found = [[ns for contender, ns in column.items() if re.match(pattern, contender)] for column in columns]
        rows.append([name, *(rounded(min(ns)) if ns else "" for ns in found)])
    return table(["", *(measured.cpu + ", " + measured.about.split(";")[0].split(", two")[0] for measured in every())], rows)


def tables(check):
    for document, new in ((DOCUMENT, "\n".join(map(section, every()))), (README, overview())):
        before, _, rest = document.read_text().partition(BEGIN)
        old, _, after = rest.partition(END)
        new = f"\n{new}\n"
        if check and old != new:
            sys.exit(f"{document.relative_to(ROOT)} has outdated tables: run `make plots`")
        if not check:
            document.write_text(before + BEGIN + new + END + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    recording = commands.add_parser("record")
    recording.add_argument("target", type=pathlib.Path)
    recording.add_argument("--cpu", required=True)
    commands.add_parser("tables").add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.command == "record":
        record(arguments.target, arguments.cpu)
    else:
        tables(arguments.check)


if __name__ == "__main__":
    main()
