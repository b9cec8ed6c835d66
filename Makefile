# Waybill: how everything is built, run and checked.
#
# make up       everything from nothing: packages, build, servers, services, one order
# make demo     the five ways of an order, each with its timeline
# make status   components, ports, memory       make logs [s=order]   what they say
# make psql s=order   a database's console      make ctl c="saga show ID"  the operator's tool
# make down     stop; data stays                make clean            stop and forget
# make test     all tests beside a stack of their own [ONLY=e2e] [KEEP=1]
# make chaos    break everything under load, mend it, check the books [SEED=] [MINUTES=1] [FAULTS=redis]
# make bench    what it costs and how fast it is, beside what its parts do alone [ONLY="limits sagas"]
# make explore  every interleaving of the services' life cycles, minutes of them [ONLY=losses]
# make fuzz     bad bytes for every decoder that strangers reach [FUZZ=order_post] [FUZZ_SECONDS=20]
# make fuzz-live  requests made from contracts/openapi.json, and the answers judged [SEED=] [MINUTES=1]
# make lint     format, layers, limits, shellcheck, cppcheck, clang-tidy
# make MODE=asan test   the same, sanitized (release, debug, asan, tsan, cov)
# make NAME=two up      a second stack, on ports of its own
#
# STACK=compose, STACK=native: in containers or without; else in containers where an
# engine answers (infra/choose.sh). SCALE=2: two instances of each service.

MODE     ?= release
NAME     ?= main
SERVICES := user order inventory payment notification
PROGRAMS := $(SERVICES) provider wayctl
JOBS     ?= $(shell nproc)
PKGS     := libmicrohttpd librabbitmq libpq hiredis libcjson libcurl libsodium libjwt libcrypto

B    := build/$(MODE)
say   = @printf '  %-5s %s\n' $(1) $(2)# make V=1 shows whole commands
Q    := $(if $(V),,@)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wformat=2 -Wvla -Wcast-qual -Wwrite-strings -Wundef \
        -Wimplicit-fallthrough $(WERROR)
CPPFLAGS += -D_GNU_SOURCE -Ilibs/common $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=c11 -g $(WARN) $(CFLAGS.$(MODE))
LDFLAGS  += $(LDFLAGS.$(MODE))
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm

CFLAGS.release  := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDFLAGS.release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
CFLAGS.debug    := -Og
CFLAGS.asan     := -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS.asan    := -fsanitize=address,undefined
CFLAGS.tsan     := -O1 -fsanitize=thread
LDFLAGS.tsan    := -fsanitize=thread
CFLAGS.cov      := -O0 --coverage
LDFLAGS.cov     := --coverage
CFLAGS.fuzz     := $(CFLAGS.asan) -fsanitize=fuzzer-no-link
LDFLAGS.fuzz    := -fsanitize=fuzzer,address,undefined

all: $(PROGRAMS:%=$(B)/%)

# --- building -----------------------------------------------------------------
# The common library and the domain of each service are archives: a test that brings
# its own store_find() is linked with that and not with store.c. The linker is the mock.

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
COMMON := $(B)/common.a

