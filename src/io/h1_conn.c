#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/h1.h"

enum { IDLE_MAX = 64, TICKETS_MAX = 64, IN_BYTES_FOR_NOBODY = 4096 };
/* A connection that was idle for longer is looked at before it is used: the
 * loop may not have heard yet that the server closed it. */
static const int64_t TRUSTED_NS = 1 * NS_PER_S;

static struct h1_conn *conn_take(struct h1_client *client)
{
    struct list *l = list_take(&client->closed);
    if (l)
        return list_entry(l, struct h1_conn, link);
    struct h1_conn *c = xcalloc(1, sizeof *c);
    list_init(&c->link);
    c->client = client;
    return c;
}

struct h1_conn *h1_conn_open(struct h1_exchange *x, const union address *to,
                             wire_event *on_event, bool *at_once)
{
    struct h1_conn *c = conn_take(x->client);
    const struct source *source = &x->client->source;
    union address from;
    if (source->count)
        from = source_of(source, x->user->number);
    enum wire_status s = wire_connect(&c->wire, x->client->loop, to,
                                      source->count ? &from : NULL, on_event);
    if (s == WIRE_FAILED) {
        list_prepend(&x->client->closed, &c->link);
        return NULL;
    }
    *at_once = s == WIRE_OK;
    c->user = x->user;
    c->origin = h1_origin_ref(x->origin);
    c->x = x;
    c->is_reused = false;
    return c;
}

void h1_conn_close(struct h1_conn *c)
{
    wire_close(&c->wire);
    h1_origin_unref(c->origin);
    list_remove(&c->link);
    c->x = NULL;
    list_prepend(&c->client->closed, &c->link);
}

/* ---------------------------------------------------------------------- TLS */

static void ticket_free(struct h1_ticket *t)
{
    list_remove(&t->link);
    h1_origin_unref(t->origin);
    tls_ticket_free(t->ticket);
    free(t);
}

void h1_user_drop_tickets(struct h1_user *u)
{
    while (!list_is_empty(&u->tickets))
        ticket_free(list_entry(u->tickets.next, struct h1_ticket, link));
}

/* Where the tickets of a user for an origin are kept, as long as the user. */
static struct tls_ticket **ticket_of(struct h1_user *u, struct h1_origin *o)
{
    struct list *head = &u->tickets;
    for (struct list *l = head->next; l != head; l = l->next) {
        struct h1_ticket *t = list_entry(l, struct h1_ticket, link);
        if (t->origin == o)
            return &t->ticket;
    }
    struct h1_ticket *t = xcalloc(1, sizeof *t);
    t->origin = h1_origin_ref(o);
    list_append(head, &t->link);
    return &t->ticket;
}

bool h1_conn_secure(struct h1_conn *c, struct error *err)
{
    struct h1_client *client = c->client;
    if (!client->tls)
        client->tls = tls_open(client->insecure, client->settings, err);
    if (!client->tls)
        return false;
    c->wire.tls = tls_session_open(
        client->tls, c->wire.io.fd, c->origin->host, c->origin->is_literal,
        client->resumes ? ticket_of(c->user, c->origin) : NULL);
    return true;
}

/* --------------------------------------------------------------------- idle */

static bool looks_alive(const struct h1_conn *c, int64_t now_ns)
{
    if (ev_is_pending(&c->wire.io))
        return false;
    return now_ns - c->idle_since_ns < TRUSTED_NS ||
           wire_peek(&c->wire) == WIRE_WANT_READ;
}

struct h1_conn *h1_conn_reuse(struct h1_user *u, const char *url,
                              int64_t now_ns)
{
    struct list *head = &u->idle;
    for (struct list *l = head->prev; l != head; l = l->prev) {
        struct h1_conn *c = list_entry(l, struct h1_conn, link);
        if (!h1_origin_is_of(c->origin, url) || !looks_alive(c, now_ns))
            continue;
        list_remove(&c->link);
        u->idle_count--;
        c->is_reused = true;
        return c;
    }
    return NULL;
}

void h1_conn_keep(struct h1_conn *c, int64_t now_ns)
{
    struct h1_user *u = c->user;
    c->x = NULL;
    c->idle_since_ns = now_ns;
    list_append(&u->idle, &c->link);
    if (++u->idle_count > IDLE_MAX) {
        h1_conn_close(list_entry(u->idle.next, struct h1_conn, link));
        u->idle_count--;
    }
}

void h1_conn_inspect(struct h1_conn *c)
{
    char bytes[IN_BYTES_FOR_NOBODY];
    size_t n;
    enum wire_status s = wire_receive(&c->wire, bytes, sizeof bytes, &n);
    if (s == WIRE_WANT_READ || s == WIRE_WANT_WRITE)
        return; /* TLS kept it for itself */
    if (s == WIRE_OK)
        c->client->counts->unsolicited_bytes += n;
    c->user->idle_count--;
    h1_conn_close(c);
}
