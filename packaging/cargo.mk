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
