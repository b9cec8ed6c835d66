/* common_trace.c - the traceparent header. What is accepted says the same when written
 * again, and whatever came, the trace that continues it is a good one. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    const char *text = fuzz_text(a, data, len), *again;
    struct trace t = {.sampled = false}, same, child;
    const bool accepted = trace_parse(text, &t);

    must(accepted || !*t.trace_id);
    if (accepted) {
        again = trace_format(a, &t);
        must(strspn(t.trace_id, "0123456789abcdef") == 32 && strspn(t.trace_id, "0") < 32);
        must(trace_parse(again, &same) && memcmp(&t, &same, sizeof(t)) == 0);
        must(strncmp(again + 3, text + 3, 50) == 0); /* all but version and flags */
    }
    child = trace_continue(text);
    must(trace_parse(trace_format(a, &child), &same));
    must(!accepted || strcmp(child.trace_id, t.trace_id) == 0);
    must(strcmp(child.span_id, t.span_id) != 0);
    arena_free(a);
    return 0;
}
