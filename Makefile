# For users
#   make run     builds everything, compiles the C examples and runs them
#   make test    installs what the tests need and runs them
#   make install copies what `make` has built to PREFIX=/usr/local, and libraries to LIBDIR=lib below it; with DESTDIR, everything goes below that
#   make installcheck   tests the installation under PREFIX, found as its users would find it
#   make wheel   builds the Python package in target/wheels
#   make mpi     runs the example for clusters by one process and by four ranks, where MPI is installed
#   make dask    counts tails in more samples than fit into memory, with a progress bar; DASK='--workers 2' uses worker processes
#   make bench   measures fills and memory against memset, malloc and other libraries; BENCH=--quick takes less time
#   make bench-python   measures calls from Python against NumPy's, and against the C functions that they call
#   make gpu     compares the header for GPUs on an NVIDIA GPU with the library, 2^30 elements of each type, and measures it
#   make words   writes samples as uniform 32-bit words to standard output, for other batteries of tests
#
# More tests
#   make test-builds   builds the library in other people's surroundings: workspaces, folders with spaces, cargo's settings, Rust programs
#   make others  installs JAX, pandas, xarray, zarr, joblib and pyright, and tests the Python package with them
#   make device  tests the header for GPUs: with GCC and Clang, as OpenCL on the first device, and as CUDA compiled to PTX
#   make cross   runs the tests on other CPUs and systems under emulation, or those of PARTS="windows musl"
#   make stats   tests the samples' distribution and independence, SAMPLES=2^34 of them, and broken samplers, FLAWS=2^24 samples of each
#   make dieharder   runs dieharder's tests on the samples as words
#   make prose   runs a prose linter on documents and header: it finds long sentences, and words that made readers stop
#
# For developers
#   make header  generates include/somemem.h after a change in src/capi
#   make man     generates the manual pages after a change in include/somemem.h
#   make docs    builds the site in target/site/html: documents, and references of C, Python and Rust; a broken link is an error
#   make bench AGAINST=<git ref>   measures the kernels beside those of another commit, SECONDS=0.7 for each kernel and size
#   make peers   installs the other libraries that pip has, and what the plots need; `make bench` tries this first, and
#                `make test` compares with oneMKL if it is installed
#   make record CPU="its name"   keeps the figures of the last `make bench`, `make bench-python` and `make bench AGAINST=` in docs/measured
#   make plots   draws docs/*.png and the tables of documents from docs/measured, and plots of the library's samples
#   make python-examples   measures the bit error rate of a noisy channel, and draws docs/bit-errors.png, endless-map.png and float-types.png
#   make dist    makes wheels, tarballs, sources and checksums in target/dist, and uses each of them
#   make release makes the files of a release, checks them, and prints the commands that publish them

CC ?= cc
CXX ?= c++
MPICC ?= mpicc
# Without these options Open MPI refuses more ranks than cores, and root.
MPIRUN ?= mpirun --oversubscribe $(if $(filter 0,$(shell id -u)),--allow-run-as-root)
PYTHON ?= python3
CARGO ?= cargo
PREFIX ?= /usr/local
LIBDIR ?= lib

# TARGET, BUILD, and flags for the compiler.
include packaging/cargo.mk
WINDOWS := $(findstring windows,$(FOR))
MACOS := $(if $(WINDOWS),,$(filter Darwin,$(shell uname)))
PROGRAMS := $(BUILD)/c_examples
# While the version is 0.x, each minor version has a SONAME of its own.
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
SERIES := $(basename $(VERSION))
shared = $(if $(MACOS),libsomemem$1.dylib,libsomemem.so$1)
LIBRARY := $(if $(WINDOWS),somemem.dll,$(call shared,))
# The system libraries that Rust's standard library needs, except those that every compiler adds: `rustc --print native-static-libs`.
NEEDED := $(if $(WINDOWS),-lkernel32 -lntdll -luserenv -lws2_32 -ldbghelp,$(if $(MACOS),-liconv,-lutil -lrt -lpthread -lm -ldl))
VENV := .venv
PEERS := $(TARGET)/peers
OTHERS := $(TARGET)/others
DEVICE := $(TARGET)/device
SITE := $(TARGET)/site
TOOLS := $(TARGET)/dist/tools
WHEELS := $(TARGET)/wheels
PYTHON_BUILD := $(BUILD:$(TARGET)/%=$(TARGET)/python/%)

