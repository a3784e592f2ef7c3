#include "exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "process.h"
#include "routes.h"
#include "server.h"

#define BODY_MAX_BYTES ((size_t)1 << 20)

/* A body that is too large is read to its end before the 413, since closing
 * on unread bytes resets the connection and loses the reply; beyond this much
 * it is not worth it. */
#define DRAIN_MAX_BYTES ((size_t)8 << 20)

struct exchange {
    struct ticket ticket; /* first: exchange_resume casts back */
    struct MHD_Connection *connection;
    char *body; /* owned */
    size_t body_bytes;
    size_t body_room;
    size_t received_bytes; /* of the body, kept or not */
};

static const char *header_of(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static bool grow(struct exchange *x, size_t bytes)
{
    size_t room = x->body_room ? x->body_room : 256;
    while (room < bytes)
        room *= 2;
    if (room == x->body_room)
        return true;
    char *body = realloc(x->body, room);
    if (!body)
        return false;
    x->body = body;
    x->body_room = room;
    return true;
}

static void drop_body(struct exchange *x)
{
    free(x->body);
    x->body = NULL;
    x->body_bytes = x->body_room = 0;
}

static enum MHD_Result collect(struct exchange *x, const char *data,
                               size_t *bytes)
{
    size_t count = *bytes;
    *bytes = 0;
    x->received_bytes += count;
    if (x->received_bytes > BODY_MAX_BYTES) {
        drop_body(x);
        return x->received_bytes > DRAIN_MAX_BYTES ? MHD_NO : MHD_YES;
    }
    if (!grow(x, x->body_bytes + count))
        return MHD_NO;
    memcpy(x->body + x->body_bytes, data, count);
    x->body_bytes += count;
    return MHD_YES;
}

static struct MHD_Response *respond(const struct reply *r)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        r->body_bytes, r->body,
        r->body_is_owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (!response)
        return NULL;
    if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                r->content_type) == MHD_YES &&
        (!r->header || MHD_add_response_header(response, r->header,
                                               r->header_value) == MHD_YES))
        return response;
    MHD_destroy_response(response);
    return NULL;
}

static enum MHD_Result queue(struct server *s, struct MHD_Connection *c,
                             const struct match *m, const char *method,
                             struct reply *r)
{
    struct MHD_Response *response = respond(r);
    if (!response) {
        reply_free(r);
        return MHD_NO;
    }
    enum MHD_Result result = MHD_queue_response(c, r->status, response);
    MHD_destroy_response(response);
    if (result == MHD_YES)
        metrics_count(&s->metrics, m->route, method, r->status);
    return result;
}

static void reply_metrics(struct server *s, struct reply *r)
{
    const union MHD_DaemonInfo *connections =
        MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    const struct gauges g = {
        .pool_capacity = s->pool.options.capacity,
        .pool_in_use = s->pool.in_use,
        .queue_length = s->pool.waiting,
        .queue_timeouts = s->pool.timeouts,
        .connections = connections ? connections->num_connections : 0,
        .resident_bytes = process_resident_bytes(),
        .open_fds = process_open_fds(),
    };
    size_t bytes = 0;
    char *page = metrics_render(&s->metrics, &g, &bytes);
    if (!page) {
        reply_error(r, 500, "out of memory");
        return;
    }
    *r = (struct reply){
        .status = 200,
        .body = page,
        .body_bytes = bytes,
        .body_is_owned = true,
        .content_type = "text/plain; version=0.0.4; charset=utf-8",
    };
}

static void reply_by_route(struct server *s, struct exchange *x,
                           const struct match *m, struct reply *r)
{
    const struct route *route = route_get(m->route);
    const struct request q = {
        .id = m->id,
        .page = MHD_lookup_connection_value(x->connection,
                                            MHD_GET_ARGUMENT_KIND, "page"),
        .authorization = header_of(x->connection, "Authorization"),
        .body = x->body,
        .body_bytes = x->body_bytes,
        .now_s = process_wall_clock_s(),
    };

    if (m->route == ROUTE_NONE)
        reply_error(r, 404, "no such path");
    else if (!m->method_is_allowed) {
        reply_error(r, 405, "method not allowed");
        r->header = MHD_HTTP_HEADER_ALLOW;
        r->header_value = route->allow;
    } else if (m->route == ROUTE_METRICS)
        reply_metrics(s, r);
    else
        route->answer(&s->shop, &q, r);
}

