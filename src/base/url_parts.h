/* url_parts — what an address consists of, and where a reference leads.
 *
 * RFC 3986: the split is that of appendix B, resolution that of 5.2. Slices
 * point into the text that was split. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

struct url_slice {
    const char *at; /* NULL: there is no such part */
    size_t length;
};

struct url_parts {
    struct url_slice scheme;    /* without ":" */
    struct url_slice authority; /* without "//" */
    struct url_slice path;      /* always there, perhaps empty */
    struct url_slice query;     /* without "?" */
    struct url_slice fragment;  /* without "#" */
};

/* Any text has parts; that says nothing about their contents. */
void url_split(struct url_parts *parts, const char *text, size_t length);
/* Appends what `reference` means on the page `base`. */
void url_resolve(struct buffer *out, const char *base, const char *reference,
                 size_t length);

/* Whom an address of http or https asks. */
struct url_origin {
    bool is_secure;
    bool is_address;       /* the host is an IP address */
    struct url_slice host; /* without brackets */
    uint16_t port;
};

/* False for other schemes, without a host, and for a port that is none. */
bool url_origin_of(struct url_origin *o, const struct url_parts *parts);
bool url_origin_equals(const struct url_origin *a, const struct url_origin *b);
