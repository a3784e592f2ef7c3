/* message — a request as the shop sees it, and the reply it gives.
 *
 * Knows no sockets and no libmicrohttpd. A request borrows everything from the
 * connection; a reply owns its body unless it says otherwise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct text;

struct request {
    const char *id;            /* what stands for :id in the path, or NULL */
    const char *page;          /* query parameter, or NULL */
    const char *authorization; /* header, or NULL */
    const char *body;          /* NULL if empty */
    size_t body_bytes;
    int64_t now_s; /* wall clock, for tokens */
};

struct reply {
    unsigned status;
    void *body;
    size_t body_bytes;
    bool body_is_owned; /* by malloc; else it outlives the server */
    const char *content_type;
    const char *header; /* one more header, or NULL; static */
    const char *header_value;
};

/* {"error": "..."}; the text needs no JSON escapes. */
void reply_error(struct reply *r, unsigned status, const char *text);

/* Consumes the value; NULL, as from a failed json_pack, becomes a 500. */
void reply_json(struct reply *r, unsigned status, json_t *value);

/* Borrows a text that outlives the server. */
void reply_text(struct reply *r, unsigned status, const struct text *text);
void reply_free(struct reply *r);

/* A whole number of at most 15 digits, and nothing else. */
bool parse_number(const char *text, uint64_t *out);
