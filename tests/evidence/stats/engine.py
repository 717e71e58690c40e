"""Counts the units of all groups on all CPUs, and saves the counts, so that a run can be interrupted and extended."""

import hashlib
import os
import threading
import time

import numpy

from . import native
from .tally import merged

SAVED_EVERY = 10  # seconds


class State:
    """The totals of each group, and the number of its units that are in them. These are always the first units."""

    def __init__(self, path=None, fingerprint=""):
        self.path, self.fingerprint = path, fingerprint
        self.totals, self.done = {}, {}
        if path and path.exists():
            self.load()

    def load(self):
        with numpy.load(self.path) as stored:
            if str(stored["fingerprint"]) != self.fingerprint:
                print(f"{self.path.name} has counts of other samples, or from other code. The run begins from the start.", flush=True)
                return
            for name in stored.files:
                group, _, key = name.partition("/")
                if key == "units":
                    self.done[group] = int(stored[name])
                elif key:
                    self.totals.setdefault(group, {})[key] = stored[name]

    def save(self):
        if not self.path:
            return
        arrays = {f"{group}/{key}": array for group, found in self.totals.items() for key, array in found.items()}
        arrays |= {f"{group}/units": numpy.array(units) for group, units in self.done.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part.npz")
        numpy.savez(part, fingerprint=numpy.array(self.fingerprint), **arrays)
        os.replace(part, self.path)


def fingerprint(seed):
    """Identifies what was counted: the samples, and the way to count them."""
    chunk = numpy.empty(2**16)
    native.fill(native.data(chunk), chunk.size, seed, 0, 0)
    told = hashlib.sha256(chunk.tobytes())
    for name in ("tally.c", "draw.c", "groups.py", "correlations.py"):
        told.update((native.HERE / name).read_bytes())
    return told.hexdigest()


def silent(done, units, name):
    """Shows no progress."""


class Run:
    """Counts the missing units of each group. Threads take the units in order. A unit that is ready before an earlier
    one waits for it, so that the saved units are always the first ones."""

    def __init__(self, groups, samples, state, report=silent):
        self.groups = {group.name: group for group in groups}
        self.state, self.report = state, report
        self.todo = [
            (group, unit)
            for group in groups
            for unit in range(state.done.get(group.name, 0), group.units(samples))
        ]
        self.units, self.taken, self.counted, self.ready = len(self.todo), 0, 0, {}
        self.lock, self.stopped, self.failure = threading.Lock(), False, None
        self.saved = time.monotonic()

    def run(self):
        threads = [threading.Thread(target=self.work) for _ in os.sched_getaffinity(0)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        finally:
            self.stopped = True
            for thread in threads:
                thread.join()
            self.state.save()
        if self.failure:
            raise self.failure

    def work(self):
        try:
            while (task := self.take()) and not self.stopped:
                group, unit = task
                self.merge(group.name, unit, group.count(unit))
        except BaseException as failure:
            self.failure, self.stopped = failure, True

    def take(self):
        with self.lock:
            self.taken += 1
            return self.todo[self.taken - 1] if self.taken <= self.units else None

    def merge(self, name, unit, totals):
        with self.lock:
            self.ready[name, unit] = totals
            while (following := (name, self.state.done.get(name, 0))) in self.ready:
                found = self.state.totals.setdefault(name, {})
                merged(found, self.ready.pop(following))
                self.state.done[name] = following[1] + 1
            if time.monotonic() - self.saved > SAVED_EVERY:
                self.state.save()
                self.saved = time.monotonic()
            self.counted += 1
            self.report(self.counted, self.units, name)
