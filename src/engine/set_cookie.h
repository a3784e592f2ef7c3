/* set_cookie — what a Set-Cookie header says. RFC 6265 5.1.1 and 5.2.
 *
 * Pure. Slices point into the header. What servers send is read as leniently
 * as the RFC wants it; limits and control characters are those of its
 * successor, draft-ietf-httpbis-rfc6265bis. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/url_parts.h"

enum {
    COOKIE_MAX_BYTES = 4096, /* name and value together */
    COOKIE_ATTRIBUTE_MAX_BYTES = 1024
};

static const int64_t COOKIE_NEVER_EXPIRES = INT64_MAX;

struct set_cookie {
    struct url_slice name; /* never empty */
    struct url_slice value;
    struct url_slice domain; /* without the dot in front; `at` NULL: none */
    struct url_slice path;   /* begins with a slash; `at` NULL: none */
    int64_t expires_ms;      /* wall clock; in the past: it is to go */
    bool is_secure;
};

/* False if it is to be ignored. */
bool set_cookie_parse(struct set_cookie *c, const char *text, size_t length,
                      int64_t now_ms);
/* A date as servers write them; false if it is none. */
bool set_cookie_date(const char *text, size_t length, int64_t *wall_ms);

/* Whether a cookie may be called so, or have that value, in a Cookie header. */
bool cookie_name_is_valid(const char *name, size_t length);
bool cookie_value_is_valid(const char *value, size_t length);
