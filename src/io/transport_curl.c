/* Exchanges over libcurl's multi interface, driven by libev.
 *
 * Each user has a share handle that owns its connections and TLS sessions
 * (a multi handle alone would let all users share connections); easy handles
 * are pooled and belong to an exchange while it lasts. See curl_multi_socket_
 * action(3), CURLMOPT_TIMERFUNCTION(3) and CURLSHOPT_SHARE(3).
 *
 * libcurl 7.88 calls a transfer ready (PRETRANSFER) when it has handed the
 * request, or its first part, to the socket: `sending` is from the connection's
 * being ready to that mark; what is left of a large upload is in `waiting`. */
#include "io/transport_curl.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <ev.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "io/curl.h"
#include "io/tls_settings.h"

enum {
    BODY_KEEP_BYTES = 64 * 1024, /* larger buffers are not kept */
    CONNECTIONS_PER_USER = 64
};

/* ---------------------------------------------------------------- exchanges */

void curl_finish_later(struct curl_exchange *x, CURLcode code)
{
    x->code = code;
    x->ended_ns = clock_now_ns();
    list_append(&x->client->finished, &x->link);
    loop_defer(x->client->loop, &x->client->dispatch);
}

void curl_fail(struct curl_exchange *x, CURLcode code, const char *message)
{
    snprintf(x->message, sizeof x->message, "%s", message);
    curl_finish_later(x, code);
}

static struct curl_exchange *exchange_new(struct curl_client *c)
{
    struct curl_exchange *x = xcalloc(1, sizeof *x);
    x->head.transport = &transport_curl;
    list_init(&x->link);
    list_init(&x->gate);
    loop_timer_init(&x->timeout, NULL);
    x->client = c;
    return x;
}

static void exchange_free(struct curl_exchange *x)
{
    buffer_fini(&x->headers);
    buffer_fini(&x->body);
    free(x);
}

static struct curl_exchange *exchange_take(struct curl_client *c)
{
    struct list *l = list_take(&c->idle);
    return l ? list_entry(l, struct curl_exchange, link) : exchange_new(c);
}

/* Takes it out of libcurl, hands the result over, and pools it. `done` may
 * close the user, so nothing of the user is held by then. */
static void exchange_end(struct curl_exchange *x, struct http_result *result)
{
    struct curl_client *c = x->client;
    if (x->begun_ns)
        curl_multi_remove_handle(c->multi, x->easy);
    curl_easy_setopt(x->easy, CURLOPT_SHARE, NULL);
    curl_gate_leave(x);
    x->done(x->arg, result);
    curl_easy_cleanup(x->easy);
    x->easy = NULL;
    curl_slist_free_all(x->header_lines);
    x->header_lines = NULL;
    buffer_trim(&x->headers, BODY_KEEP_BYTES);
    buffer_trim(&x->body, BODY_KEEP_BYTES);
    list_append(&c->idle, &x->link);
}

static void finish(struct curl_exchange *x)
{
    struct http_result result = {0};
    curl_result_fill(x, &result);
    exchange_end(x, &result);
}

static void on_dispatch(struct loop_task *t)
{
    struct curl_client *c = list_entry(t, struct curl_client, dispatch);
    struct list due, *l;
    list_move_all(&c->finished, &due);
    while ((l = list_take(&due)))
        finish(list_entry(l, struct curl_exchange, link));
}

/* An exchange that may open an HTTP/2 connection waits for those before it. */
static bool may_begin(struct curl_exchange *x)
{
    return !curl_offers_http2(x) || !x->client->keeps || curl_gate_pass(x);
}

static long timeout_ms(int64_t timeout_ns)
{
    int64_t ms = (timeout_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms > 0 ? (long)ms : 1;
}

void curl_begin(struct curl_exchange *x)
{
    int64_t waited_ns = 0;
    x->begun_ns = x->is_gated ? clock_now_ns() : x->started_ns;
    waited_ns = x->begun_ns - x->started_ns;
    x->is_gated = false;
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS,
                     timeout_ms(x->request->timeout_ns - waited_ns));
    curl_multi_add_handle(x->client->multi, x->easy);
}

static struct http_exchange *start(void *user,
                                   const struct http_request *request,
                                   http_done *done, void *arg)
{
    struct curl_user *u = user;
    struct curl_exchange *x = exchange_take(u->client);
    curl_handle_open(x);
    x->user = u;
    x->request = request;
    x->done = done;
    x->arg = arg;
    x->headers_ended = x->too_large = false;
    x->is_streamed = x->is_cancelled = x->is_held = false;
    x->is_gated = x->speaks_http2 = false;
    x->message[0] = '\0';
    x->sends = 0;
    x->handshake_ns = 0;
    x->begun_ns = 0;
    x->started_ns = clock_now_ns();
    buffer_clear(&x->headers);
    buffer_clear(&x->body);
    curl_handle_aim(x);
    if (may_begin(x))
        curl_begin(x);
    return &x->head;
}

/* Bytes that libcurl keeps meanwhile come from inside: with HTTP/2 up to the 32
 * MB that it lets a server send. Those of a transfer that is removed while it
 * is held, 7.88 loses track of. */
