/* h1_origin — where requests go: scheme, host and port, and its addresses.
 *
 * One for each distinct beginning of an address ("http://host:port"), shared
 * by all users of a client, held by reference count. Unused ones are dropped
 * when there are many. Addresses are kept for a minute. Loop's thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/list.h"

struct addresses;
struct resolver;

struct h1_origin {
    struct list link; /* in its bucket */
    struct h1_origins *table;
    unsigned refs;
    bool is_declined; /* h1 cannot go there */
    bool is_secure;
    bool is_literal; /* the host is an IP address */
    char *prefix;    /* owned: as requests write it */
    size_t prefix_bytes;
    char *host; /* owned: without brackets */
    uint16_t port;
    char *to_host; /* owned: where it is connected to; the same as a rule */
    uint16_t to_port;
    char *host_line; /* owned: "Host: …\r\n" */
    size_t host_line_bytes;
    struct addresses *addresses; /* ref; NULL until looked up */
    int64_t expires_ns;
    bool is_looking_up;
    struct list waiting; /* whoever waits for the addresses */
    /* Runs for each of `waiting`, taken out of it. `problem` is NULL once there
     * are addresses. */
    void (*found)(struct list *waiting, const char *problem);
};

enum { H1_ORIGIN_BUCKETS = 256 };

struct h1_origins {
    struct list buckets[H1_ORIGIN_BUCKETS];
    size_t count;
    const char *const *resolve;    /* borrowed: "host:port:addr", or NULL */
    const char *const *connect_to; /* borrowed: see http_options, or NULL */
};

void h1_origins_init(struct h1_origins *t, const char *const *resolve,
                     const char *const *connect_to);
/* No origin may be in use, but for lookups that were forgotten. */
void h1_origins_fini(struct h1_origins *t);
/* The origin of a request, with a reference for the caller. */
struct h1_origin *h1_origin_of(struct h1_origins *t, const char *url);
struct h1_origin *h1_origin_ref(struct h1_origin *o);
void h1_origin_unref(struct h1_origin *o);
bool h1_origin_has_addresses(const struct h1_origin *o, int64_t now_ns);
/* Puts `waiting` on the list; `found` runs from the loop. */
void h1_origin_look_up(struct h1_origin *o, struct resolver *r,
                       struct list *waiting,
                       void (*found)(struct list *waiting,
                                     const char *problem));

static inline bool h1_origin_is_of(const struct h1_origin *o, const char *url)
{
    return strncmp(url, o->prefix, o->prefix_bytes) == 0 &&
           strchr("/?#", url[o->prefix_bytes]);
}
