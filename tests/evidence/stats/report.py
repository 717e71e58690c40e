"""The report of a run in Markdown: the numbers of samples, every p-value, and the known limit of the low bits."""

from . import known_limit
from .battery import SUSPICIOUS


def number(value):
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def p_value(p):
    if p in (0, 1):
        return str(int(p))
    return f"{p:.4f}" if p >= 0.001 else f"{p:.1e}"


def table(titles, rows):
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def summary(judged):
    """judged: [(group's name, samples, figures)]."""
    every = [(figure.least, name, figure) for name, _, figures in judged for figure in figures]
    rows = []
    for name, samples, figures in judged:
        least = min(figures, key=lambda figure: figure.least)
        rows.append((name, number(samples), len(figures), p_value(least.least), least.test))
    least, name, figure = min(every, key=lambda found: found[0])
    flagged = [found for found in every if found[0] < SUSPICIOUS]
    text = table(("group", "samples", "p-values", "least", "of"), rows)
    text += f"\nOf each test the smaller of p and 1 - p counts. The least of the {len(every)} is {p_value(least)} "
    text += f"({name}: {figure.test}). Corrected for their number it is {p_value(min(1, 2 * least * len(every)))}. "
    text += f"{len(flagged) or 'None'} {'is' if len(flagged) < 2 else 'are'} below {SUSPICIOUS:g}{':' if flagged else '.'}\n"
    lines = [f"\n- {name}: {figure.test}, {p_value(p)} {figure.seen}" for p, name, figure in flagged]
    return text + "".join(lines) + "\n"


def spread(judged):
    """How many p-values there are in each tenth. They are not all independent."""
    counts = [0] * 10
    for _, _, figures in judged:
        for figure in figures:
            if 0 < figure.p < 1:
                counts[int(10 * figure.p)] += 1
    return table([f"{n / 10:.1f}" for n in range(10)], [counts])


def limits(totals):
    rows = [
        (f"2^{-binade}", number(count), p_value(uniform[0]), p_value(as_predicted[0]))
        for binade, count, uniform, as_predicted in known_limit.table(totals["low by binade"])
    ]
    return table(("from", "samples", "p if all low bits were equally likely", "p as predicted"), rows)


def details(name, figures):
    """All p-values, the least first in each family."""
    order = list(dict.fromkeys(figure.family for figure in figures))
    ranked = sorted(figures, key=lambda figure: (order.index(figure.family), figure.least))
    rows = [(figure.test, p_value(figure.p), p_value(figure.too_good), figure.seen) for figure in ranked]
    return f"### {name}\n\n" + table(("test", "p", "1 - p", "seen"), rows)


def matrix(verdicts):
    rows = [
        (verdict.flaw.name, verdict.test, p_value(verdict.least), "" if verdict.right else "**wrong**")
        for verdict in verdicts
    ]
    return table(("flaw", "found by", "p", ""), rows)


def whole(seed, judged, main, verdicts):
    parts = [f"# Statistics of seed {seed}\n", "## Summary\n", summary(judged)]
    parts += ["## p-values by tenths\n", spread(judged), "## Low bits\n", limits(main), "## Flaws\n", matrix(verdicts), "## Every p-value\n"]
    return "\n".join(parts + [details(name, figures) for name, _, figures in judged])