$(COMMON): $(call objects,libs/common/*.c)
$(B)/%.a:
	@rm -f $@.new && $(AR) rcs $@.new $^ && mv $@.new $@

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: $(B)/%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<

$(B)/made/%/migrations.c: tools/embed-sql.sh
	@mkdir -p $(@D)
	$(Q)tools/embed-sql.sh $(filter %.sql,$^) >$@

define service
$(B)/made/$(1)/migrations.c: $(wildcard libs/common/migrations/*.sql services/$(1)/migrations/*.sql)
$(B)/made/$(1)/%.c: services/$(1)/%.lua tools/embed-text.sh
	@mkdir -p $$(@D)
	$$(Q)tools/embed-text.sh $$*_script $$< >$$@
$(B)/$(1).a: $(filter-out %/main.o,$(call objects,services/$(1)/*.c)) \
  $(patsubst services/%.lua,$(B)/made/%.o,$(wildcard services/$(1)/*.lua))
$(B)/$(1): $(B)/services/$(1)/main.o $(B)/made/$(1)/migrations.o $(B)/$(1).a $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
$(B)/services/$(1)/%.o: CPPFLAGS += -Iservices/$(1)
endef
$(foreach s,$(SERVICES),$(eval $(call service,$(s))))

# The payment provider's sandbox, a stranger's system as far as the services know, and
# the operator's tool, which knows all of them.
TOOLS := provider wayctl
define tool
$(B)/$(1): $(call objects,tools/$(1)/*.c) $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

# --- tests --------------------------------------------------------------------
# services/x/tests/test_*.c and libs/common/tests/test_*.c are programs; other files
# beside them (fake_store.c, testing.c) are linked into each, but test_store.c, which
# meets the real store.

COMMON_TESTS  := $(patsubst %.c,$(B)/%,$(wildcard libs/common/tests/test_*.c))
SERVICE_TESTS := $(patsubst %.c,$(B)/%,$(wildcard services/*/tests/test_*.c))
TESTING       := $(B)/testing.a
$(TESTING): $(filter-out $(B)/libs/common/tests/test_%,$(call objects,libs/common/tests/*.c))

$(COMMON_TESTS): %: %.o $(TESTING) $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
define service_tests
$(B)/services/$(1)/tests/%.o: CPPFLAGS += -Iservices/$(1) -Ilibs/common/tests
$(filter-out %/test_store,$(filter $(B)/services/$(1)/%,$(SERVICE_TESTS))): %: %.o \
  $(filter-out $(B)/services/$(1)/tests/test_%,$(call objects,services/$(1)/tests/*.c)) \
  $(B)/$(1).a $(TESTING) $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
$(B)/services/$(1)/tests/test_store: %: %.o $(B)/made/$(1)/migrations.o $(B)/$(1).a $(TESTING) $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach s,$(SERVICES),$(eval $(call service_tests,$(s))))

# The tools' own tests, and those of the whole system through the gateway.
TOOL_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tools/*/tests/test_*.c))
define tool_tests
$(B)/tools/$(1)/tests/%.o: CPPFLAGS += -Itools/$(1) -Ilibs/common/tests
$(filter $(B)/tools/$(1)/%,$(TOOL_TESTS)): %: %.o \
  $(filter-out %/main.o,$(call objects,tools/$(1)/*.c)) $(TESTING) $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach t,$(TOOLS),$(eval $(call tool_tests,$(t))))

E2E_TESTS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/e2e/test_*.c)))
$(E2E_TESTS): %: %.o $(filter-out $(B)/tests/e2e/test_%,$(call objects,tests/e2e/*.c)) $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# --- fuzzing ------------------------------------------------------------------
# fuzz/<who>_<what>.c is a target, fuzz/fuzz_*.c what they share: see fuzz/fuzz.h. Built
# with all else it runs over files, which a test does; make fuzz builds it with libFuzzer,
# which has a main() of its own. The targets of answers take the real thing for a fake.

FUZZ_TARGETS := $(patsubst %.c,$(B)/%,$(filter-out fuzz/fuzz_%,$(wildcard fuzz/*.c)))
FUZZ_TESTS   := $(B)/fuzz/tests/test_regression
FUZZ         := $(notdir $(FUZZ_TARGETS))
FUZZ_MAIN    := $(if $(filter fuzz,$(MODE)),,$(B)/fuzz/fuzz_main.o)

$(B)/fuzz.a: $(patsubst %,$(B)/fuzz/fuzz_%.o,check event http peer) $(B)/libs/common/tests/keys.o
$(B)/fuzz/%.o $(B)/fuzz/%.tidy: CPPFLAGS += -Ilibs/common/tests
$(FUZZ_TARGETS): %: %.o $(FUZZ_MAIN) $(B)/fuzz.a $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LDLIBS)
define fuzz_service
$(foreach f,$(1)_% fuzz_$(1),$(B)/fuzz/$(f).o $(B)/fuzz/$(f).tidy): \
  CPPFLAGS += -Iservices/$(1) -Iservices/$(1)/tests
$(filter $(B)/fuzz/$(1)_%,$(FUZZ_TARGETS)): $(B)/$(1).a
$(filter-out %_answers,$(filter $(B)/fuzz/$(1)_%,$(FUZZ_TARGETS))): \
  $(call objects,services/$(1)/tests/fake_*.c fuzz/fuzz_$(1).c)
endef
$(foreach s,$(SERVICES),$(eval $(call fuzz_service,$(s))))

$(FUZZ_TESTS): %: %.o $(COMMON) | $(FUZZ_TARGETS)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

fuzz-targets: $(FUZZ_TARGETS)
fuzz: packages-dev
	@$(MAKE) --no-print-directory -j$(JOBS) CC=clang MODE=fuzz fuzz-targets
	@FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run.sh $(FUZZ)

# --- chaos --------------------------------------------------------------------
# Faults under load: tests/chaos with what it borrows from the tests above. A short run is
# one of the tests; make chaos is the long one, beside a stack of its own.
CHAOS := $(filter-out %/main.o %/test_chaos.o %/skew.o,$(call objects,tests/chaos/*.c)) \
         $(filter-out $(B)/tests/e2e/test_%,$(call objects,tests/e2e/*.c)) $(B)/libs/common/tests/proxy.o
CHAOS_TEST := $(B)/tests/chaos/test_chaos
$(B)/tests/chaos/%.o $(B)/tests/chaos/%.tidy: CPPFLAGS += -Itests/e2e -Ilibs/common/tests
$(CHAOS_TEST) $(B)/tests/chaos/main: %: %.o $(CHAOS) $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# The library that moves the clock of a process; never sanitized, for it comes first.
$(B)/tests/chaos/skew.so: tests/chaos/skew.c
	@mkdir -p $(@D)
	$(call say,link,$@)
	$(Q)$(CC) $(CPPFLAGS) -std=c11 -g -O2 $(WARN) -fPIC -shared -o $@ $<

# What is mounted is seen, and lives, only as long as the run does.
chaos: packages
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/tests/chaos/main $(B)/tests/chaos/skew.so
	@mkdir -p build/chaos
	@NO_BUILD=1 MODE=$(MODE) NAME=$(NAME:main=chaos) SEED=$(SEED) MINUTES=$(MINUTES) RATE=$(RATE) \
	  FAULTS="$(FAULTS)" REPORTS=build/chaos SKEW_LIBRARY=$(B)/tests/chaos/skew.so \
	  $$(unshare --mount true 2>/dev/null && echo unshare --mount env OWN_MOUNTS=1 OUTER_MOUNTS=/proc/$$$$) \
	  tools/with-stack.sh $(B)/tests/chaos/main

# --- what a bench measured ------------------------------------------------------
# bench/report reads what the measuring programs wrote: a table, a file, pictures; compare
# tells two such files apart.
REPORTING    := report compare
REPORT_TESTS := $(patsubst %.c,$(B)/%,$(wildcard bench/report/tests/test_*.c))
$(B)/bench/report/tests/%.o $(B)/bench/report/tests/%.tidy: CPPFLAGS += -Ibench/report
$(B)/bench/report.a: $(filter-out $(REPORTING:%=$(B)/bench/report/%.o),$(call objects,bench/report/*.c))
$(REPORTING:%=$(B)/bench/report/%): %: %.o $(B)/bench/report.a $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(REPORT_TESTS): %: %.o $(B)/bench/report.a $(COMMON) | $(B)/bench/report/compare
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
# What the stack costs to run: bench/cost asks the system and the servers.
COST := $(B)/bench/cost/cost
$(B)/bench/cost/%.o $(B)/bench/cost/%.tidy: CPPFLAGS += -Ibench -Itests/e2e -Ilibs/common/tests
$(COST): $(call objects,bench/cost/*.c bench/ask.c bench/figures.c bench/histogram.c tests/e2e/world.c \
  tests/e2e/client.c) $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
bench-report: $(REPORTING:%=$(B)/bench/report/%) $(COST)

# --- hostile clients ----------------------------------------------------------
# Bad bytes and bad manners, sent to the real gateway and services: tests/hostile.
HOSTILE := $(filter-out $(B)/tests/hostile/test_%,$(call objects,tests/hostile/*.c)) \
           $(filter-out $(B)/tests/e2e/test_%,$(call objects,tests/e2e/*.c))
HOSTILE_TESTS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/hostile/test_*.c)))
$(B)/tests/hostile/%.o $(B)/tests/hostile/%.tidy: CPPFLAGS += -Itests/e2e
$(HOSTILE_TESTS): %: %.o $(HOSTILE) $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# --- contracts ----------------------------------------------------------------
# tests/contract holds contracts/ against the code: a test for each service, on its fakes.
CONTRACT := $(filter-out $(B)/tests/contract/test_%,$(call objects,tests/contract/*.c))
CONTRACT_LIB := $(filter-out %/contract.o,$(CONTRACT))
CONTRACT_TESTS := $(SERVICES:%=$(B)/tests/contract/test_%)
$(B)/tests/contract/%.o $(B)/tests/contract/%.tidy: CPPFLAGS += -Itests/chaos
define contract
$(foreach t,o tidy,$(B)/tests/contract/test_$(1).$(t)): CPPFLAGS += -Iservices/$(1) -Iservices/$(1)/tests
$(B)/tests/contract/test_$(1): %: %.o $(CONTRACT) $(call objects,services/$(1)/tests/fake_*.c) $(B)/$(1).a $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach s,$(SERVICES),$(eval $(call contract,$(s))))

# --- the live gateway ---------------------------------------------------------
# tests/live makes requests from contracts/openapi.json and holds the answers against it. A
# short run is one of the tests.
LIVE := $(filter-out %/main.o %/test_live.o,$(call objects,tests/live/*.c)) $(CONTRACT_LIB) \
        $(filter-out $(B)/tests/e2e/test_%,$(call objects,tests/e2e/*.c))
LIVE_TEST := $(B)/tests/live/test_live
$(B)/tests/live/%.o $(B)/tests/live/%.tidy: CPPFLAGS += -Itests/contract -Itests/e2e -Itests/chaos
$(LIVE_TEST) $(B)/tests/live/main: %: %.o $(LIVE) $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

fuzz-live: packages
	@$(MAKE) --no-print-directory -j$(JOBS) all $(B)/tests/live/main
	@NO_BUILD=1 MODE=$(MODE) NAME=live SEED=$(SEED) MINUTES=$(MINUTES) tools/with-stack.sh $(B)/tests/live/main

# --- exploring ----------------------------------------------------------------
# Every interleaving of a model with the domains that ship: tests/explore. In agree/ each
# service's use-cases, on the fakes of its own tests, must do what the model does.
MODELLED := order inventory payment notification
EXPLORE  := $(filter-out %/main.o $(B)/tests/explore/test_%,$(call objects,tests/explore/*.c)) \
            $(foreach s,$(MODELLED),$(B)/services/$(s)/$(s).o)
EXPLORE_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/explore/test_*.c))
AGREE         := $(MODELLED:%=$(B)/tests/explore/agree/test_agree_%)
$(B)/tests/explore/%.o $(B)/tests/explore/%.tidy: CPPFLAGS += -I.
$(EXPLORE_TESTS) $(B)/tests/explore/main: %: %.o $(EXPLORE)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka
define agree
$(foreach t,o tidy,$(B)/tests/explore/agree/test_agree_$(1).$(t)): CPPFLAGS += -Iservices/$(1) -Iservices/$(1)/tests
$(B)/tests/explore/agree/test_agree_$(1): %: %.o $(B)/tests/explore/agree/agree.o $(EXPLORE) \
  $(call objects,services/$(1)/tests/fake_*.c) $(B)/$(1).a $(COMMON)
	$$(call say,link,$$@)
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach s,$(MODELLED),$(eval $(call agree,$(s))))

explore: $(B)/tests/explore/main
	@$< "$(ONLY)"

# --- the bench ----------------------------------------------------------------
# bench/measure is the parts that load the stack; it borrows from the tests above to open
# shop. bench/run.sh runs all parts beside a stack of its own.
BENCH := $(B)/bench/measure
$(B)/bench/%.o $(B)/bench/%.tidy: CPPFLAGS += -Ibench -Itests/e2e -Ilibs/common/tests
$(BENCH): $(call objects,bench/main.c bench/part_*.c $(addprefix bench/,$(addsuffix .c,ask conn \
  figures histogram load most saga settings shop))) $(B)/tests/e2e/world.o $(B)/tests/e2e/client.o $(COMMON)
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

BENCH_TESTS := $(patsubst %.c,$(B)/%,$(wildcard bench/tests/test_*.c))
$(BENCH_TESTS): %: %.o $(B)/bench/tests/moody_server.o $(call objects,$(patsubst %,bench/%.c,conn figures histogram load))
	$(call say,link,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

# ONLY="limits sagas", BENCH_SECONDS=, RUNS=, RATES=, ROUNDS="base 1m x2": see bench/run.sh.
bench-programs:
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=release all bench-report $(patsubst %,build/release/bench/%,measure cost/cost)
bench: packages-bench bench-programs
	@ONLY="$(ONLY)" bench/run.sh
# Everything once and briefly, for CI: it fails on nonsense, never on a figure.
bench-smoke: packages-bench bench-programs
	@rm -f build/bench/smoke.jsonl
	@ROUNDS=base BENCH_SECONDS=1 RUNS=1 RATES="20 50" SUSTAINED_S=2 STORED= BENCH_OUT=build/bench/smoke.jsonl bench/run.sh

# The explorer has one thread, so the thread sanitizer would find nothing, in ten minutes.
INNER_TESTS := $(COMMON_TESTS) $(SERVICE_TESTS) $(TOOL_TESTS) $(FUZZ_TESTS) \
               $(if $(filter tsan,$(MODE)),,$(EXPLORE_TESTS)) $(AGREE) \
               $(BENCH_TESTS) $(REPORT_TESTS) $(CONTRACT_TESTS)
ALL_TESTS   := $(INNER_TESTS) $(E2E_TESTS) $(HOSTILE_TESTS) $(LIVE_TEST) $(CHAOS_TEST)
tests: $(ALL_TESTS)

# make test ONLY=e2e runs the programs whose path holds that word, or one of several.
CHOSEN := $(if $(ONLY),$(foreach t,$(ALL_TESTS),$(if $(strip $(foreach w,$(ONLY),$(findstring $(w),$(t)))),$(t))),$(ALL_TESTS))
test: packages
	@$(MAKE) --no-print-directory -j$(JOBS) all tests
	@NO_BUILD=1 MODE=$(MODE) tools/with-stack.sh \
	  tools/run-tests.sh $(B)/test-logs $(CHOSEN)

# --- the stack ----------------------------------------------------------------
THE_STACK := MODE=$(MODE) NAME=$(NAME) infra/stack.sh

up down status demo clean restart:
	@$(THE_STACK) $@
logs:
	@$(THE_STACK) logs $(s)
psql:
	@$(THE_STACK) psql $(s)
ctl:
	@MODE=$(MODE) NAME=$(NAME) tools/wayctl.sh $(c)
packages:
	@infra/native/packages.sh run
packages-dev:
	@infra/native/packages.sh run dev
packages-bench:
	@infra/native/packages.sh run bench

# --- checks -------------------------------------------------------------------
C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)
C_DIRS  := libs/common $(SERVICES:%=services/%) $(TOOLS:%=tools/%)
CPPCHECK := cppcheck --enable=warning,performance,portability --std=c11 --quiet --inline-suppr \
            --suppress=missingIncludeSystem --suppress=unusedFunction --error-exitcode=1

lint: packages-dev # a make of its own, for pkg-config may only just have come
	@$(MAKE) --no-print-directory -j$(JOBS) format-check layers limits shellcheck cppcheck tidy
	@echo "lint: clean"
format:
	@clang-format -i $(C_FILES)
format-check:
	@clang-format --dry-run -Werror $(C_FILES) && echo "format: as clang-format likes it"
layers:
	@tools/check-layers.sh
limits:
	@tools/check-limits.sh
shellcheck:
	@shellcheck -x $$(git ls-files '*.sh' 'infra/native/run/*' .ci/run bench/compare) && echo "shellcheck: clean"
cppcheck:
	@$(CPPCHECK) -Ilibs/common $(C_DIRS) tests fuzz bench && echo "cppcheck: clean"
# A stamp for each file that clang-tidy has found clean.
tidy: $(patsubst %.c,$(B)/%.tidy,$(wildcard $(C_DIRS:%=%/*.c) tests/e2e/*.c tests/chaos/*.c tests/hostile/*.c \
        tests/contract/*.c tests/live/*.c \
        tests/explore/*.c tests/explore/agree/*.c fuzz/*.c bench/*.c bench/tests/*.c \
        bench/report/*.c bench/report/tests/*.c bench/cost/*.c))
	@echo "clang-tidy: clean"
$(B)/%.tidy: %.c .clang-tidy $(wildcard libs/common/*.h)
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS) -I$(<D) 2>/dev/null
	@touch $@

compile_commands.json: ; bear -- $(MAKE) MODE=debug

help:
	@sed -n '/^# make up/,/^$$/p' Makefile | sed 's/^# \{0,1\}//'

.PHONY: all tests test bench bench-smoke bench-programs bench-report chaos explore fuzz fuzz-live fuzz-targets up down status demo clean restart logs psql ctl packages packages-dev packages-bench lint \
        format format-check layers limits shellcheck cppcheck tidy help
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
