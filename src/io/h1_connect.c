#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/h1.h"

static void connect_next(struct h1_exchange *x);

static void shake_hands(struct h1_exchange *x)
{
    struct wire *w = &x->conn->wire;
    switch (tls_shake_hands(w->tls)) {
    case WIRE_OK:
        h1_enter(x, HTTP_SENDING, clock_now_ns());
        h1_send(x);
        break;
    case WIRE_WANT_READ:
        wire_watch(w, EV_READ);
        break;
    case WIRE_WANT_WRITE:
        wire_watch(w, EV_WRITE);
        break;
    case WIRE_END:
        h1_fail(x, HTTP_TLS,
                "TLS: the server closed the connection in the "
                "handshake");
        break;
    case WIRE_FAILED:
        if (errno)
            h1_fail(x, HTTP_TLS, "TLS: the server broke off the handshake");
        else
            h1_fail(x, HTTP_TLS, "%s", tls_problem(w->tls));
        break;
    }
}

static void on_connected(struct h1_exchange *x)
{
    addresses_unref(x->addresses);
    x->addresses = NULL;
    h1_enter(x, x->origin->is_secure ? HTTP_TLS_HANDSHAKING : HTTP_SENDING,
             clock_now_ns());
    struct error err;
    if (!x->origin->is_secure)
        h1_send(x);
    else if (h1_conn_secure(x->conn, &err))
        shake_hands(x);
    else
        h1_fail(x, HTTP_TLS, "%s", err.text);
}

static void on_connect_event(struct h1_exchange *x)
{
    int error = wire_connect_error(&x->conn->wire);
    if (!error) {
        on_connected(x);
        return;
    }
    h1_drop_connection(x);
    errno = error;
    connect_next(x);
}

static void on_event(struct ev_loop *ev, ev_io *io, int events)
{
    (void)ev;
    struct h1_conn *c = list_entry(io, struct h1_conn, wire.io);
    struct h1_exchange *x = c->x;
    if (!x) {
        h1_conn_inspect(c);
    } else if (x->phase == HTTP_CONNECTING) {
        on_connect_event(x);
    } else if (x->phase == HTTP_TLS_HANDSHAKING) {
        shake_hands(x);
    } else {
        if (events & EV_WRITE && !h1_is_sent(x) && !x->cannot_send)
            h1_send(x);
        if (events & EV_READ && c->x == x && x->phase >= HTTP_SENDING)
            h1_receive(x);
    }
}

/* Addresses are tried in the order getaddrinfo(3) gave, the next one as soon as
 * the one before is refused or unreachable; all share the request's timeout.
 * errno says why the last one failed. */
static void connect_next(struct h1_exchange *x)
{
    int error = errno;
    while (x->next_address < x->addresses->count) {
        bool at_once = false;
        const union address *to = &x->addresses->list[x->next_address++];
        x->conn = h1_conn_open(x, to, on_event, &at_once);
        if (x->conn) {
            x->connections++;
            if (at_once)
                on_connected(x);
            return;
        }
        error = errno;
    }
    char text[ADDRESS_TEXT_BYTES], what[ADDRESS_TEXT_BYTES + 32];
    const union address *last = &x->addresses->list[x->next_address - 1];
    snprintf(what, sizeof what, "cannot connect to %s",
             address_text(last, text));
    h1_fail_by_errno(x, what, error);
}

static void use_addresses(struct h1_exchange *x, int64_t now_ns)
{
    h1_enter(x, HTTP_CONNECTING, now_ns);
    addresses_unref(x->addresses);
    x->addresses = addresses_ref(x->origin->addresses);
    x->next_address = 0;
    connect_next(x);
}

static void on_looked_up(struct list *waiting, const char *problem)
{
    struct h1_exchange *x = list_entry(waiting, struct h1_exchange, link);
    if (problem)
        h1_fail(x, HTTP_DNS, "cannot resolve %s: %s", x->origin->host, problem);
    else
        use_addresses(x, clock_now_ns());
}

void h1_connect(struct h1_exchange *x)
{
    struct h1_client *c = x->client;
    int64_t now_ns = x->phase_since_ns;
    if (h1_origin_has_addresses(x->origin, now_ns)) {
        use_addresses(x, now_ns);
        return;
    }
    if (!c->resolver)
        c->resolver = resolver_open(c->loop, c->family);
    h1_enter(x, HTTP_LOOKING_UP, now_ns);
    h1_origin_look_up(x->origin, c->resolver, &x->link, on_looked_up);
}