static bool was_served_badly(const struct server *s, const struct ticket *t)
{
    return t->state == TICKET_SERVED &&
           service_fails(&s->pool.options.service, t->number);
}

static void reply_to(struct server *s, struct exchange *x,
                     const struct match *m, struct reply *r)
{
    if (x->ticket.state == TICKET_TURNED_AWAY)
        reply_error(r, 503, s->stopping ? "shutting down" : "queue timeout");
    else if (was_served_badly(s, &x->ticket))
        reply_error(r, 500, "internal error");
    else if (x->received_bytes > BODY_MAX_BYTES)
        reply_error(r, 413, "the body is larger than 1 MiB");
    else
        reply_by_route(s, x, m, r);
}

static bool is_hopelessly_large(struct MHD_Connection *c)
{
    const char *length = header_of(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return length && strtoull(length, NULL, 10) > DRAIN_MAX_BYTES;
}

static enum MHD_Result begin(struct server *s, struct MHD_Connection *c,
                             const char *path, const char *method, void **slot)
{
    if (is_hopelessly_large(c)) {
        struct match m;
        struct reply r;
        route_find(method, path, &m);
        reply_error(&r, 413, "the body is larger than 1 MiB");
        return queue(s, c, &m, method, &r);
    }
    struct exchange *x = calloc(1, sizeof *x);
    if (!x)
        return MHD_NO;
    x->connection = c;
    *slot = x;
    return MHD_YES;
}

/* True if the pool keeps the request for now. Once stopping it takes no more:
 * a daemon must not be stopped with connections suspended. */
static bool is_held(struct server *s, struct exchange *x, const char *path,
                    const char *method)
{
    struct match m;

    if (s->stopping) {
        x->ticket.state = TICKET_TURNED_AWAY;
        return false;
    }
    route_find(method, path, &m);
    if (m.method_is_allowed)
        x->ticket.extra_ns = s->slow_ns[m.route];
    pool_submit(&s->pool, &x->ticket, process_monotonic_ns());
    return x->ticket.state != TICKET_SERVED;
}

/* Called once with the headers, then with each piece of the body, then
 * without any; and, if suspended there, once more when resumed. */
enum MHD_Result exchange_on_request(void *arg, struct MHD_Connection *c,
                                    const char *path, const char *method,
                                    const char *version, const char *upload,
                                    size_t *upload_bytes, void **slot)
{
    struct server *s = arg;
    struct exchange *x = *slot;
    (void)version;

    if (!x)
        return begin(s, c, path, method, slot);
    if (*upload_bytes > 0)
        return collect(x, upload, upload_bytes);
    if (x->ticket.state == TICKET_NEW && route_is_pooled(path) &&
        is_held(s, x, path, method)) {
        MHD_suspend_connection(c);
        return MHD_YES;
    }

    struct match m;
    struct reply r;
    route_find(method, path, &m);
    reply_to(s, x, &m, &r);
    return queue(s, c, &m, method, &r);
}

void exchange_on_completed(void *arg, struct MHD_Connection *c, void **slot,
                           enum MHD_RequestTerminationCode why)
{
    struct exchange *x = *slot;
    (void)arg;
    (void)c;
    (void)why;
    if (!x)
        return;
    assert(x->ticket.state != TICKET_WAITING &&
           x->ticket.state != TICKET_SERVING);
    free(x->body);
    free(x);
    *slot = NULL;
}

void exchange_resume(struct ticket *t)
{
    struct exchange *x = (struct exchange *)t;
    MHD_resume_connection(x->connection);
}