WARNINGS := -Wall -Wextra -Wpedantic -Wundef -Werror
CFLAGS ?= -O2
CXXFLAGS ?= -O2
LINK := -L$(BUILD) -Wl,-rpath,"$(abspath $(BUILD))" -lsomemem -lm -lpthread

EXAMPLES := $(patsubst c_examples/%.c,$(PROGRAMS)/%,$(wildcard c_examples/*.c)) \
            $(patsubst c_examples/%.cpp,$(PROGRAMS)/%,$(wildcard c_examples/*.cpp))
# Examples that need MPI are left out if it is not installed.
MPI_EXAMPLES := $(filter $(PROGRAMS)/mpi_%,$(EXAMPLES))
LEFT_OUT := $(if $(shell command -v $(MPICC) 2>/dev/null),,$(MPI_EXAMPLES))

.PHONY: all library examples run mpi test test-builds test-programs rust-tests install install-folders installcheck wheel dask python-examples others device gpu dist release \
        cross bench bench-python peers record plots stats words dieharder docs prose man header clean
all: library examples

# A program that is linked with the library asks for the file by its SONAME, or by its install name on macOS, when it starts. The header
# is not generated here, nor in the tests, because compiling cbindgen takes as long as all the rest: `make header` does it.
library:
	$(CARGO) build --release --no-default-features -p somemem-c
	ln -sf $(LIBRARY) $(BUILD)/$(call shared,.$(SERIES))

# For targets that only need the library to exist: it is built if it is missing, or older than a source.
$(BUILD)/$(LIBRARY): Cargo.toml Cargo.lock build.rs rust/Cargo.toml $(shell find src rust/src -type f)
	$(MAKE) --no-print-directory library

examples: $(filter-out $(LEFT_OUT),$(EXAMPLES))
	$(if $(LEFT_OUT),@echo "Left out without $(MPICC): $(notdir $(LEFT_OUT))")

$(EXAMPLES): include/somemem.h include/somemem.hpp $(wildcard c_examples/*.h) | library $(PROGRAMS)
$(PROGRAMS)/%: c_examples/%.c
	$(CC) -std=c11 $(CFLAGS) $(WARNINGS) -Wc++-compat -Wstrict-prototypes -Iinclude $< -o $@ $(LINK)
$(MPI_EXAMPLES): private CC := $(MPICC)
$(PROGRAMS)/%: c_examples/%.cpp
	$(CXX) -std=c++17 $(CXXFLAGS) $(WARNINGS) -Iinclude $< -o $@ $(LINK)
$(PROGRAMS):
	mkdir -p $@

run: all
	$(PROGRAMS)/hello_noise
	$(PROGRAMS)/awgn
	$(PROGRAMS)/histogram

mpi: $(MPI_EXAMPLES)
	$(PROGRAMS)/mpi_noise
	$(MPIRUN) -n 4 $(PROGRAMS)/mpi_noise

# The tests run hundreds of short Python programs that import the same packages. The byte code is kept, but not beside the sources.
BYTECODE := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX="$(abspath $(VENV))/bytecode"

# Three files of tests at a time. Not more, because some need much memory; not fewer, because some wait for other processes. In the order
# of their names: pytest-xdist would begin with those that have most tests, and one long test would be the last.
PYTEST := -q -rs --durations=10 -n 3 --dist loadfile --no-loadscope-reorder

# Independent targets are made in parallel: the compiler is often busy with one large piece, and pip with the network.
test:
	+$(MAKE) --no-print-directory -j3 rust-tests $(VENV)/somemem
	SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" SOMEMEM_PEERS_DIR="$(abspath $(PEERS))" $(BYTECODE) $(VENV)/bin/python -m pytest $(PYTEST) \
	  --ignore tests/builds --ignore tests/installed tests

test-builds: $(VENV)/somemem
	SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" $(VENV)/bin/python -m pytest $(PYTEST) tests/builds

test-programs:
	$(CARGO) test --no-default-features --no-run
rust-tests: library test-programs
	SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" $(CARGO) test --no-default-features

$(VENV)/ready: tests/requirements.txt
$(PEERS)/ready: benches/requirements.txt
$(OTHERS)/ready: tests/python/others/requirements.txt
$(DEVICE)/ready: tests/device/requirements.txt
$(SITE)/ready: docs/site/requirements.txt
$(TOOLS)/ready: packaging/requirements.txt
$(VENV)/ready $(PEERS)/ready $(OTHERS)/ready $(DEVICE)/ready $(SITE)/ready $(TOOLS)/ready:
	@echo "Setting up $(@D) with what $< names"
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r $<
	@touch $@

# `make install` copies what `make` has built, because root may have no Rust, or other flags for it.
override PREFIX := $(abspath $(PREFIX))
LIBRARIES := $(abspath $(if $(filter /%,$(LIBDIR)),,$(PREFIX)/)$(LIBDIR))
install-folders:
	$(if $(word 3,$(PREFIX) $(LIBDIR)),$(error PREFIX and LIBDIR must not have spaces))
	$(if $(filter $(PREFIX)/%,$(LIBRARIES)),,$(error LIBDIR is $(LIBRARIES): it must be below PREFIX, which is $(PREFIX)))

install: install-folders $(BUILD)/$(LIBRARY)
	SONAME=$(call shared,.$(SERIES)) VERSION=$(VERSION) NEEDED="$(NEEDED)" PREFIX="$(PREFIX)" LIBRARIES="$(LIBRARIES)" DESTDIR="$(DESTDIR)" \
	packaging/install.sh $(BUILD)/$(LIBRARY)

# The tests that depend on where the library is.
CHECKS ?= tests/installed tests/c tests/evidence/test_known_answers.py tests/evidence/test_twin.py
installcheck: $(VENV)/somemem
	SOMEMEM_PREFIX=$(PREFIX) SOMEMEM_LIBRARY_DIR=$(LIBRARIES) SOMEMEM_INCLUDE_DIR=$(PREFIX)/include \
	$(VENV)/bin/python -m pytest $(PYTEST) $(CHECKS)

# As `pip install .` does, with the tools of the virtual environment. It builds in a target folder of its own, so that the tests still use
# the library that `make` has built. This folder begins as a copy, so that the dependencies are not compiled again.
wheel: $(WHEELS)/ready
$(WHEELS)/ready: pyproject.toml Cargo.toml Cargo.lock build.rs cbindgen.toml python/README.md tests/loom/models.rs \
                 tests/c_rlib/Cargo.toml $(shell find src rust python/somemem -type f -not -name '*.pyc') $(VENV)/ready | library
	rm -rf $(WHEELS) $(PYTHON_BUILD)
	mkdir -p $(dir $(PYTHON_BUILD))
	cp -a $(BUILD) $(PYTHON_BUILD)
	env -u MAKEFLAGS PATH="$(abspath $(VENV)/bin):$$PATH" CARGO_TARGET_DIR="$(abspath $(TARGET)/python)" $(VENV)/bin/python -m pip wheel \
	  --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir $(WHEELS) .
	touch $@

$(VENV)/somemem: $(WHEELS)/ready
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps $(WHEELS)/*.whl
	touch $@

dask: $(VENV)/somemem
	$(VENV)/bin/python python/examples/tail_probability.py $(DASK)

python-examples: $(VENV)/somemem
	$(VENV)/bin/python python/examples/bit_errors.py docs/bit-errors.png --bits 67108864
	$(VENV)/bin/python python/examples/endless_map.py docs/endless-map.png docs/float-types.png

others: $(OTHERS)/ready $(WHEELS)/ready
	$(OTHERS)/bin/python -m pip install --quiet --no-deps --force-reinstall $(WHEELS)/*.whl
	$(OTHERS)/bin/python -m pytest -q tests/python/others

# Debian's pocl-opencl-icd makes the CPU an OpenCL device. Its compiled kernels are not kept in the home folder.
device: $(DEVICE)/ready
	@mkdir -p $(DEVICE)/kernels
	POCL_CACHE_DIR="$(abspath $(DEVICE))/kernels" $(DEVICE)/bin/python -m pytest -q -rs tests/device

gpu: $(DEVICE)/ready library
	PYTHONPATH=tests SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" $(DEVICE)/bin/python tests/device/gpu.py

dist: $(TOOLS)/ready
	$(PYTHON) packaging/dist.py

release:
	$(PYTHON) packaging/release.py

cross:
	tests/systems/cross.sh $(PARTS)

# The library is the one that users get. The benchmark itself, with the Rust peers, is compiled for this CPU. These flags replace those in
# .cargo/config.toml, so they repeat the frame pointers. The benchmark reports peers that are not installed. Debian's jemalloc has more
# thread-local variables than glibc has room for in a running program, so GLIBC_TUNABLES asks for more.
ifdef AGAINST
bench:
	benches/against.sh $(AGAINST) $(TARGET)/against $(PROFILE) $(or $(SECONDS),0.7)
else
bench: library
	-@$(MAKE) --no-print-directory $(PEERS)/ready
	$(CARGO) build --release --example kernels
	env -u CARGO_ENCODED_RUSTFLAGS RUSTFLAGS="-Ctarget-cpu=native -Cforce-frame-pointers=yes" SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" \
	SOMEMEM_PEERS_DIR="$(abspath $(PEERS))" GLIBC_TUNABLES=glibc.rtld.optional_static_tls=8192 \
	$(CARGO) bench --target-dir $(TARGET)/bench --no-default-features --bench bench -- $(BENCH)
endif

bench-python: $(VENV)/somemem
	$(VENV)/bin/python benches/python.py $(TARGET)/bench-python.json $(filter --quick,$(BENCH))

peers: $(PEERS)/ready
	@echo "The system's packages have the others: libgsl27 or libgsl28, libmimalloc2.0 and libjemalloc2 on Debian."

record:
	$(if $(CPU),,$(error Name the CPU: make record CPU="..."))
	$(PYTHON) benches/measured.py record $(TARGET) --cpu "$(CPU)"

plots: library $(PEERS)/ready
	$(PYTHON) benches/measured.py tables
	SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" $(PEERS)/bin/python benches/plots.py docs

# An interrupted run is continued, and a larger run continues a smaller one of the same SEED.
SAMPLES ?= 2^34
SEED ?= 2024
STATS := PYTHONPATH=tests/evidence SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" SOMEMEM_STATS_DIR="$(abspath $(TARGET)/stats)"

stats: library $(VENV)/ready $(if $(PLOTS),$(PEERS)/ready)
	$(STATS) $(VENV)/bin/python -m stats run --samples '$(SAMPLES)' --seed $(SEED) $(if $(FLAWS),--flaws '$(FLAWS)')
	$(if $(PLOTS),$(STATS) $(PEERS)/bin/python -m stats plots $(PLOTS) --seed $(SEED))

# For a pipe, such as: make --silent words | dieharder -g 200 -a
words: library $(VENV)/ready
	@$(STATS) $(VENV)/bin/python -m stats words --seed $(SEED)

dieharder: SHELL := /bin/bash
dieharder: library $(VENV)/ready
	mkdir -p $(TARGET)/stats
	set -o pipefail; $(STATS) tests/evidence/stats/dieharder.sh $(VENV)/bin/python -m stats words | tee $(TARGET)/stats/dieharder.txt

docs: $(SITE)/ready $(WHEELS)/ready
	$(SITE)/bin/python -m pip install --quiet --no-deps --force-reinstall $(WHEELS)/*.whl
	$(SITE)/bin/python docs/site/build.py

PROSE := $(TARGET)/prose
prose: $(PROSE)/ready
	$(PYTHON) docs/prose/header.py >$(PROSE)/header.md
	$(PROSE)/node_modules/.bin/textlint --config $(PROSE)/textlintrc.json --format unix README.md $(PROSE)/header.md python/README.md docs/*.md SECURITY.md \
	  CONTRIBUTING.md CHANGELOG.md

$(PROSE)/ready: $(wildcard docs/prose/*)
	mkdir -p $(PROSE)
	cp docs/prose/*.json docs/prose/rules.yml $(PROSE)
	npm install --prefix $(PROSE) --no-package-lock --no-audit --no-fund --loglevel=error
	touch $@

man: $(VENV)/ready
	$(VENV)/bin/python man/pages.py

header:
	SOMEMEM_UPDATE_HEADER=1 $(CARGO) test --quiet --test header

clean:
	$(CARGO) clean
	rm -rf $(VENV)
