/* common_json_out.c - any bytes as a string, and as a key. What is written can be read; text
 * comes back as it was, and what is no UTF-8 is repaired once and for all. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "json_in.h"
#include "json_out.h"

static const char *write_member(struct arena *a, const char *key, const char *value)
{
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, key, value);
    json_out_close(&j, '}');
    return json_out_text(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    const char *value = fuzz_text(a, data, len), *text = write_member(a, "k", value);
    struct json_in in = json_in_parse(a, text, strlen(text));
    const char *read = json_in_str(&in, "k", 0, SIZE_MAX);

    must(json_in_done_strict(&in).code == ERR_OK);
    must(fuzz_is_utf8(text) && fuzz_is_utf8(read));
    must(!fuzz_is_utf8(value) || strcmp(read, value) == 0);
    must(strcmp(write_member(a, "k", read), text) == 0);
    fuzz_must_be_json(a, write_member(a, value, value));
    arena_free(a);
    return 0;
}
