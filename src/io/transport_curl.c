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
#include <strings.h>

#include <curl/curl.h>
#include <ev.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "io/curl.h"
#include "io/tls_settings.h"

enum {
    HEADERS_MAX_BYTES = 256 * 1024,
    BODY_KEEP_BYTES = 64 * 1024, /* larger buffers are not kept */
    CONNECTIONS_PER_USER = 64
};

struct socket_watch {
    struct list link; /* while idle */
    ev_io io;
    struct curl_client *client; /* borrowed */
};

/* ------------------------------------------------------- events of libcurl */

static void finish_later(struct curl_exchange *x, CURLcode code)
{
    x->code = code;
    x->ended_ns = clock_now_ns();
    list_append(&x->client->finished, &x->link);
    loop_defer(x->client->loop, &x->client->dispatch);
}

void curl_fail(struct curl_exchange *x, CURLcode code, const char *message)
{
    snprintf(x->message, sizeof x->message, "%s", message);
    finish_later(x, code);
}

static void collect_finished(struct curl_client *c)
{
    int left;
    CURLMsg *m;
    while ((m = curl_multi_info_read(c->multi, &left))) {
        struct curl_exchange *x;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        finish_later(x, m->data.result);
    }
}

static void act(struct curl_client *c, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(c->multi, fd, events, &running);
    collect_finished(c);
}

void curl_drive(struct curl_client *c)
{
    act(c, CURL_SOCKET_TIMEOUT, 0);
}

static void on_kick(struct loop_task *t)
{
    curl_drive(list_entry(t, struct curl_client, kick));
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int events)
{
    (void)ev, (void)events;
    curl_drive(w->data);
}

static void on_socket(struct ev_loop *ev, ev_io *w, int events)
{
    (void)ev;
    int what = (events & EV_READ ? CURL_CSELECT_IN : 0) |
               (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    act(w->data, w->fd, what);
}

/* "Expire at once" may not recurse into libcurl, so it waits for the end of
 * the turn; shorter than a millisecond is not rounded down to nothing. */
static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct curl_client *c = arg;
    ev_timer_stop(c->loop->ev, &c->timer);
    if (timeout_ms == 0) {
        loop_defer(c->loop, &c->kick);
    } else if (timeout_ms > 0) {
        double late_s = (double)(clock_now_ns() - c->loop->turn_ns) / NS_PER_S;
        ev_timer_set(&c->timer, (double)timeout_ms / 1000 + late_s, 0.);
        ev_timer_start(c->loop->ev, &c->timer);
    }
    return 0;
}

static struct socket_watch *watch_take(struct curl_client *c)
{
    struct list *l = list_take(&c->idle_watches);
    if (l)
        return list_entry(l, struct socket_watch, link);
    struct socket_watch *w = xcalloc(1, sizeof *w);
    list_init(&w->link);
    ev_init(&w->io, on_socket);
    w->io.data = c;
    return w;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                       void *assigned)
{
    (void)easy;
    struct curl_client *c = arg;
    struct socket_watch *w = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            ev_io_stop(c->loop->ev, &w->io);
            list_append(&c->idle_watches, &w->link);
        }
        return 0;
    }
    if (!w) {
        w = watch_take(c);
        curl_multi_assign(c->multi, fd, w);
    }
    ev_io_stop(c->loop->ev, &w->io);
    ev_io_set(&w->io, fd,
              (what & CURL_POLL_IN ? EV_READ : 0) |
                  (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev_io_start(c->loop->ev, &w->io);
    return 0;
}

/* ------------------------------------------------------------- handshakes */

/* Called when a handshake begins, to set up its context. libcurl 7.88 says when
 * a connection was made only after the handshake on it. */
static CURLcode on_handshake(CURL *easy, void *context, void *arg)
{
    (void)easy;
    struct curl_exchange *x = arg;
    const struct tls_settings *settings = x->client->settings;
    x->handshake_ns = clock_now_ns();
    return !settings || tls_settings_apply(settings, context, true)
               ? CURLE_OK
               : CURLE_SSL_CERTPROBLEM;
}

/* ----------------------------------------------------------- repeated sends */

static bool is_secure(const struct curl_exchange *x)
{
    return strncasecmp(x->request->url, "https:", 6) == 0;
}

/* Called before each time the request is sent, on a connection that is ready.
 * libcurl repeats it by itself
 * when a kept connection turns out to be dead; we allow that once, and never
 * where the server may have acted on it twice. */
static int on_send(void *arg, char *to, char *from, int to_port, int from_port)
{
    (void)to, (void)from, (void)to_port, (void)from_port;
    struct curl_exchange *x = arg;
    if (x->client->offers_http2 && is_secure(x))
        curl_gate_note(x);
    curl_gate_leave(x);
    if (x->sends++ == 0)
        return CURL_PREREQFUNC_OK;
    if (x->sends > 2 || !http_request_is_idempotent(x->request))
        return CURL_PREREQFUNC_ABORT;
    x->client->counts->reuse_races++;
    return CURL_PREREQFUNC_OK;
}

/* --------------------------------------------------------- bytes that come */

/* The head of the final answer is there. */
static void take_head(struct curl_exchange *x)
{
    const struct http_sink *sink = x->request->sink;
    long status = 0;
    enum http_proto proto = curl_result_proto(x);
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 1)
        return;
    if (!sink)
        return;
    struct http_head head = {.status = (int)status,
                             .proto = proto,
                             .headers = buffer_text(&x->headers),
                             .header_bytes = x->headers.size};
    x->is_streamed = sink->on_head(x->arg, &head);
    if (x->is_streamed)
        curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, 0L);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct curl_exchange *x = arg;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        buffer_clear(&x->headers); /* what came before was a 1xx answer */
        x->headers_ended = false;
        return length;
    }
    if (x->headers_ended)
        return length; /* what follows the body are trailers */
    if (length <= 2) {
        x->headers_ended = true;
        take_head(x);
        return length;
    }
    if (x->headers.size + length > HEADERS_MAX_BYTES) {
        x->too_large = true;
        return 0;
    }
    buffer_add(&x->headers, bytes, length);
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct curl_exchange *x = arg;
    size_t length = size * count;
    if (x->is_streamed && !x->is_cancelled)
        x->request->sink->on_body(x->arg, bytes, length);
    if (x->is_streamed || x->request->discards_body)
        return length;
    if (x->body.size + length > x->request->max_body_bytes) {
        x->too_large = true;
        return 0;
    }
    buffer_add(&x->body, bytes, length);
    return length;
}

