#include "io/h1_origin.h"

#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/url.h"
#include "io/resolver.h"

enum { MANY_ORIGINS = 1024, HOST_MAX_BYTES = 255 };
static const int64_t ADDRESSES_LIVE_NS = 60 * NS_PER_S;

void h1_origins_init(struct h1_origins *t, const char *const *resolve,
                     const char *const *connect_to)
{
    t->resolve = resolve;
    t->connect_to = connect_to;
    t->count = 0;
    for (size_t i = 0; i < H1_ORIGIN_BUCKETS; i++)
        list_init(&t->buckets[i]);
}

static void origin_free(struct h1_origin *o)
{
    o->table->count--;
    list_remove(&o->link);
    addresses_unref(o->addresses);
    free(o->prefix);
    free(o->host);
    free(o->to_host);
    free(o->host_line);
    free(o);
}

static void sweep(struct h1_origins *t, bool all)
{
    for (size_t i = 0; i < H1_ORIGIN_BUCKETS; i++) {
        struct list *head = &t->buckets[i], *next;
        for (struct list *l = head->next; l != head; l = next) {
            struct h1_origin *o = list_entry(l, struct h1_origin, link);
            next = l->next;
            if (all || !o->refs)
                origin_free(o);
        }
    }
}

void h1_origins_fini(struct h1_origins *t)
{
    sweep(t, true);
}

/* ------------------------------------------------------- parts of an address
 */

/* host[:port] or [v6][:port]; false for anything else. */
static bool split_authority(struct h1_origin *o, const char *text, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    const char *end = text + size, *host = text, *host_end;
    if (size && *text == '[') {
        host_end = memchr(text, ']', size);
        if (!host_end)
            return false;
        host++;
        text = host_end + 1;
    } else {
        host_end = host + strspn(host, plain);
        text = host_end;
    }
    if (host_end == host || host_end - host > HOST_MAX_BYTES)
        return false;
    o->host = xmemdup(host, (size_t)(host_end - host));
    if (text == end)
        return true;
    unsigned port = 0;
    for (const char *at = text + 1; at < end && port <= UINT16_MAX; at++)
        port = *at >= '0' && *at <= '9' ? port * 10 + (unsigned)(*at - '0')
                                        : UINT16_MAX + 1;
    if (*text != ':' || port > UINT16_MAX)
        return false;
    if (text + 1 < end) /* "host:" means the usual port */
        o->port = (uint16_t)port;
    return o->port != 0;
}

static uint16_t usual_port(const struct h1_origin *o)
{
    return o->is_secure ? 443 : 80;
}

/* RFC 9110 7.2: the port is left out where it is the usual one. */
static void make_host_line(struct h1_origin *o, bool has_brackets)
{
    struct buffer line = {0};
    buffer_printf(&line, has_brackets ? "Host: [%s]" : "Host: %s", o->host);
    if (o->port != usual_port(o))
        buffer_printf(&line, ":%u", o->port);
    buffer_add(&line, "\r\n", 2);
    o->host_line_bytes = line.size;
    o->host_line = xmemdup(line.data, line.size);
    buffer_fini(&line);
}

/* Where the port of an entry "host:port…" for that host begins, or NULL. */
static const char *port_of_entry(const char *entry, const char *host)
{
    size_t length = strlen(host);
    return strncasecmp(entry, host, length) == 0 && entry[length] == ':'
               ? entry + length + 1
               : NULL;
}

/* The addresses given for where it is connected to, if there are any; the last
 * entry counts. */
static bool use_resolve(struct h1_origin *o)
{
    const char *const *list = o->table->resolve;
    bool is_given = false;
    for (size_t i = 0; list && list[i]; i++) {
        char *end;
        const char *port = port_of_entry(list[i], o->to_host);
        if (!port || strtol(port, &end, 10) != o->to_port || *end != ':')
            continue;
        addresses_unref(o->addresses);
        o->addresses = addresses_parse(end + 1, o->to_port);
        o->is_declined = !o->addresses;
        is_given = true;
    }
    return is_given;
}

/* "host:port:to-host:to-port", to-host in brackets if it is an address of
 * IPv6. False: it is for others. */
