# make run     builds everything, compiles the C examples and runs them
# make test    sets up what the tests need and runs all of them
# make bench   measures fills and memory against memset, malloc and other libraries; BENCH=--quick for a glance
# make peers   installs those of the other libraries that pip has, and what the plots need; `make bench` tries to, and
#              `make test` compares with oneMKL where it is there
# make plots   draws docs/*.png from the last `make bench` and from the library itself
# make stats   tests the samples' distribution and independence, SAMPLES=2^34 of them; PLOTS=docs also draws docs/stats-*.png
# make words   writes samples as uniform 32-bit words to standard output, for other batteries of tests
# make dieharder   runs dieharder's tests on those words
# make cross   runs the tests on other CPUs under emulation, and type-checks for other systems
# make header  generates include/somemem.h after a change in src/capi

CC ?= cc
CXX ?= c++
PYTHON ?= python3
CARGO ?= cargo

TARGET := $(or $(CARGO_TARGET_DIR),target)
BUILD := $(TARGET)/release
PROGRAMS := $(BUILD)/c_examples
VENV := .venv
PEERS := $(TARGET)/peers

WARNINGS := -Wall -Wextra -Wpedantic -Wundef -Werror
CFLAGS ?= -O2
CXXFLAGS ?= -O2
LINK := -L$(BUILD) -Wl,-rpath,$(abspath $(BUILD)) -lsomemem -lm -lpthread

EXAMPLES := $(patsubst c_examples/%.c,$(PROGRAMS)/%,$(wildcard c_examples/*.c)) \
            $(patsubst c_examples/%.cpp,$(PROGRAMS)/%,$(wildcard c_examples/*.cpp))

.PHONY: all library examples run test cross bench peers plots stats words dieharder header clean
all: library examples

# A program that is linked with libsomemem.so asks for the file by its SONAME when it starts.
library:
	$(CARGO) build --release
	ln -sf libsomemem.so $(BUILD)/libsomemem.so.0.1

examples: $(EXAMPLES)

$(EXAMPLES): include/somemem.h $(wildcard c_examples/*.h) | library $(PROGRAMS)
$(PROGRAMS)/%: c_examples/%.c
	$(CC) -std=c11 $(CFLAGS) $(WARNINGS) -Wc++-compat -Wstrict-prototypes -Iinclude $< -o $@ $(LINK)
$(PROGRAMS)/%: c_examples/%.cpp
	$(CXX) -std=c++11 $(CXXFLAGS) $(WARNINGS) -Iinclude $< -o $@ $(LINK)
$(PROGRAMS):
	mkdir -p $@

run: all
	$(PROGRAMS)/hello_noise
	$(PROGRAMS)/awgn
	$(PROGRAMS)/histogram

test: library $(VENV)/ready
	SOMEMEM_LIBRARY_DIR=$(abspath $(BUILD)) $(CARGO) test --quiet
	SOMEMEM_LIBRARY_DIR=$(abspath $(BUILD)) SOMEMEM_PEERS_DIR=$(abspath $(PEERS)) $(VENV)/bin/python -m pytest -q -rs tests

$(VENV)/ready: tests/requirements.txt
$(PEERS)/ready: benches/requirements.txt
$(VENV)/ready $(PEERS)/ready:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

cross:
	tests/cross.sh

# The library is the one that users get. What is compiled into the benchmark beside it, the Rust peers, is compiled for
# this CPU; frame pointers as in .cargo/config.toml, which these flags replace. Peers that are not there are reported.
# Debian's jemalloc has more thread-local variables than glibc has room for in a program that is already running.
bench: library
	-@$(MAKE) --no-print-directory $(PEERS)/ready
	$(CARGO) build --release --example kernels
	RUSTFLAGS="-Ctarget-cpu=native -Cforce-frame-pointers=yes" SOMEMEM_LIBRARY_DIR=$(abspath $(BUILD)) \
	SOMEMEM_PEERS_DIR=$(abspath $(PEERS)) GLIBC_TUNABLES=glibc.rtld.optional_static_tls=8192 \
	$(CARGO) bench --target-dir $(TARGET)/bench --no-default-features --bench bench -- $(BENCH)

peers: $(PEERS)/ready
	@echo "The others are packages of the system: libgsl27 or libgsl28, libmimalloc2.0 and libjemalloc2 on Debian."

plots: library $(PEERS)/ready
	SOMEMEM_LIBRARY_DIR=$(abspath $(BUILD)) $(PEERS)/bin/python benches/plots.py $(TARGET)/bench.json docs

# A run that was interrupted goes on, and a larger one goes on from a smaller one of the same SEED.
SAMPLES ?= 2^34
SEED ?= 2024
STATS := PYTHONPATH=tests SOMEMEM_LIBRARY_DIR=$(abspath $(BUILD)) SOMEMEM_STATS_DIR=$(abspath $(TARGET)/stats)

stats: library $(VENV)/ready $(if $(PLOTS),$(PEERS)/ready)
	$(STATS) $(VENV)/bin/python -m stats run --samples '$(SAMPLES)' --seed $(SEED)
	$(if $(PLOTS),$(STATS) $(PEERS)/bin/python -m stats plots $(PLOTS) --seed $(SEED))

# For a pipe, such as: make --silent words | dieharder -g 200 -a
words: library $(VENV)/ready
	@$(STATS) $(VENV)/bin/python -m stats words --seed $(SEED)

dieharder: SHELL := /bin/bash
dieharder: library $(VENV)/ready
	mkdir -p $(TARGET)/stats
	set -o pipefail; $(STATS) tests/stats/dieharder.sh $(VENV)/bin/python -m stats words | tee $(TARGET)/stats/dieharder.txt

header:
	SOMEMEM_UPDATE_HEADER=1 $(CARGO) test --quiet --test header

clean:
	$(CARGO) clean
	rm -rf $(VENV)
