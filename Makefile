# make run     builds everything, compiles the C examples and runs them
# make test    sets up what the tests need and runs all of them
# make bench   measures fills and allocations against memset and malloc; BENCH=--quick for a glance
# make header  generates include/somemem.h after a change in src/capi

CC ?= cc
CXX ?= c++
PYTHON ?= python3
CARGO ?= cargo

BUILD := $(or $(CARGO_TARGET_DIR),target)/release
PROGRAMS := $(BUILD)/c_examples
VENV := .venv

WARNINGS := -Wall -Wextra -Wpedantic -Wundef -Werror
CFLAGS ?= -O2
CXXFLAGS ?= -O2
LINK := -L$(BUILD) -Wl,-rpath,$(abspath $(BUILD)) -lsomemem -lm -lpthread

EXAMPLES := $(patsubst c_examples/%.c,$(PROGRAMS)/%,$(wildcard c_examples/*.c)) \
            $(patsubst c_examples/%.cpp,$(PROGRAMS)/%,$(wildcard c_examples/*.cpp))

.PHONY: all library examples run test bench header clean
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
	$(CARGO) test --quiet
	SOMEMEM_LIBRARY_DIR=$(abspath $(BUILD)) $(VENV)/bin/python -m pytest -q tests

$(VENV)/ready: tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

bench:
	$(CARGO) bench --bench bench -- $(BENCH)

header:
	SOMEMEM_UPDATE_HEADER=1 $(CARGO) test --quiet --test header

clean:
	$(CARGO) clean
	rm -rf $(VENV)