static void hold(struct http_exchange *exchange, bool is_held)
{
    struct curl_exchange *x = (struct curl_exchange *)exchange;
    x->is_held = is_held;
    curl_easy_pause(x->easy, is_held ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

static void cancel(struct http_exchange *exchange)
{
    struct curl_exchange *x = (struct curl_exchange *)exchange;
    list_remove(&x->link); /* it may have finished in this very turn */
    x->is_cancelled = true;
    x->ended_ns = clock_now_ns();
    if (x->is_held)
        hold(exchange, false);
    finish(x);
}

/* ----------------------------------------------------- users and the client */

static CURLSH *make_share(void)
{
    CURLSH *share = curl_share_init();
    if (!share)
        abort();
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return share;
}

static void set_interface(struct curl_user *u, uint32_t number)
{
    char text[INET6_ADDRSTRLEN];
    if (!u->client->source.count)
        return;
    union address a = source_of(&u->client->source, number);
    inet_ntop(a.any.sa_family,
              a.any.sa_family == AF_INET ? (void *)&a.v4.sin_addr
                                         : (void *)&a.v6.sin6_addr,
              text, sizeof text);
    snprintf(u->interface, sizeof u->interface, "host!%s", text);
}

static void *user_open(void *client, uint32_t number)
{
    struct curl_user *u = xcalloc(1, sizeof *u);
    u->client = client;
    u->share = make_share();
    curl_gate_open(u);
    set_interface(u, number);
    return u;
}

static void user_close(void *user)
{
    struct curl_user *u = user;
    curl_gate_close(u);
    curl_share_cleanup(u->share);
    free(u);
}

static void user_disconnect(void *user)
{
    struct curl_user *u = user;
    curl_share_cleanup(u->share);
    u->share = make_share();
}

static long family_of(const struct http_options *options)
{
    static const long families[] = {[HTTP_FAMILY_ANY] = CURL_IPRESOLVE_WHATEVER,
                                    [HTTP_FAMILY_IPV4] = CURL_IPRESOLVE_V4,
                                    [HTTP_FAMILY_IPV6] = CURL_IPRESOLVE_V6};
    return families[options->family];
}

static void append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);
    if (!longer)
        abort();
    *list = longer;
}

/* Where an address is given for a host and port, they are connected to
 * themselves: `resolve` goes before `connect_to`, whose first entry counts. */
static void set_addresses(struct curl_client *c,
                          const struct http_options *options)
{
    const char *const *resolve = options->resolve;
    const char *const *connect_to = options->connect_to;
    struct buffer line = {0};
    for (size_t i = 0; resolve && resolve[i]; i++) {
        size_t host = strcspn(resolve[i], ":") + 1;
        int whole = (int)(host + strcspn(resolve[i] + host, ":"));
        append(&c->resolve, resolve[i]);
        buffer_clear(&line);
        buffer_printf(&line, "%.*s:%.*s", whole, resolve[i], whole, resolve[i]);
        if (connect_to && connect_to[0])
            append(&c->connect_to, buffer_text(&line));
    }
    buffer_fini(&line);
    for (size_t i = 0; connect_to && connect_to[i]; i++)
        append(&c->connect_to, connect_to[i]);
}

static bool multiplexes(void *client, const char *url)
{
    struct curl_client *c = client;
    return c->keeps && curl_gate_proto(c, url) == HTTP_PROTO_2;
}

static void client_close(void *client);

static void *client_open(struct loop *loop, const struct http_options *options,
                         struct http_counts *counts, struct error *err)
{
    struct curl_client *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->counts = counts;
    c->insecure = options->insecure;
    c->offers_http2 = options->http2;
    c->keeps = options->reuse != HTTP_REUSE_NONE;
    c->resumes = !options->no_resumption;
    list_init(&c->finished);
    list_init(&c->idle);
    curl_events_init(c);
    loop_task_init(&c->dispatch, on_dispatch);
    c->proxy = xstrdup(options->proxy ? options->proxy : "");
    c->family = family_of(options);
    set_addresses(c, options);
    if (options->tls && options->tls->ca)
        c->ca = xstrdup(options->tls->ca);
    c->multi = curl_multi_init();
    if (!c->multi)
        error_set(err, "libcurl cannot start a multi handle");
    if (options->tls)
        c->settings = tls_settings_open(options->tls, err);
    if (!c->multi || (options->tls && !c->settings) ||
        !source_parse(&c->source, options->source, err)) {
        client_close(c);
        return NULL;
    }
    curl_events_connect(c);
    curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS,
                      (long)CONNECTIONS_PER_USER);
    return c;
}

static void client_close(void *client)
{
    struct curl_client *c = client;
    struct list *l;
    while ((l = list_take(&c->idle)))
        exchange_free(list_entry(l, struct curl_exchange, link));
    if (c->multi)
        curl_multi_cleanup(c->multi);
    curl_events_fini(c);
    loop_task_cancel(&c->dispatch);
    curl_slist_free_all(c->resolve);
    curl_slist_free_all(c->connect_to);
    curl_gate_forget(c);
    free(c->proxy);
    tls_settings_close(c->settings);
    free(c->ca);
    free(c);
}

const struct transport transport_curl = {.client_open = client_open,
                                         .client_close = client_close,
                                         .user_open = user_open,
                                         .user_close = user_close,
                                         .user_disconnect = user_disconnect,
                                         .start = start,
                                         .cancel = cancel,
                                         .hold = hold,
                                         .multiplexes = multiplexes};

bool transport_curl_global_init(struct error *err)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK ||
           error_set(err, "libcurl: %s", curl_easy_strerror(code));
}

void transport_curl_global_fini(void)
{
    curl_global_cleanup();
}
