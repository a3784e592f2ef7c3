/* cookies — the cookies of one user. RFC 6265 5.3 and 5.4.
 *
 * Pure: knows addresses and moments, no network and no clock. A user without
 * cookies has no jar. Bounded by the three limits below, the oldest go first;
 * each operation is linear in what it is given, never in what was given before.
 * A cookie does not change, so a jar and the mark to which it can go back share
 * theirs. Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/url_parts.h"

struct buffer;
struct set_cookie;

/* Beside COOKIE_MAX_BYTES each: RFC 6265 6.1. */
enum { COOKIES_PER_DOMAIN_MAX = 50, COOKIES_MAX = 3000 };

enum { COOKIE_HOST_MAX_BYTES = 255 };

/* Where a request goes, as cookies see it. */
struct cookie_place {
    char host[COOKIE_HOST_MAX_BYTES + 1]; /* in lower case */
    bool is_address;
    bool is_secure;        /* over TLS, or to this machine by its usual names */
    struct url_slice path; /* of the address, perhaps empty */
};

/* False if the address is none, or longer than cookies can tell. The path
 * points into `url`. */
bool cookie_place_of(struct cookie_place *p, const char *url);

struct cookie {
    uint32_t refs;
    bool is_host_only;
    bool is_secure;
    uint64_t born;      /* a number that grows; kept when it is replaced */
    int64_t expires_ms; /* wall clock */
    size_t path_length, name_length, value_length;
    const char *domain, *path, *name, *value; /* in `text`, each with a NUL */
    char text[];
};

/* What a script wants to be in the jar. */
struct cookie_wish {
    struct url_slice domain; /* in any case */
    bool is_host_only;
    struct url_slice path, name, value;
    bool is_secure;
    int64_t expires_ms;
};

struct cookies;

struct cookies *cookies_new(void);
/* NULL is no jar. */
void cookies_free(struct cookies *jar);

/* What an answer from there says. Ignored where the RFC says so. */
void cookies_receive(struct cookies *jar, const struct cookie_place *from,
                     const struct set_cookie *c, int64_t now_ms);
void cookies_put(struct cookies *jar, const struct cookie_wish *c,
                 int64_t now_ms);
/* Removes those of that name; all if it is NULL. */
void cookies_clear(struct cookies *jar, const char *name);

/* The cookies that a request carries, in the order of 5.4; all that have not
 * expired, the oldest first, if `to` is NULL. The list is good until the jar is
 * used again. */
size_t cookies_for(struct cookies *jar, const struct cookie_place *to,
                   int64_t now_ms, const struct cookie *const **list);

/* What the jar holds now is what cookies_rewind goes back to. */
void cookies_mark(struct cookies *jar);
void cookies_rewind(struct cookies *jar);

/* "a=1; b=2" as a Cookie header has it. */
void cookie_text_add(struct buffer *text, const char *name, size_t name_length,
                     const char *value, size_t value_length);
bool cookie_text_has(const struct buffer *text, const char *name,
                     size_t length);
void cookie_text_remove(struct buffer *text, const char *name, size_t length);
