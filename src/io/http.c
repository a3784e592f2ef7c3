#include "io/http.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/blocklist.h"
#include "io/source.h"
#include "io/transport_curl.h"
#include "io/transport_h1.h"

enum { CURL, H1, TRANSPORTS };

static const struct transport *const transports[TRANSPORTS] = {
    [CURL] = &transport_curl, [H1] = &transport_h1};

struct http_client {
    enum http_transport choice;
    struct http_counts counts;
    void *parts[TRANSPORTS];     /* owned */
    struct blocklist *blocklist; /* owned; NULL if no host is blocked */
};

struct http_user {
    struct http_client *client; /* borrowed */
    uint32_t number;
    void *parts[TRANSPORTS]; /* owned; NULL until first used */
};

const char *http_failure_name(enum http_failure failure)
{
    static const char *const names[HTTP_FAILURES] = {
        [HTTP_OK] = "ok",
        [HTTP_TIMEOUT] = "timeout",
        [HTTP_REFUSED] = "refused",
        [HTTP_UNREACHABLE] = "unreachable",
        [HTTP_RESET] = "reset",
        [HTTP_CLOSED] = "closed",
        [HTTP_DNS] = "dns",
        [HTTP_TLS] = "tls",
        [HTTP_PROTOCOL] = "protocol",
        [HTTP_DECODING] = "decoding",
        [HTTP_TOO_LARGE] = "too_large",
        [HTTP_TOO_MANY_REDIRECTS] = "too_many_redirects",
        [HTTP_CUT_OFF] = "cut_off",
        [HTTP_OTHER] = "other",
    };
    return names[failure];
}

const char *http_proto_name(enum http_proto proto)
{
    static const char *const names[HTTP_PROTOS] = {
        [HTTP_PROTO_NONE] = "",
        [HTTP_PROTO_1_0] = "HTTP/1.0",
        [HTTP_PROTO_1_1] = "HTTP/1.1",
        [HTTP_PROTO_2] = "h2"};
    return names[proto];
}

int64_t http_timings_duration_ns(const struct http_timings *t)
{
    return t->phase_ns[HTTP_SENDING] + t->phase_ns[HTTP_WAITING] +
           t->phase_ns[HTTP_RECEIVING];
}

/* See connect(2) and socket(2). */
static bool is_exhaustion(int error)
{
    return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE ||
           error == ENOBUFS || error == ENOMEM;
}

enum http_failure http_failure_from_errno(int error, struct http_counts *counts)
{
    counts->exhausted += is_exhaustion(error);
    switch (error) {
    case ECONNREFUSED:
        return HTTP_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
        return HTTP_UNREACHABLE;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return HTTP_RESET;
    case ETIMEDOUT:
        return HTTP_TIMEOUT;
    default:
        return HTTP_OTHER;
    }
}

bool http_source_check(const char *text, struct error *err)
{
    struct source source;
    return source_parse(&source, text, err) && source_check(&source, err);
}

bool http_request_is_idempotent(const struct http_request *r)
{
    static const char *const names[] = {"GET",    "HEAD",    "PUT",
                                        "DELETE", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], r->method) == 0)
            return true;
    return false;
}

/* ---------------------------------------------------------------- dispatch */

bool http_global_init(struct error *err)
{
    return transport_curl_global_init(err);
}

void http_global_fini(void)
{
    transport_curl_global_fini();
}

struct http_client *http_client_open(struct loop *loop,
                                     const struct http_options *options,
                                     struct error *err)
{
    struct http_client *c = xcalloc(1, sizeof *c);
    bool is_for_curl = options->http2 || options->proxy;
    c->choice = is_for_curl ? HTTP_TRANSPORT_CURL : options->transport;
    if (options->blocked && options->blocked[0])
        c->blocklist = blocklist_open(loop, options->blocked);
    for (int i = 0; i < TRANSPORTS; i++) {
        c->parts[i] =
            transports[i]->client_open(loop, options, &c->counts, err);
        if (!c->parts[i]) {
            http_client_close(c);
            return NULL;
        }
    }
    return c;
}

void http_client_close(struct http_client *c)
{
    for (int i = 0; i < TRANSPORTS; i++)
        if (c->parts[i])
            transports[i]->client_close(c->parts[i]);
    if (c->blocklist)
        blocklist_close(c->blocklist);
    free(c);
}

struct http_counts http_client_take_counts(struct http_client *c)
{
    struct http_counts counts = c->counts;
    c->counts = (struct http_counts){0};
    return counts;
}

struct http_user *http_user_open(struct http_client *c, uint32_t number)
{
    struct http_user *u = xcalloc(1, sizeof *u);
    u->client = c;
    u->number = number;
    return u;
}

void http_user_disconnect(struct http_user *u)
{
    for (int i = 0; i < TRANSPORTS; i++)
        if (u->parts[i])
            transports[i]->user_disconnect(u->parts[i]);
}

void http_user_close(struct http_user *u)
{
    for (int i = 0; i < TRANSPORTS; i++)
        if (u->parts[i])
            transports[i]->user_close(u->parts[i]);
    free(u);
}

static struct http_exchange *start_by(struct http_user *u, int which,
                                      const struct http_request *request,
                                      http_done *done, void *arg)
{
    const struct transport *t = transports[which];
    if (!u->parts[which])
        u->parts[which] = t->user_open(u->client->parts[which], u->number);
    return t->start(u->parts[which], request, done, arg);
}

struct http_exchange *http_start(struct http_user *u,
                                 const struct http_request *request,
                                 http_done *done, void *arg)
{
    struct http_exchange *x = NULL;
    if (u->client->blocklist)
        x = blocklist_start(u->client->blocklist, request, done, arg);
    if (!x && (u->client->choice != HTTP_TRANSPORT_CURL || request->switches))
        x = start_by(u, H1, request, done, arg);
    return x ? x : start_by(u, CURL, request, done, arg);
}

void http_cancel(struct http_exchange *x)
{
    x->transport->cancel(x);
}

void http_hold(struct http_exchange *x, bool is_held)
{
    x->transport->hold(x, is_held);
}

bool http_multiplexes(const struct http_user *u, const char *url)
{
    for (int i = 0; i < TRANSPORTS; i++)
        if (transports[i]->multiplexes &&
            transports[i]->multiplexes(u->client->parts[i], url))
            return true;
    return false;
}