static bool use_connect_to(struct h1_origin *o, const char *entry)
{
    char *end;
    const char *port = port_of_entry(entry, o->host);
    if (!port)
        return false;
    long number = strtol(port, &end, 10);
    if (*end != ':' || (end != port && number != o->port))
        return false;
    const char *host = end + 1, *colon = strrchr(host, ':');
    size_t length = (size_t)(colon - host);
    if (*host == '[') {
        host++;
        length -= 2;
    }
    free(o->to_host);
    o->to_host = xmemdup(host, length);
    if (colon[1])
        o->to_port = (uint16_t)strtol(colon + 1, NULL, 10);
    return true;
}

static bool is_literal(const char *host)
{
    struct addresses *a = addresses_parse(host, 0);
    addresses_unref(a);
    return a != NULL;
}

/* The first entry of connect_to that fits counts. */
static void find_fixed_addresses(struct h1_origin *o, bool has_brackets)
{
    const char *const *list = o->table->connect_to;
    o->is_literal = is_literal(o->host);
    o->is_declined = has_brackets && !o->is_literal;
    o->expires_ns = INT64_MAX;
    o->to_host = xstrdup(o->host);
    o->to_port = o->port;
    if (use_resolve(o))
        return;
    for (size_t i = 0; list && list[i]; i++)
        if (use_connect_to(o, list[i]))
            break;
    o->addresses = addresses_parse(o->to_host, o->to_port);
    use_resolve(o);
}

static struct h1_origin *origin_new(struct h1_origins *t, const char *url,
                                    size_t prefix_bytes)
{
    struct h1_origin *o = xcalloc(1, sizeof *o);
    o->table = t;
    o->prefix = xmemdup(url, prefix_bytes);
    o->prefix_bytes = prefix_bytes;
    list_init(&o->waiting);
    o->is_secure = prefix_bytes > 4 && (url[4] | 0x20) == 's';
    o->port = usual_port(o);
    size_t scheme = o->is_secure ? strlen("https://") : strlen("http://");
    if (!url_is_absolute(url) ||
        !split_authority(o, o->prefix + scheme, prefix_bytes - scheme)) {
        o->is_declined = true;
        return o;
    }
    bool has_brackets = o->prefix[scheme] == '[';
    make_host_line(o, has_brackets);
    find_fixed_addresses(o, has_brackets);
    return o;
}

/* -------------------------------------------------------------------- table */

/* FNV-1a. */
static struct list *bucket_of(struct h1_origins *t, const char *text,
                              size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619u;
    return &t->buckets[hash % H1_ORIGIN_BUCKETS];
}

struct h1_origin *h1_origin_of(struct h1_origins *t, const char *url)
{
    size_t prefix_bytes = (size_t)(url_path(url) - url);
    struct list *bucket = bucket_of(t, url, prefix_bytes);
    for (struct list *l = bucket->next; l != bucket; l = l->next) {
        struct h1_origin *o = list_entry(l, struct h1_origin, link);
        if (o->prefix_bytes == prefix_bytes && h1_origin_is_of(o, url))
            return h1_origin_ref(o);
    }
    if (t->count >= MANY_ORIGINS)
        sweep(t, false);
    struct h1_origin *o = origin_new(t, url, prefix_bytes);
    list_append(bucket, &o->link);
    t->count++;
    return h1_origin_ref(o);
}

struct h1_origin *h1_origin_ref(struct h1_origin *o)
{
    o->refs++;
    return o;
}

void h1_origin_unref(struct h1_origin *o)
{
    o->refs--;
}

/* ------------------------------------------------------------------- lookup */

bool h1_origin_has_addresses(const struct h1_origin *o, int64_t now_ns)
{
    return o->addresses && now_ns < o->expires_ns;
}

static void on_answer(void *arg, struct addresses *found, const char *problem)
{
    struct h1_origin *o = arg;
    o->is_looking_up = false;
    if (found) {
        addresses_unref(o->addresses);
        o->addresses = addresses_ref(found);
        o->expires_ns = clock_now_ns() + ADDRESSES_LIVE_NS;
    }
    struct list due, *l;
    list_move_all(&o->waiting, &due);
    while ((l = list_take(&due)))
        o->found(l, problem);
    h1_origin_unref(o);
}

void h1_origin_look_up(struct h1_origin *o, struct resolver *r,
                       struct list *waiting,
                       void (*found)(struct list *waiting, const char *problem))
{
    o->found = found;
    list_append(&o->waiting, waiting);
    if (o->is_looking_up)
        return;
    o->is_looking_up = true;
    h1_origin_ref(o);
    resolver_ask(r, o->to_host, o->to_port, on_answer, o);
}
