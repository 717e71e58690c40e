# make run     builds everything, compiles the C examples and runs them
# make mpi     runs the example for clusters by one process and by four ranks, where MPI is installed
# make test    installs what the tests need and runs all of them
# make install copies what `make` has built to PREFIX=/usr/local, and libraries to LIBDIR=lib below it; with DESTDIR, everything goes below that
# make installcheck   tests the installation under PREFIX, found as its users would find it
# make wheel   builds the Python package in target/wheels
# make dist    makes wheels, tarballs, sources and checksums in target/dist, and uses each of them
# make release makes the files of a release, checks them, and prints the commands that publish them
# make dask    counts tails in more samples than fit into memory, with a progress bar; DASK='--workers 2' uses worker processes
# make python-examples   measures the bit error rate of a noisy channel, and draws docs/bit-errors.png, endless-map.png and float-types.png
# make others  installs JAX, pandas, xarray, zarr, joblib and pyright, and tests the Python package with them
# make device  tests the header for GPUs: with GCC and Clang, as OpenCL on the first device, and as CUDA compiled to PTX
# make gpu     compares the header for GPUs on an NVIDIA GPU with the library, 2^30 elements of each type, and measures it
# make bench   measures fills and memory against memset, malloc and other libraries; BENCH=--quick takes less time
# make bench AGAINST=<git ref>   measures the kernels beside those of another commit, SECONDS=0.7 for each kernel and size
# make bench-python   measures calls from Python against NumPy's, and against the C functions that they call
# make peers   installs the other libraries that pip has, and what the plots need; `make bench` tries this first, and
#              `make test` compares with oneMKL if it is installed
# make record CPU="its name"   keeps the figures of the last `make bench`, `make bench-python` and `make bench AGAINST=` in docs/measured, for that kind of CPU
# make plots   draws docs/*.png and the tables of docs/performance.md from docs/measured, and plots of the library's samples
# make stats   tests the samples' distribution and independence, SAMPLES=2^34 of them, and broken samplers, FLAWS=2^24 samples of each; PLOTS=docs also draws docs/stats-*.png
# make words   writes samples as uniform 32-bit words to standard output, for other batteries of tests
# make dieharder   runs dieharder's tests on those words
# make cross   runs the tests on other CPUs and systems under emulation, or those of PARTS="windows musl"
# make docs    builds the site in target/site/html: documents, and references of C, Python and Rust; a broken link is an error
# make prose   runs a prose linter on documents and header: it finds long sentences, and words that made readers stop
# make man     generates the manual pages after a change in include/somemem.h
# make header  generates include/somemem.h after a change in src/capi

CC ?= cc
CXX ?= c++
MPICC ?= mpicc
# Without these options Open MPI refuses more ranks than cores, and root.
MPIRUN ?= mpirun --oversubscribe $(if $(filter 0,$(shell id -u)),--allow-run-as-root)
PYTHON ?= python3
CARGO ?= cargo
PREFIX ?= /usr/local
LIBDIR ?= lib

