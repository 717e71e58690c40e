# Where cargo builds, whatever its configuration says; and what it builds for, which its configuration may say. Words end at spaces
# here, so that a folder below this one is named from here.
TARGET := $(subst $(CURDIR)/,,$(or $(CARGO_TARGET_DIR),$(CARGO_BUILD_TARGET_DIR),target))
$(if $(word 2,$(TARGET)),$(error The target folder is $(TARGET): make cannot use one whose name has a space))
export CARGO_TARGET_DIR := $(abspath $(TARGET))
COMMA := ,
FOR := $(or $(CARGO_BUILD_TARGET),$(shell RUSTC_BOOTSTRAP=1 $(CARGO) -Zunstable-options config get --format json-value build.target 2>/dev/null))
$(if $(findstring $(COMMA),$(FOR)),$(error Cargo's configuration names the targets $(FOR): make cannot build for more than one))
PROFILE := $(if $(FOR),$(subst [,,$(subst ],,$(subst ",,$(FOR))))/)release
BUILD := $(TARGET)/$(PROFILE)

# No folder of this machine's in what is built: panics of dependencies name their source files. Cargo adds this to its own
# configuration's flags. They end at spaces; where a folder's name has one, flags that end otherwise take the place of them all.
CRATES := $(or $(CARGO_HOME),$(HOME)/.cargo)
ifeq ($(words $(CRATES) $(CURDIR)),2)
REMAPPED := --remap-path-prefix=$(CRATES)=/cargo --remap-path-prefix=$(CURDIR)=/somemem
# Once: with other flags, as those of a make in this make would be, all is compiled again.
export CARGO_BUILD_RUSTFLAGS := $(REMAPPED) $(filter-out $(REMAPPED),$(CARGO_BUILD_RUSTFLAGS))
else ifeq ($(CARGO_ENCODED_RUSTFLAGS)$(RUSTFLAGS),)
END := $(shell printf '\037')
export CARGO_ENCODED_RUSTFLAGS := -Cforce-frame-pointers=yes$(END)--remap-path-prefix=$(CRATES)=/cargo$(END)--remap-path-prefix=$(CURDIR)=/somemem
endif