/* ---------------------------------------------------------------- exchanges */

/* A handle for one exchange only: reused, libcurl 7.88 remembers the last
 * header of the answer before, which is freed, and writes to it when the next
 * answer begins with a folded line. */
static void open_handle(struct curl_exchange *x)
{
    const struct curl_client *c = x->client;
    CURL *easy = x->easy = curl_easy_init();
    if (!easy)
        abort();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->message);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_handshake);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, x);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, c->proxy); /* not from the */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");     /* environment */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, c->connect_to);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, c->keeps ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, c->keeps ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, c->resumes ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_RESOLVE, c->resolve);
    if (c->ca) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (c->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
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

static void append_header(struct curl_exchange *x, const char *line)
{
    struct curl_slist *longer = curl_slist_append(x->header_lines, line);
    if (!longer)
        abort();
    x->header_lines = longer;
}

static bool has_header(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

/* libcurl writes an empty value only for "Name;". */
static void append_line(struct curl_exchange *x, struct buffer *line)
{
    const char *text = buffer_text(line);
    char *colon = strchr(text, ':');
    if (colon && colon[1 + strspn(colon + 1, " ")] == '\0') {
        line->size = (size_t)(colon - text);
        buffer_add_char(line, ';');
    }
    append_header(x, buffer_text(line));
}

/* Our lines, and nothing that libcurl would add by itself. */
static void set_headers(struct curl_exchange *x, const char *lines)
{
    bool has_accept = false, has_type = false;
    struct buffer line = {0};
    for (const char *at = lines; at && *at;) {
        const char *end = strstr(at, "\r\n");
        has_accept |= has_header(at, "Accept");
        has_type |= has_header(at, "Content-Type");
        buffer_clear(&line);
        buffer_add(&line, at, (size_t)(end - at));
        append_line(x, &line);
        at = end + 2;
    }
    buffer_fini(&line);
    append_header(x, "Expect:");
    if (!has_accept)
        append_header(x, "Accept:");
    if (!has_type)
        append_header(x, "Content-Type:");
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->header_lines);
}

static void set_method(CURL *easy, const struct http_request *r)
{
    bool head = strcmp(r->method, "HEAD") == 0;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (r->has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)r->body_bytes);
    }
    if (head)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, head ? NULL : r->method);
}

static long timeout_ms(int64_t timeout_ns)
{
    int64_t ms = (timeout_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms > 0 ? (long)ms : 1;
}

/* libcurl wants an address that is written in the URL to be of the family,
 * too; for us that is a matter of names. */
static void set_family(CURL *easy, const struct curl_client *c, const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t digits = strspn(host, "0123456789.");
    bool is_address = *host == '[' || (digits && strchr(":/?#", host[digits]));
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE,
                     is_address ? CURL_IPRESOLVE_WHATEVER : c->family);
}

/* Returns whether it may begin at once. */
static bool set_version(struct curl_exchange *x)
{
    bool is_offered = x->client->offers_http2 && is_secure(x);
    curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION,
                     is_offered ? CURL_HTTP_VERSION_2TLS
                                : CURL_HTTP_VERSION_1_1);
    return !is_offered || !x->client->keeps || curl_gate_pass(x);
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
    open_handle(x);
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
    curl_easy_setopt(x->easy, CURLOPT_SHARE, u->share);
    curl_easy_setopt(x->easy, CURLOPT_INTERFACE,
                     *u->interface ? u->interface : NULL);
    curl_easy_setopt(x->easy, CURLOPT_URL, request->url);
    if (u->client->family != CURL_IPRESOLVE_WHATEVER)
        set_family(x->easy, u->client, request->url);
    set_method(x->easy, request);
    set_headers(x, request->headers);
    if (set_version(x))
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
    list_init(&c->idle_watches);
    loop_task_init(&c->kick, on_kick);
    loop_task_init(&c->dispatch, on_dispatch);
    ev_timer_init(&c->timer, on_timer, 0., 0.);
    c->timer.data = c;
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
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
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
    while ((l = list_take(&c->idle_watches)))
        free(list_entry(l, struct socket_watch, link));
    ev_timer_stop(c->loop->ev, &c->timer);
    loop_task_cancel(&c->kick);
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
