"""The command behind `make stats`."""

import argparse
import os
import pathlib
import sys
import time


def power(text):
    """The number that a text means: 12345, 10**9 or 2^34."""
    base, _, exponent = text.replace("**", "^").partition("^")
    return int(base) ** int(exponent or 1)


class Progress:
    """Shows progress: on a terminal in one line that is rewritten, elsewhere with a new line every 30 seconds."""

    def __init__(self, what):
        self.what, self.start, self.shown = what, time.monotonic(), 0.0

    def __call__(self, done, units, name):
        now, terminal = time.monotonic(), sys.stderr.isatty()
        if done < units and now - self.shown < (0.2 if terminal else 30):
            return
        self.shown, passed = now, now - self.start
        left = passed / done * (units - done)
        end = "\r" if terminal and done < units else "\n"
        line = f"{self.what}: {done} of {units}, {passed:.0f} s, {left:.0f} s left, {name:40.40}"
        print(line, end=end, file=sys.stderr, flush=True)


def run(arguments):
    from . import engine, flaws, groups, native, report

    state = engine.State(native.BUILD / f"seed-{arguments.seed}.npz", engine.fingerprint(arguments.seed))
    listed = groups.of_the_library(arguments.seed)
    try:
        engine.Run(listed, arguments.samples, state, Progress("samples")).run()
        verdicts = flaws.matrix(flaws.every(), arguments.flaws, Progress("flaws"))
    except KeyboardInterrupt:
        sys.exit("Interrupted; the same command goes on.")
    judged = []
    for group in listed:
        totals = state.totals[group.name]
        judged.append((group.name, group.samples(totals), list(group.figures(totals))))
    path = native.BUILD / f"seed-{arguments.seed}.md"
    path.write_text(report.whole(arguments.seed, judged, state.totals[listed[0].name], verdicts))
    print(report.summary(judged))
    print(report.matrix(verdicts))
    print(f"Every p-value is in {os.path.relpath(path)}.")
    wrong = [verdict for verdict in verdicts if not verdict.right]
    suspicious = [figure for _, _, figures in judged for figure in figures if figure.least < report.SUSPICIOUS]
    sys.exit(1 if wrong or suspicious else 0)


def write_words(arguments):
    from . import words

    words.write(arguments.seed, arguments.stream)


def plot(arguments):
    from . import plots

    plots.draw(arguments.seed, arguments.folder)


def main():
    parser = argparse.ArgumentParser(prog="python -m stats", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("run", help="counts, judges and reports")
    command.add_argument("--samples", type=power, default=2**34, help="of one sequence, such as 2^34")
    command.add_argument("--flaws", type=power, default=2**24, help="samples of each broken sampler or sequence")
    command.set_defaults(do=run)
    words = commands.add_parser("words", help="writes uniform 32-bit words to standard output")
    words.add_argument("--stream", type=int, default=0)
    words.set_defaults(do=write_words)
    plots = commands.add_parser("plots", help="draws what the last run counted")
    plots.add_argument("folder", type=pathlib.Path)
    plots.set_defaults(do=plot)
    for each in (command, words, plots):
        each.add_argument("--seed", type=int, default=2024)
    arguments = parser.parse_args()
    arguments.do(arguments)


if __name__ == "__main__":
    main()
