"""Prints "ready". Then answers each line "GENERATOR NUMBER WHERE CALLS" with the nanoseconds that CALLS calls took.

WHERE is "again" for the same array in each call, "floats" for the same array of float32, and "fresh" for a new array in each call.
"""

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
    name, number, where, calls = line.split()
    number, standard_normal = int(number), generators[name].standard_normal
    kind = numpy.float32 if where == "floats" else numpy.float64
    if where != "fresh" and (number, kind) not in memory:
        memory[number, kind] = numpy.empty(number, kind)
    arguments = {"size": number} if where == "fresh" else {"out": memory[number, kind], "dtype": kind}
    start = perf_counter_ns()
    for _ in range(int(calls)):
        standard_normal(**arguments)
    print(perf_counter_ns() - start, flush=True)
