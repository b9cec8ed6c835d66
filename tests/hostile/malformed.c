/* malformed.c - the table of requests that are none, and what the gateway answers. Behind
 * each comes a good-bye, which is answered 404 where the connection was kept. */
#include "malformed.h"

#define POST   "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
#define GET    "GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\n"
#define ASK    " HTTP/1.1\r\nHost: x\r\n\r\n"
#define CHUNK  POST "Transfer-Encoding: chunked\r\n\r\n"
#define SAY(s) s, sizeof(s) - 1

/* clang-format off */
const struct malformed malformed_list[] = {
    /* Two lengths, or none that can be trusted: RFC 9112, 6.1 and 6.3. */
    {"length and chunks",       SAY(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"chunks and length",       SAY(POST "Transfer-Encoding: chunked\r\nContent-Length: " LENGTH "\r\n\r\n0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"chunks twice",            SAY(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"xchunked",                SAY(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED), {501}, 0, 0},
    {"identity, chunked",       SAY(POST "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" SMUGGLED), {501}, 0, 0},
    {"chunked, identity",       SAY(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" SMUGGLED), {501}, 0, 0},
    {"chunked behind a tab",    SAY(POST "Transfer-Encoding:\tchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED), {501}, 0, 0},
    {"chunked behind a vt",     SAY(POST "Transfer-Encoding: \vchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED), {501}, 0, 0},
    {"a blank before the colon",SAY(POST "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a tab before the colon",  SAY(POST "Content-Length\t: 5\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a folded header",         SAY(POST "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), {400}, 0, 0}, /* libmicrohttpd 0.9.75 hides it from us */
    {"two lengths",             SAY(POST "Content-Length: 0\r\nContent-Length: " LENGTH "\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"one length twice",        SAY(POST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a list of lengths",       SAY(POST "Content-Length: 0, " LENGTH "\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a negative length",       SAY(POST "Content-Length: -1\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a length with a sign",    SAY(POST "Content-Length: +0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a hexadecimal length",    SAY(POST "Content-Length: 0x0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"an empty length",         SAY(POST "Content-Length: \r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a length above 2^64",     SAY(POST "Content-Length: 18446744073709551616\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a length below 2^64",     SAY(POST "Content-Length: 9223372036854775807\r\n\r\n" SMUGGLED), {413}, 0, 0},

    /* Chunks that are none: RFC 9112, 7.1. */
    {"a negative chunk",        SAY(CHUNK "-1\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a chunk above 2^64",      SAY(CHUNK "10000000000000002\r\n{}\r\n0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a chunk with a prefix",   SAY(CHUNK "0x2\r\n{}\r\n0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a chunk without an end",  SAY(CHUNK "2\r\n{}XX0\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"no chunk at all",         SAY(CHUNK SMUGGLED), {400}, 0, 0},

    /* A request in the body of another is a body: here "not one JSON object", there a
     * token is missing, and then comes the good-bye. */
    {"a request as a body",     SAY(POST "Content-Length: " LENGTH "\r\n\r\n" SMUGGLED), {400, 404}, 0, 0},
    {"a body to a GET",         SAY(GET "Content-Length: " LENGTH "\r\n\r\n" SMUGGLED), {401, 404}, 0, 0},
    {"a chunk's extension",     SAY(CHUNK "2;x=\"y\"\r\n{}\r\n0\r\n\r\n"), {400, 404}, 0, 0},
    {"a chunk's trailer",       SAY(CHUNK "2\r\n{}\r\n0\r\nContent-Length: " LENGTH "\r\n\r\n"), {400, 404}, 0, 0},
    {"an unknown expectation",  SAY(POST "Expect: more\r\nContent-Length: 2\r\n\r\n{}"), {400, 404}, 0, 0},
    {"an upgrade to HTTP/2",    SAY(GET "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n\r\n"), {401, 404}, 0, 0},

    /* Headers. */
    {"a header without a name", SAY(GET ": x\r\n\r\n"), {400}, 0, 0},
    {"a header without a colon",SAY(GET "Nonsense\r\n\r\n"), {401, 404}, 0, 0},
    {"a NUL in a header",       SAY(GET "X-A: a\0b\r\n\r\n"), {400}, 0, 0},
    {"two content types", SAY(POST "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"), {400, 404}, 0, 0},
    {"two hosts",               SAY(GET "Host: y\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"no host",                 SAY("GET /api/v1/users/me HTTP/1.1\r\n\r\n" SMUGGLED), {400}, 0, 0},
    {"a long header",           SAY(GET "X-A: "), {431}, "aaaaaaaaaaaaaaaa", 4000},
    {"many headers",            SAY(GET), {431}, "X-A: aaaaaaaa\r\n", 4000},
    {"a long target",           SAY("GET /api/v1/users?"), {414}, "aaaaaaaaaaaaaaaa", 4000},
    {"a long method",           SAY(""), {414}, "AAAAAAAAAAAAAAAA", 4000},

    /* Other protocols, other versions. */
    {"HTTP/0.9",                SAY("GET /api/v1/products\r\n"), {0}, 0, 0},
    {"HTTP/1.0",                SAY("GET /api/v1/users/me HTTP/1.0\r\n\r\n" SMUGGLED), {401}, 0, 0},
    {"HTTP/2's preface",        SAY("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"), {400}, 0, 0},
    {"HTTP/2.0",                SAY("GET /api/v1/products HTTP/2.0\r\nHost: x\r\n\r\n"), {505}, 0, 0},
    {"a TLS hello",             SAY("\26\3\1\0\240\1\0\0\234\3\3\21\22\23\24\25\26\27\30\0\0\n\n"), {400}, 0, 0},
    {"garbage behind a request",SAY(GET "\r\n" "\377\376 garbage\r\n\r\n" SMUGGLED), {401, 400}, 0, 0},
    {"a proxy's CONNECT",       SAY("CONNECT x:80" ASK), {400}, 0, 0},

    /* Ways to /internal. */
    {"absolute form",           SAY("GET http://x/internal/products?skus=WB-MUG" ASK), {404, 404}, 0, 0},
    {"absolute form, slashes",  SAY("GET http://x//internal/products?skus=WB-MUG" ASK), {400}, 0, 0},
    {"double slash",            SAY("GET //internal/products?skus=WB-MUG" ASK), {400}, 0, 0},
    {"dots",                    SAY("GET /api/v1/users/../../../internal/products?skus=WB-MUG" ASK), {400}, 0, 0},
    {"encoded dots",            SAY("GET /api/v1/users/%2e%2e/%2e%2e/%2E%2e/internal/products?skus=WB-MUG" ASK), {400}, 0, 0},
    {"encoded slashes",         SAY("GET /api/v1/users/..%2f..%2f..%2finternal/products?skus=WB-MUG" ASK), {400}, 0, 0},
    {"encoded twice",           SAY("GET /api/v1/users/%252e%252e/%252e%252e/internal/products?skus=WB-MUG" ASK), {404, 404}, 0, 0},
    {"backslashes",             SAY("GET /api/v1/users/..\\..\\..\\internal\\products?skus=WB-MUG" ASK), {400}, 0, 0},
    {"encoded backslashes",     SAY("GET /api/v1/users/..%5c..%5C..%5cinternal" ASK), {400}, 0, 0},
    {"an encoded letter",       SAY("GET /%69nternal/products?skus=WB-MUG" ASK), {404, 404}, 0, 0},
    {"parameters of a path",    SAY("GET /api/v1/users/..;/..;/..;/internal/products" ASK), {404, 404}, 0, 0},
    {"a fragment",              SAY("GET /internal/products?skus=WB-MUG#/api/v1/users" ASK), {404, 404}, 0, 0},
    {"an encoded NUL",          SAY("GET /api/v1/users%00/../../internal/products" ASK), {400}, 0, 0},
    {"an encoded line",         SAY("GET /api/v1/users%0d%0aX:/internal/products" ASK), {404, 404}, 0, 0},
    {"a blank in the target",   SAY("GET /internal/products?skus=WB-MUG /api/v1/users" ASK), {400}, 0, 0},
    {"a rewritten target",      SAY("GET /api/v1/users/me HTTP/1.1\r\nHost: x\r\nX-Original-URL: /internal/products\r\nX-Rewrite-URL: /internal/products\r\n\r\n"), {401, 404}, 0, 0},
};
/* clang-format on */
const size_t malformed_n = sizeof(malformed_list) / sizeof(malformed_list[0]);