# The folder where cargo builds, whatever its configuration says, and the target, which its configuration may name. make cannot handle
# spaces in a path, so a folder below this one gets a relative path.
TARGET := $(subst $(CURDIR)/,,$(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target))
$(if $(word 2,$(TARGET)),$(error The target folder is $(TARGET): make cannot use one whose name has a space))
export CARGO_TARGET_DIR := $(abspath $(TARGET))
COMMA := ,
FOR := $(or $(CARGO_BUILD_TARGET),$(shell RUSTC_BOOTSTRAP=1 $(CARGO) -Zunstable-options config get --format json-value build.target 2>/dev/null))
$(if $(findstring $(COMMA),$(FOR)),$(error Cargo's configuration names the targets $(FOR): make cannot build for more than one))
PROFILE := $(if $(FOR),$(subst [,,$(subst ],,$(subst ",,$(FOR))))/)release
BUILD := $(TARGET)/$(PROFILE)
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
ADDRESS := $(shell sed -n 's/^repository = "\([^"]*\)".*/\1/p' Cargo.toml)
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

# The built library must not name folders of this machine, but panics of dependencies name their source files. Cargo adds these flags to
# those of its configuration. A flag ends at a space, so if a folder's name has one, the second branch replaces all flags by others, which
# end at another character.
CRATES := $(or $(CARGO_HOME),$(HOME)/.cargo)
ifeq ($(words $(CRATES) $(CURDIR)),2)
REMAPPED := --remap-path-prefix=$(CRATES)=/cargo --remap-path-prefix=$(CURDIR)=/somemem
# Added only once: in a make that this make calls, other flags would compile everything again.
export CARGO_BUILD_RUSTFLAGS := $(REMAPPED) $(filter-out $(REMAPPED),$(CARGO_BUILD_RUSTFLAGS))
else ifeq ($(CARGO_ENCODED_RUSTFLAGS)$(RUSTFLAGS),)
END := $(shell printf '\037')
export CARGO_ENCODED_RUSTFLAGS := -Cforce-frame-pointers=yes$(END)--remap-path-prefix=$(CRATES)=/cargo$(END)--remap-path-prefix=$(CURDIR)=/somemem
endif

.PHONY: all library examples run mpi test test-programs rust-tests wheel dist release python-examples others device gpu dask install install-folders installcheck cross bench bench-python record peers plots stats words dieharder \
        header man docs prose clean
all: library examples

# A program that is linked with the library asks for the file by its SONAME, or by its install name on macOS, when it starts. The header is not generated here,
# because compiling cbindgen takes as long as all the rest. The tests generate it.
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

# Three files of tests at a time. Not more, because some need much memory; not fewer, because some wait for other processes.
PYTEST := -q -rs --durations=10 -n 3 --dist loadfile

# Independent targets are made in parallel: the compiler is often busy with one large piece, and pip with the network.
test:
	+$(MAKE) --no-print-directory -j3 rust-tests $(VENV)/somemem
	SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" SOMEMEM_PEERS_DIR="$(abspath $(PEERS))" $(BYTECODE) $(VENV)/bin/python -m pytest $(PYTEST) tests

test-programs:
	$(CARGO) test --no-run
rust-tests: library test-programs
	SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" $(CARGO) test

$(VENV)/ready: tests/requirements.txt
$(PEERS)/ready: benches/requirements.txt
$(OTHERS)/ready: tests/others/requirements.txt
$(DEVICE)/ready: tests/device/requirements.txt
$(SITE)/ready: docs/site/requirements.txt
$(TOOLS)/ready: packaging/requirements.txt
$(VENV)/ready $(PEERS)/ready $(OTHERS)/ready $(DEVICE)/ready $(SITE)/ready $(TOOLS)/ready:
	@echo "Setting up $(@D) with what $< names"
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r $<
	@touch $@

# `make install` copies what `make` has built, because root may have no Rust, or other flags for it. No installed file names PREFIX, so the
# installation can be moved.
override PREFIX := $(abspath $(PREFIX))
LIBRARIES := $(abspath $(if $(filter /%,$(LIBDIR)),,$(PREFIX)/)$(LIBDIR))
BELOW := $(patsubst $(PREFIX)/%,%,$(LIBRARIES))
UP := $(subst $() $(),/,$(patsubst %,..,$(subst /, ,$(BELOW)/pkgconfig)))
install: TO = $(DESTDIR)$(LIBRARIES)
install: SHARE = $(DESTDIR)$(PREFIX)

install-folders:
	$(if $(word 3,$(PREFIX) $(LIBDIR)),$(error PREFIX and LIBDIR must not have spaces))
	$(if $(filter $(PREFIX)/%,$(LIBRARIES)),,$(error LIBDIR is $(LIBRARIES): it must be below PREFIX, which is $(PREFIX)))

install: install-folders $(BUILD)/$(LIBRARY)
	install -d "$(TO)/pkgconfig" "$(SHARE)/include" "$(SHARE)/share/cmake/somemem" "$(SHARE)/share/man/man3"
ifdef WINDOWS
	install -d "$(SHARE)/bin"
	install -m 755 $(BUILD)/somemem.dll "$(SHARE)/bin"
	install -m 644 $(BUILD)/libsomemem.dll.a "$(TO)"
else
	install -m 755 $(BUILD)/$(LIBRARY) "$(TO)/$(call shared,.$(VERSION))"
	ln -sf $(call shared,.$(VERSION)) "$(TO)/$(call shared,.$(SERIES))"
	ln -sf $(call shared,.$(VERSION)) "$(TO)/$(LIBRARY)"
endif
	install -m 644 $(BUILD)/libsomemem.a "$(TO)"
	sed -e 's|@UP@|$(UP)|; s|@LIBDIR@|$(BELOW)|; s|@VERSION@|$(VERSION)|; s|@NEEDED@|$(NEEDED)|; s|@URL@|$(ADDRESS)|; /^URL: *$$/d' somemem.pc.in >"$(TO)/pkgconfig/somemem.pc"
	chmod 644 "$(TO)/pkgconfig/somemem.pc"
	install -m 644 include/* "$(SHARE)/include"
	install -m 644 cmake/*.cmake "$(SHARE)/share/cmake/somemem"
	install -m 644 man/*.3 "$(SHARE)/share/man/man3"

# The tests that depend on where the library is.
CHECKS ?= installed downstream library known_answers misuse examples process pages threads limits leaks twin
installcheck: $(VENV)/somemem
	SOMEMEM_PREFIX=$(PREFIX) SOMEMEM_LIBRARY_DIR=$(LIBRARIES) SOMEMEM_INCLUDE_DIR=$(PREFIX)/include \
	$(VENV)/bin/python -m pytest $(PYTEST) \
	  $(CHECKS:%=tests/test_%.py)

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
	$(OTHERS)/bin/python -m pytest -q tests/others

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
	tests/cross.sh $(PARTS)

# The library is the one that users get. The benchmark itself, with the Rust peers, is compiled for this CPU. These flags replace those in
# .cargo/config.toml, so they repeat the frame pointers. The benchmark reports peers that are not installed. Debian's jemalloc has more
# thread-local variables than glibc has room for in a running program, so GLIBC_TUNABLES asks for more.
ifdef AGAINST
OTHER := $(TARGET)/against
SECONDS ?= 0.7

bench: SHELL := /bin/bash
bench:
	rm -rf $(OTHER)/source
	mkdir -p $(OTHER)/source
	git archive $(AGAINST) | tar -x -C $(OTHER)/source
	cd $(OTHER)/source && $(CARGO) build --release --example kernels --target-dir "$(abspath $(OTHER))/build"
	$(CARGO) build --release --example kernels
	$(CC) -std=c11 $(WARNINGS) -O2 benches/against.c -o $(OTHER)/against -ldl
	set -o pipefail; "$(abspath $(OTHER))/against" "$(abspath $(OTHER))/build/$(PROFILE)/examples/libkernels.so" "$(abspath $(BUILD))/examples/libkernels.so" $(AGAINST) $(SECONDS) | \
	  tee $(TARGET)/against.txt
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
STATS := PYTHONPATH=tests SOMEMEM_LIBRARY_DIR="$(abspath $(BUILD))" SOMEMEM_STATS_DIR="$(abspath $(TARGET)/stats)"

stats: library $(VENV)/ready $(if $(PLOTS),$(PEERS)/ready)
	$(STATS) $(VENV)/bin/python -m stats run --samples '$(SAMPLES)' --seed $(SEED) $(if $(FLAWS),--flaws '$(FLAWS)')
	$(if $(PLOTS),$(STATS) $(PEERS)/bin/python -m stats plots $(PLOTS) --seed $(SEED))

# For a pipe, such as: make --silent words | dieharder -g 200 -a
words: library $(VENV)/ready
	@$(STATS) $(VENV)/bin/python -m stats words --seed $(SEED)

dieharder: SHELL := /bin/bash
dieharder: library $(VENV)/ready
	mkdir -p $(TARGET)/stats
	set -o pipefail; $(STATS) tests/stats/dieharder.sh $(VENV)/bin/python -m stats words | tee $(TARGET)/stats/dieharder.txt

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
