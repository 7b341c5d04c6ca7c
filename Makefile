# SPDX-License-Identifier: MIT
# Everything is built under build/<flavour>; V=asan|tsan|cover|fuzz choose another flavour.
V      ?= release
B      := build/$(V)
PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man

PKG     := jansson libcrypto cjose libmicrohttpd
DEPS    := libcurl openssl $(PKG)

SAN_release :=
SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
SAN_tsan := -fsanitize=thread -fno-omit-frame-pointer -O1
SAN_cover := --coverage -O0
SAN_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wvla \
	-Wformat=2 -Wswitch-enum -Wundef -Wno-missing-field-initializers
ifneq ($(findstring clang,$(CC)),clang)
WARN += -Wjump-misses-init
endif
HARD := -fstack-protector-strong -fPIE
ifneq ($(V),cover)
HARD += -D_FORTIFY_SOURCE=2
endif
NOS_CFLAGS := -std=c17 -D_GNU_SOURCE -Ilib -include base/banned.h -g -O2 $(WARN) $(HARD) -MMD -MP \
	-pthread
NOS_LDFLAGS := -pie -Wl,-z,relro,-z,now -pthread

# Rooms whose arithmetic may not change width unseen.
CONVERT := base crypto envelope key

LIB_SRC  := $(sort $(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o)
LIB      := $B/lib/libnos.a
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT     := $(UNIT_SRC:%.c=$B/%)
TOOL_SRC := $(sort $(wildcard cmd/nos-*.c))
TOOLS    := $(TOOL_SRC:%.c=$B/%)
BATS     := $(sort $(wildcard tests/tool/*.bats))
E2E      := $(sort $(wildcard tests/e2e/*.bats))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ     := $(FUZZ_SRC:%.c=$B/%)

FUZZ_SECONDS ?= 5

# A tool links only what its rooms need.
LIBS_all := -lcurl -lmicrohttpd -lmosquitto -lsqlite3 -lcjose -ljansson -lcrypto -lm
LIBS_nos-register := -lcurl -lcjose -ljansson -lcrypto -lm
LIBS_nos-score := -lm
LIBS_nos-send := -lcurl -lcjose -ljansson -lcrypto -lm
LIBS_nos-serve := -lmicrohttpd -lmosquitto -lsqlite3 -lcjose -ljansson -lcrypto -lm
LIBS_nos-token := -lsqlite3 -lcjose -ljansson -lcrypto -lm
LIBS_nos-keytable := -lsqlite3 -lcjose -ljansson -lcrypto -lm

.PHONY: all check unit tool lint format headers asan tsan cover clean help
all: $(LIB) $(TOOLS) ## build the library and the tools

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(NOS_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(SAN_$(V)) -c -o $@ $<

$(foreach room,$(CONVERT),$(filter $B/lib/$(room)/%,$(LIB_OBJ))): NOS_CFLAGS += -Wconversion

$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D) && rm -f $@
	$(AR) rcs $@ $^

$(TOOLS): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -o $@ $< $(LIB) $(LIBS_$(@F))

$(UNIT): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -o $@ $< $(LIB) -lcmocka $(LIBS_all)

$(FUZZ): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS_all)

# Sanitizers: what is excused is listed, each with its reason.
export LSAN_OPTIONS := suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0
export TSAN_OPTIONS := suppressions=$(CURDIR)/tests/tsan.supp

unit: $(UNIT) ## run the unit tests
	@test -n "$(UNIT)" || { echo 'no unit test found' >&2; exit 1; }
	CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' $(UNIT)

tool: $(TOOLS) ## run the tests of the tools
	@test -n "$(BATS)" || { echo 'no tool test found' >&2; exit 1; }
	V=$(V) prove --exec '' $(BATS)

e2e: $(TOOLS) ## run the tests of several nodes, a broker and sources
	@test -n "$(E2E)" || { echo 'no e2e test found' >&2; exit 1; }
	V=$(V) prove --exec '' $(E2E)

fuzz: ## run each decoder on made-up input for FUZZ_SECONDS (5)
	$(MAKE) V=fuzz CC=clang fuzz-run

fuzz-run: $(FUZZ)
	@test -n "$(FUZZ)" || { echo 'no fuzz harness found' >&2; exit 1; }
	scripts/fuzz $(FUZZ_SECONDS) $(FUZZ)

check: unit tool ## run the tests of this flavour

asan tsan cover: ## run the tests in this flavour
	$(MAKE) V=$@ check

headers: ## compile each header alone
	@for h in lib/*/*.h; do $(CC) $(NOS_CFLAGS) -MF /dev/null -fsyntax-only -x c $$h || exit 1; done

C_FILES := $(sort $(wildcard lib/*/*.[ch] cmd/*.c tests/unit/*.h tests/unit/*/*.[ch]))

format: ## lay the C files out as .clang-format says
	clang-format -i $(C_FILES)

lint: headers $(LIB) $(TOOLS) ## headers, layers, names, purity, shell scripts
	clang-format --dry-run -Werror $(C_FILES)
	scripts/check-layers
	scripts/check-names $(LIB)
	scripts/check-pure $B
	scripts/check-man $B/cmd
	shellcheck scripts/install-deps scripts/check scripts/check-layers scripts/check-names scripts/check-pure scripts/check-man scripts/feed-meteotrentino .ci/run

clean: ## remove what was built
	rm -rf build

-include $(shell find $B -name '*.d' 2>/dev/null)
