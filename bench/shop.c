/* shop.c - who buys what in the bench. */
#include "shop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "ask.h"
#include "auth.h"
#include "clock.h"
#include "world.h"

enum { STOCK = 900000000, TOKEN_TTL_S = 7200, MAX_PEM = 4096 };

static const char *private_key(void)
{
    static char pem[MAX_PEM];
    FILE *f = *pem ? NULL : fopen(world_env("JWT_PRIVATE_KEY_FILE"), "r");

    if (f) {
        pem[fread(pem, 1, sizeof(pem) - 1, f)] = '\0';
        fclose(f);
    }
    return pem;
}

const char *shop_token(const char *user_id)
{
    const struct principal p = {user_id, ROLE_CUSTOMER};
    struct arena *a = arena_new();
    const char *token = NULL, *copy;
    struct err err = auth_sign(a, private_key(), &p, TOKEN_TTL_S, &token);

    if (err.code)
        die("cannot sign a token: %s", err.msg);
    copy = text("%s", token);
    arena_free(a);
    return copy;
}

/* Up to 'n' values of the query's first column; how many there are. */
static size_t some(const char *service, const char *sql, const char *list[], size_t n)
{
    PGresult *res = ask(service, sql, NULL);
    size_t there = (size_t)PQntuples(res) < n ? (size_t)PQntuples(res) : n;

    for (size_t i = 0; i < there; i++)
        list[i] = text("%s", PQgetvalue(res, (int)i, 0));
    PQclear(res);
    return there;
}

const struct shop *shop_open(void)
{
    static struct shop s;
    size_t i;

    if (s.skus[SHOP_PRODUCTS - 1])
        return &s;
    i = some("user", "SELECT id FROM users WHERE email LIKE 'customer-%@example.com' LIMIT 20",
             s.tokens, SHOP_CUSTOMERS);
    for (; i < SHOP_CUSTOMERS; i++)
        s.tokens[i] = customer_new().id;
    for (i = 0; i < SHOP_CUSTOMERS; i++)
        s.tokens[i] = shop_token(s.tokens[i]);
    i = some("inventory", "SELECT sku FROM products WHERE sku LIKE 'T-%' LIMIT 100", s.skus,
             SHOP_PRODUCTS);
    for (; i < SHOP_PRODUCTS; i++)
        s.skus[i] = product_new(1000 + (int64_t)i, STOCK, true);
    return &s;
}

size_t shop_order(char *text, size_t room)
{
    static int64_t run; /* tells this program's keys from those of others */
    static size_t n;
    const struct shop *s = shop_open();
    char body[256];
    int len;

    if (!run)
        run = clock_now_ms();
    n++;
    len = snprintf(body, sizeof(body),
                   "{\"lines\":[{\"sku\":\"%s\",\"quantity\":%zu}],\"payment_method\":\"pm_ok\"}",
                   s->skus[n * 31 % SHOP_PRODUCTS], n % 3 + 1);
    len = snprintf(text, room,
                   "POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                   "Authorization: Bearer %s\r\nIdempotency-Key: bench-%" PRId64 "-%zu\r\n"
                   "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                   s->tokens[n % SHOP_CUSTOMERS], run, n, len, body);
    return (size_t)len;
}

int port_of(const char *url_name)
{
    const char *colon = strrchr(world_env(url_name), ':');

    return colon ? (int)strtol(colon + 1, NULL, 10) : 0;
}
