# Waybill. Two commands are all you need:   make up     make test
#
# make help lists the rest. MODE is release (default), debug, asan, tsan or cov;
# each builds in build/$(MODE). NAME names the stack (main).
MODE     ?= release
NAME     ?= main
SERVICES := user order inventory payment notification
PROGRAMS := $(SERVICES) provider
PKGS     := libmicrohttpd librabbitmq libpq hiredis libcjson libcurl libsodium libjwt libcrypto

B    := build/$(MODE)
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

all: $(PROGRAMS:%=$(B)/%)

# --- building -----------------------------------------------------------------
# The common library and the domain of each service are archives: a test that brings
# its own store_find() is linked with that and not with store.c. The linker is the mock.

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
COMMON := $(B)/common.a

$(COMMON): $(call objects,libs/common/*.c)
$(B)/%.a:
	@rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: $(B)/%.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -Wno-overlength-strings -c -o $@ $<

$(B)/%/migrations.c: tools/embed-sql.sh
	@mkdir -p $(@D)
	tools/embed-sql.sh $(filter %.sql,$^) >$@

define service
$(B)/$(1)/migrations.c: $(wildcard libs/common/migrations/*.sql services/$(1)/migrations/*.sql)
$(B)/$(1)/%.c: services/$(1)/%.lua tools/embed-text.sh
	@mkdir -p $$(@D)
	tools/embed-text.sh $$*_script $$< >$$@
$(B)/$(1).a: $(filter-out %/main.o,$(call objects,services/$(1)/*.c)) $(B)/$(1)/migrations.o \
  $(patsubst services/%.lua,$(B)/%.o,$(wildcard services/$(1)/*.lua))
$(B)/$(1): $(B)/services/$(1)/main.o $(B)/$(1).a $(COMMON)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS)
$(B)/services/$(1)/%.o: CPPFLAGS += -Iservices/$(1)
endef
$(foreach s,$(SERVICES),$(eval $(call service,$(s))))

# The payment provider's sandbox: a stranger's system as far as the services know.
$(B)/provider: $(call objects,tools/provider/*.c) $(COMMON)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# --- tests --------------------------------------------------------------------
# services/x/tests/test_*.c and libs/common/tests/test_*.c are programs; other files
# beside them (fake_store.c, testing.c) are linked into each, but test_store.c, which
# meets the real store.

COMMON_TESTS  := $(patsubst %.c,$(B)/%,$(wildcard libs/common/tests/test_*.c))
SERVICE_TESTS := $(patsubst %.c,$(B)/%,$(wildcard services/*/tests/test_*.c))
TESTING       := $(B)/testing.a
$(TESTING): $(filter-out $(B)/libs/common/tests/test_%,$(call objects,libs/common/tests/*.c))

$(COMMON_TESTS): %: %.o $(TESTING) $(COMMON)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka
define service_tests
$(B)/services/$(1)/tests/%.o: CPPFLAGS += -Iservices/$(1) -Ilibs/common/tests
$(filter-out %/test_store,$(filter $(B)/services/$(1)/%,$(SERVICE_TESTS))): %: %.o \
  $(filter-out $(B)/services/$(1)/tests/test_%,$(call objects,services/$(1)/tests/*.c)) \
  $(B)/$(1).a $(TESTING) $(COMMON)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
$(B)/services/$(1)/tests/test_store: %: %.o $(B)/$(1).a $(TESTING) $(COMMON)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
endef
$(foreach s,$(SERVICES),$(eval $(call service_tests,$(s))))

tests: $(COMMON_TESTS) $(SERVICE_TESTS)

# --- checks -------------------------------------------------------------------
C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null)
format: ; clang-format -i $(C_FILES)
format-check: ; @clang-format --dry-run -Werror $(C_FILES)

clean-objects: ; rm -rf $(B)

.PHONY: all tests format format-check clean-objects
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
