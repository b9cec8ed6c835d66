/* common_json_in.c - documents with a member of each kind. One that is accepted, written
 * and read again, is the same. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "json_in.h"
#include "json_out.h"

enum { MAX_ITEMS = 4 };

struct document {
    const char *name, *note, *id;
    int64_t count, any, city, items[MAX_ITEMS];
    bool flag;
    size_t nitems;
};

static struct err decode(struct arena *a, const char *text, size_t len, struct document *d)
{
    struct json_in in = json_in_parse(a, text, len), inner, *item;

    d->name = json_in_str(&in, "name", 0, 300);
    d->note = json_in_str_or(&in, "note", 1, 8, NULL);
    d->id = json_in_id(&in, "id");
    d->count = json_in_int(&in, "count", -1000, 1000);
    d->any = json_in_int_or(&in, "any", INT64_MIN, INT64_MAX, 7);
    d->flag = json_in_bool_or(&in, "flag", true);
    inner = json_in_obj(&in, "inner");
    d->city = json_in_int(&inner, "city", 0, 9);
    d->nitems = json_in_list(&in, "items", 0, MAX_ITEMS, &item);
    for (size_t i = 0; i < d->nitems; i++)
        d->items[i] = json_in_int(&item[i], "n", 1, 9);
    return json_in_done_strict(&in);
}

static const char *encode(struct arena *a, const struct document *d)
{
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "name", d->name);
    json_out_str(&j, "note", d->note);
    json_out_str(&j, "id", d->id);
    json_out_int(&j, "count", d->count);
    json_out_int(&j, "any", d->any);
    json_out_bool(&j, "flag", d->flag);
    json_out_open(&j, "inner", '{');
    json_out_int(&j, "city", d->city);
    json_out_close(&j, '}');
    json_out_open(&j, "items", '[');
    for (size_t i = 0; i < d->nitems; i++) {
        json_out_open(&j, NULL, '{');
        json_out_int(&j, "n", d->items[i]);
        json_out_close(&j, '}');
    }
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    return json_out_text(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    struct document first = {0}, second = {0};
    struct err err = decode(a, (const char *)data, len, &first);

    if (err.code) {
        must(err.code == ERR_INVALID);
        fuzz_must_explain(a, err);
    } else {
        const char *text = encode(a, &first);

        must(fuzz_is_utf8(first.name));
        must(decode(a, text, strlen(text), &second).code == ERR_OK);
        must(strcmp(encode(a, &second), text) == 0);
        must(strcmp(first.name, second.name) == 0 && first.any == second.any);
    }
    arena_free(a);
    return 0;
}
