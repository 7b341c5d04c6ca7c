# SPDX-License-Identifier: MIT
# Everything is built under build/<flavour>; V=asan|tsan|cover|fuzz choose another flavour.
V ?= release
B := build/$(V)

H := \#

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man
COMPDIR    ?= $(PREFIX)/share/bash-completion/completions
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SYSUSERDIR ?= $(PREFIX)/lib/sysusers.d
DATADIR    ?= $(PREFIX)/share/nos
MAPDIR     ?= $(DATADIR)/maps
OBJCOPY    ?= objcopy

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
	-fvisibility=hidden -pthread
NOS_LDFLAGS := -pie -Wl,-z,relro,-z,now -pthread

# Rooms whose arithmetic may not change width unseen.
CONVERT := base crypto envelope key

LIB_SRC  := lib/nos.c $(sort $(wildcard lib/*/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o)
LIB      := $B/lib/libnos.a
UNIT_SRC := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT     := $(UNIT_SRC:%.c=$B/%)
TOOL_SRC := $(sort $(wildcard cmd/nos-*.c))
ONE_FILE := $(TOOL_SRC:%.c=$B/%)
# A tool of many files has a folder; what is compiled of it stands beside the tool.
BENCH_SRC := $(sort $(wildcard cmd/nos-bench/*.c))
BENCH_OBJ := $(BENCH_SRC:cmd/nos-bench/%.c=$B/bench/%.o)
# What stands beside a tool of one file that has grown: cmd/TOOL/*.c
BESIDE = $(patsubst %.c,$B/%.o,$(sort $(wildcard cmd/$(1)/*.c)))
TOOLS    := $(ONE_FILE) $B/cmd/nos-bench
BATS     := $(sort $(wildcard tests/tool/*.bats))
# Those that run no tool of the flavour under test gain nothing by a sanitizer.
PLAIN    := %/install.bats %/links.bats %/feed-meteotrentino.bats %/twin.bats %/units.bats \
	%/hot.bats %/bench-peers.bats %/measure.bats %/cluster.bats %/plan-cluster.bats
BATS_release := $(BATS)
# What these measure is the release's.
BATS_cover := $(filter-out %/hot.bats %/bench-peers.bats,$(BATS))
# Those of tools that read what their own node or nobody wrote, or whose reading has units and a fuzzer of
# its own, are run under asan where FULL is set, by scripts/check --long; under tsan only those in which
# threads are at work.
BENCHES  := $(patsubst tests/tool/%,\%/%,$(wildcard tests/tool/nos-bench*.bats))
LOCAL    := $(BENCHES) %/nos-keytable.bats %/nos-score.bats %/nos-token.bats %/options.bats
SINGLE   := $(LOCAL) %/nos-keytable-move.bats %/nos-register.bats %/nos-rekey.bats %/nos-serve-hop.bats
BATS_asan := $(filter-out $(PLAIN) $(if $(FULL),,$(LOCAL) %/nos-relay.bats),$(BATS))
BATS_tsan := $(filter-out $(PLAIN) $(SINGLE),$(BATS))
E2E_LONG := $(sort $(wildcard tests/e2e/long-*.bats))
E2E      := $(filter-out $(E2E_LONG),$(sort $(wildcard tests/e2e/*.bats)))
HELP_SRC := $(sort $(wildcard tests/help/*.c))
HELP     := $(HELP_SRC:%.c=$B/%)
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ     := $(FUZZ_SRC:%.c=$B/%)

FUZZ_SECONDS ?= 5
# Test programs at a time; each has folders, ports and a broker of its own.
PROVE ?= -j4

# A tool links only what its rooms need.
LIBS_all := -lcurl -lmicrohttpd -lgnutls -lmosquitto -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm
LIBS_nos-bench := -lcurl -lmicrohttpd -lgnutls -lmosquitto -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm
LIBS_nos-register := -lcurl -lcjose -ljansson -lcrypto -lm
LIBS_nos-rekey := -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm
LIBS_nos-relay := -lcurl -lmicrohttpd -lgnutls -lcjose -ljansson -lcrypto -lm
LIBS_nos-score := -lm
LIBS_nos-send := -lcurl -lmosquitto -lcjose -ljansson -lcrypto -lm
LIBS_nos-serve := -lcurl -lmicrohttpd -lgnutls -lmosquitto -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm
LIBS_nos-token := -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm
LIBS_nos-keytable := -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm

.PHONY: e2e-long model mutants all help unit tool e2e fuzz fuzz-run check asan tsan cover headers format \
	man man-check lint install uninstall clean
all: $(LIB) $(TOOLS) ## build the library and the tools

help: ## list the targets
	@sed -n 's/^\([a-z][a-z0-9 -]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r names text; do for name in $$names; do printf '%-10s %s\n' $$name "$$text"; done; done

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(NOS_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(SAN_$(V)) -c -o $@ $<

$(foreach room,$(CONVERT),$(filter $B/lib/$(room)/%,$(LIB_OBJ))): NOS_CFLAGS += -Wconversion

$(LIB): $(LIB_OBJ)
	@mkdir -p $(@D) && rm -f $@
	$(AR) rcs $@ $^

# The library as it is installed: one object, of which the promise alone can be linked.
$B/dist/libnos.a: $B/lib/nos.o $(LIB)
	@mkdir -p $(@D) && rm -f $@
	$(LD) -r -o $B/dist/nos.o $^
	$(OBJCOPY) --localize-hidden $B/dist/nos.o
	$(AR) rcs $@ $B/dist/nos.o

$B/bench/%.o: cmd/nos-bench/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(NOS_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(SAN_$(V)) -c -o $@ $<

# What nos-bench counts (cmd/nos-bench/counted.c).
COUNTED := nos_hkdf_extract nos_hkdf_expand nos_hash_sha256 nos_aead_siv_seal nos_aead_siv_open \
	nos_aead_gcm_seal nos_aead_gcm_open nos_jose_seal_to nos_jose_open_with nos_ecdh_shared \
	nos_ecdh_generate nos_sign_make nos_sign_verify nos_random_bytes nos_lkh_wrap nos_lkh_unwrap \
	nos_enc_field nos_enc_field_num nos_enc_add_leb128

$(foreach tool,keytable rekey send serve token,$(eval $B/cmd/nos-$(tool): $(call BESIDE,$(tool))))
$(ONE_FILE): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -o $@ $(filter %.o,$^) $(LIB) $(LIBS_$(@F))

$(UNIT): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -o $@ $< $(LIB) -lcmocka $(LIBS_all)

$(FUZZ): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIBS_all)

# The model: all of nos but sockets and threads, with a clock that is made up and files that may be the
# last thing a source does.
MODEL_OBJ  := $(patsubst %.c,$B/%.o,$(sort $(wildcard tests/model/*.c)))
MODEL_WRAP := nos_time_now nos_mono_now nos_attempt_wait nos_random_bytes nos_file_replace nos_file_create \
	nos_message_seal nos_derive_key nos_ring_take nos_ring_back nos_send_pack nos_group_chain_make
BENCH_LINK  = $(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) $(COUNTED:%=-Wl,--wrap=%) -o $@
MODEL_LINK  = $(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) $(MODEL_WRAP:%=-Wl,--wrap=%) -o $@
SCHEDULES_asan := 200
SCHEDULES  ?= $(or $(SCHEDULES_$(V)),1000)
RACES_asan := 2000
RACES      ?= $(or $(RACES_$(V)),10000)

# V=mutant-NAME: one defence is taken out of a copy of lib by tests/mutants/NAME.patch, and the model or
# nos-bench is to notice. What the patch leaves as it is comes from the release flavour.
MUTANTS := $(patsubst tests/mutants/%.patch,%,$(sort $(wildcard tests/mutants/*.patch)))
ifneq ($(filter mutant-%,$V),)
.DEFAULT_GOAL := model
PATCH   := tests/mutants/$(V:mutant-%=%).patch
PATCHED := $(shell sed -n 's|^+++ b/\(lib/.*\.\)c$$|$B/\1o|p' $(PATCH))
WHOLE   := build/release

$B/patched: $(PATCH) $(wildcard lib/*.[ch] lib/*/*.[ch])
	@! grep '^+++ ' $< | grep -v ' b/lib/.*\.c$$' || { echo '$<: a mutant changes lib/*.c alone' >&2; exit 1; }
	rm -rf $B/src && mkdir -p $B/src && cp -R lib $B/src
	patch --directory $B/src --strip 1 --fuzz 0 --silent <$<
	@touch $@

# What is left without use by the patch is not warned of.
$(PATCHED): $B/%.o: $B/patched
	@mkdir -p $(@D)
	cd $B/src && $(CC) $(filter-out -MMD -MP,$(NOS_CFLAGS)) $(CPPFLAGS) $(CFLAGS) -w -c -o $(CURDIR)/$@ $*.c

.PHONY: whole whole-bench
whole:
	@$(MAKE) V=release $(WHOLE)/tests/model/model

whole-bench:
	@$(MAKE) V=release $(WHOLE)/cmd/nos-bench

$B/cmd/nos-bench: $(PATCHED) $B/patched whole-bench
	@mkdir -p $(@D)
	$(BENCH_LINK) $(BENCH_OBJ:$B/%=$(WHOLE)/%) $(PATCHED) $(WHOLE)/lib/libnos.a $(LIBS_$(@F))

$B/tests/model/model: $(PATCHED) $B/patched whole
	@mkdir -p $(@D)
	$(MODEL_LINK) $(MODEL_OBJ:$B/%=$(WHOLE)/%) $(PATCHED) $(WHOLE)/lib/libnos.a $(LIBS_all)
else
$B/cmd/nos-bench: $(BENCH_OBJ) $(LIB)
	@mkdir -p $(@D)
	$(BENCH_LINK) $(BENCH_OBJ) $(LIB) $(LIBS_$(@F))

$B/tests/model/model: $(MODEL_OBJ) $(LIB)
	$(MODEL_LINK) $(MODEL_OBJ) $(LIB) $(LIBS_all)
endif

# A source that dies leaves its memory behind, as one that is killed does.
model: $B/tests/model/model ## run SCHEDULES (1000) random schedules of what goes wrong, and RACES (10000)
	ASAN_OPTIONS=detect_leaks=0 $B/tests/model/model --schedules $(SCHEDULES) --jobs $$(nproc)
	ASAN_OPTIONS=detect_leaks=0 $B/tests/model/model --races $(RACES) --jobs $$(nproc)

mutants: $B/tests/model/model $B/cmd/nos-bench ## take one defence after another out: each must be noticed
	scripts/mutants $(MUTANTS)

# What tool tests put beside the tools: on its own, for it shows how others behave.
LIBS_fleet := -lcurl
LIBS_post  := -lcurl
LIBS_mqtt_load := -lmosquitto
LIBS_http_load := -lssl
LIBS_grow  := $(LIBS_all)
$(HELP): $B/%: $B/%.o $(LIB)
	$(CC) $(NOS_LDFLAGS) $(LDFLAGS) $(SAN_$(V)) -o $@ $< $(LIB) $(LIBS_$(@F)) -lsqlite3 -llz4 -lnats -lcjose -ljansson -lcrypto -lm

# Sanitizers: what is excused is listed, each with its reason.
export LSAN_OPTIONS := suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0
export TSAN_OPTIONS := suppressions=$(CURDIR)/tests/tsan.supp

unit: $(UNIT) ## run the unit tests
	@test -n "$(UNIT)" || { echo 'no unit test found' >&2; exit 1; }
	CMOCKA_MESSAGE_OUTPUT=TAP prove $(PROVE) --exec '' $(UNIT)

tool: $(TOOLS) $(HELP) ## run the tests of the tools
	@test -n "$(BATS)" || { echo 'no tool test found' >&2; exit 1; }
	V=$(V) prove $(PROVE) --timer --exec bats $(BATS_$(V))

e2e: $(TOOLS) $(HELP) ## run the tests of a node, a broker and sources together
	@test -n "$(E2E)" || { echo 'no e2e test found' >&2; exit 1; }
	V=$(V) prove $(PROVE) --timer --exec bats $(E2E)

e2e-long: $(TOOLS) $(HELP) ## and those of them that install or take more
	@test -n "$(E2E_LONG)" || { echo 'no long e2e test found' >&2; exit 1; }
	V=$(V) prove $(PROVE) --exec bats $(E2E_LONG)

fuzz: ## run each decoder on made-up input for FUZZ_SECONDS (5)
	$(MAKE) V=fuzz CC=clang fuzz-run

fuzz-run: $(FUZZ)
	@test -n "$(FUZZ)" || { echo 'no fuzz harness found' >&2; exit 1; }
	scripts/fuzz $(FUZZ_SECONDS) $(FUZZ)

check: unit tool $(if $(SCHEDULES_$(V)),model) ## run the tests of this flavour

asan tsan: ## run the tests in this flavour
	$(MAKE) V=$@ check

cover: ## run the tests, and say what of the code they reach
	$(MAKE) V=cover check
	command -v gcovr >/dev/null || { echo 'cover: gcovr is not installed, no summary' >&2; exit 0; }; \
		gcovr --root . --filter lib/ --filter cmd/ --print-summary --output build/cover/summary.txt build/cover

headers: ## compile each header alone
	@for h in lib/*.h lib/*/*.h; do $(CC) $(NOS_CFLAGS) -MF /dev/null -fsyntax-only -x c $$h || exit 1; done

C_FILES := $(sort $(wildcard lib/*.[ch] lib/*/*.[ch] cmd/*.c cmd/*/*.[ch] tests/unit/*.h tests/unit/*/*.[ch] tests/fuzz/*.[ch] \
	tests/model/*.[ch] tests/help/*.[ch]))
PAGES   := $(sort $(wildcard man/*.[1-8]))

format: ## lay the C files out as .clang-format says
	clang-format -i $(C_FILES)

man: ## lint the manual pages
	mandoc -Tlint -Wwarning $(PAGES)

man-check: $(TOOLS) ## compare each page with its tool's options
	scripts/check-man $B/cmd
	scripts/check-tests

lint: headers man $(LIB) $(TOOLS) ## headers, layout, layers, names, purity, pages, mutants, shell scripts
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --std=c11 -Ilib --inline-suppr \
		--suppress=nullPointerRedundantCheck:lib/net/http_connection.c lib cmd
	scripts/check-layers
	scripts/check-names $(LIB)
	scripts/check-pure $B
	scripts/check-spaces
	scripts/check-man $B/cmd
	scripts/check-tests
	for patch in tests/mutants/*.patch; do \
		patch --dry-run --strip 1 --fuzz 0 --silent --force <$$patch >/dev/null || \
			{ echo "$$patch was overtaken by the code" >&2; exit 1; }; done
	shellcheck --external-sources $(SCRIPTS)

SCRIPTS := .ci/run scripts/dist/nos-completion.bash scripts/measure.bash scripts/peers/servers.bash $(shell grep -sld skip '^$H!.*sh$$' scripts/*)

# What install puts down and uninstall takes away: the same words in both.
VERSION   := $(shell sed -n 's/^$Hdefine NOS_VERSION "\(.*\)"$$/\1/p' lib/base/version.h)
NAMES     := $(notdir $(TOOLS))
UNITS     := $(wildcard scripts/dist/systemd/*.service scripts/dist/systemd/*.timer)
MAPS      := $(sort $(wildcard scripts/dist/maps/*.json))
INSTALLED := $(NAMES:%=$(BINDIR)/%) $(INCLUDEDIR)/nos.h $(LIBDIR)/libnos.a $(LIBDIR)/pkgconfig/nos.pc \
	$(foreach page,$(PAGES),$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(COMPDIR)/nos $(NAMES:%=$(COMPDIR)/%) $(UNITS:scripts/dist/systemd/%=$(UNITDIR)/%) $(SYSUSERDIR)/nos.conf \
	$(MAPS:scripts/dist/maps/%=$(MAPDIR)/%) $(DATADIR)/mosquitto.conf $(DATADIR)/nats-server.conf $(DATADIR)/cluster

install: $(TOOLS) $B/dist/libnos.a ## install below DESTDIR and PREFIX
	install -d $(addprefix $(DESTDIR),$(sort $(dir $(INSTALLED))))
	install -m 755 $(TOOLS) $(DESTDIR)$(BINDIR)
	install -m 644 lib/nos.h $(DESTDIR)$(INCLUDEDIR)
	install -m 644 $B/dist/libnos.a $(DESTDIR)$(LIBDIR)
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|; s|@VERSION@|$(VERSION)|' \
		scripts/dist/nos.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/nos.pc
	for page in $(PAGES); do install -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}; done
	install -m 644 scripts/dist/nos-completion.bash $(DESTDIR)$(COMPDIR)/nos
	for name in $(NAMES); do ln -sf nos $(DESTDIR)$(COMPDIR)/$$name; done
	for unit in $(UNITS); do sed 's|@BINDIR@|$(BINDIR)|' $$unit >$(DESTDIR)$(UNITDIR)/$${unit##*/}; done
	install -m 644 scripts/dist/systemd/nos.sysusers $(DESTDIR)$(SYSUSERDIR)/nos.conf
	install -m 644 $(MAPS) $(DESTDIR)$(MAPDIR)
	install -m 644 scripts/dist/mosquitto.conf scripts/dist/nats-server.conf $(DESTDIR)$(DATADIR)
	install -m 755 scripts/cluster $(DESTDIR)$(DATADIR)

uninstall: ## remove what install put there
	rm -f $(addprefix $(DESTDIR),$(INSTALLED))

clean: ## remove what was built
	rm -rf build

-include $(shell find $B -name '*.d' 2>/dev/null)
