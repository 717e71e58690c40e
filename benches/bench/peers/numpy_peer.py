"""Says "ready", and then answers each line "GENERATOR NUMBER CALLS" with the nanoseconds that so many calls took."""

import sys
from time import perf_counter_ns

try:
    import numpy
except ImportError:
    sys.exit()

SEED = 42
NAMES = ("SFC64", "PCG64", "Philox")
generators = {name: numpy.random.Generator(getattr(numpy.random, name)(SEED)) for name in NAMES}
memory = {}

print("ready", flush=True)
for line in sys.stdin:
    name, number, calls = line.split()
    if number not in memory:
        memory[number] = numpy.empty(int(number))
    out, standard_normal = memory[number], generators[name].standard_normal
    start = perf_counter_ns()
    for _ in range(int(calls)):
        standard_normal(out=out)
    print(perf_counter_ns() - start, flush=True)
