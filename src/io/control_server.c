#include "io/control_server.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "io/control_desk.h"
#include "io/control_guard.h"
#include "io/resolver.h"

enum {
    CONNECTION_MEMORY_BYTES = 16 * 1024, /* heads beyond it: 414 or 431 */
    BACKLOG = 16,
    /* A body that is too large is read to its end before the 413, since
     * closing on unread bytes resets the connection and loses the answer;
     * beyond this much it is not worth it. */
    DRAIN_MAX_BYTES = 1024 * 1024
};

static const char too_large[] = "{ \"error\": \"the body is larger than "
                                "64 kB; send less\" }\n";

struct control_server {
    union address address;
    int listen_fd;             /* owned */
    struct MHD_Daemon *daemon; /* owned */
    struct control_desk desk;
    const char *content_type; /* static: of what answers with 200 are */
};

/* One request on a connection, from its first line to its completion. On
 * libmicrohttpd's thread. */
struct exchange {
    struct control_server *server;     /* borrowed */
    struct control_question *question; /* owned, until it is asked */
    size_t received_bytes;             /* of the body, kept or not */
    bool has_begun;                    /* its headers were seen */
    bool has_arrived;                  /* all of it, at the desk */
};

/* ---------------------------------------------------------------- exchanges */

static const char json_type[] = "application/json";

/* Connections are not kept: with so few, an idle one would be in the way. */
static bool add_headers(struct MHD_Response *r, const char *content_type)
{
    const char *const headers[][2] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, content_type},
        {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {MHD_HTTP_HEADER_CONNECTION, "close"}};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (MHD_add_response_header(r, headers[i][0], headers[i][1]) != MHD_YES)
            return false;
    return true;
}

/* Takes the text of `a`. */
static enum MHD_Result send_answer(const struct exchange *x,
                                   struct MHD_Connection *c,
                                   struct control_answer a)
{
    const char *type =
        a.status == MHD_HTTP_OK ? x->server->content_type : json_type;
    enum MHD_Result queued = MHD_NO;
    struct MHD_Response *r = MHD_create_response_from_buffer(
        a.length, a.text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(a.text);
        return MHD_NO;
    }
    if (add_headers(r, type))
        queued = MHD_queue_response(c, a.status, r);
    MHD_destroy_response(r);
    return queued;
}

static const char *header_of(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* False if the body is too large even to be thrown away. */
static bool begin(struct exchange *x, struct MHD_Connection *c)
{
    const char *length = header_of(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
    x->has_begun = true;
    return !length || strtoull(length, NULL, 10) <= DRAIN_MAX_BYTES;
}

static enum MHD_Result collect(struct exchange *x, const char *bytes,
                               size_t *count)
{
    struct buffer *body = &x->question->body;
    x->received_bytes += *count;
    if (x->received_bytes > CONTROL_BODY_MAX_BYTES)
        buffer_fini(body);
    else
        buffer_add(body, bytes, *count);
    *count = 0;
    return x->received_bytes > DRAIN_MAX_BYTES ? MHD_NO : MHD_YES;
}

static struct control_answer
answer(struct exchange *x, struct MHD_Connection *c, const char *method)
{
    const struct control_head head = {
        .method = method,
        .host = header_of(c, MHD_HTTP_HEADER_HOST),
        .origin = header_of(c, MHD_HTTP_HEADER_ORIGIN),
        .content_type = header_of(c, MHD_HTTP_HEADER_CONTENT_TYPE)};
    const struct control_refusal *refusal =
        control_guard_check(&head, &x->server->address);
    if (refusal)
        return control_answer_text(refusal->status, refusal->json);
    if (x->received_bytes > CONTROL_BODY_MAX_BYTES)
        return control_answer_text(413, too_large);
    struct control_question *q = x->question;
    x->question = NULL;
    return control_desk_ask(&x->server->desk, q, method);
}

/* See MHD_OPTION_URI_LOG_CALLBACK: before anything else of a request. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *c)
{
    (void)c;
    struct exchange *x = xcalloc(1, sizeof *x);
    x->server = arg;
    x->question = control_question_new(target);
    return x;
}

/* See MHD_AccessHandlerCallback: called once with the headers, then with each
 * piece of the body, then without any. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c,
                                  const char *path, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_bytes, void **slot)
{
    (void)arg, (void)path, (void)version;
    struct exchange *x = *slot;
    if (!x->has_begun)
        return begin(x, c)
                   ? MHD_YES
                   : send_answer(x, c, control_answer_text(413, too_large));
    if (*upload_bytes > 0)
        return collect(x, upload, upload_bytes);
    control_desk_arrive(&x->server->desk);
    x->has_arrived = true;
    return send_answer(x, c, answer(x, c, method));
}

/* See MHD_RequestCompletedCallback. */
static void on_completed(void *arg, struct MHD_Connection *c, void **slot,
                         enum MHD_RequestTerminationCode why)
{
    (void)arg, (void)c, (void)why;
    struct exchange *x = *slot;
    if (!x)
        return;
    if (x->has_arrived)
        control_desk_leave(&x->server->desk);
    control_question_free(x->question);
    free(x);
    *slot = NULL;
}

/* ------------------------------------------------------------ opening, end */

static const char *cause_of(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "the port is in use; choose another, or 0 for any free one";
    case EACCES:
    case EPERM:
        return "not permitted; choose a port above 1023";
    case EADDRNOTAVAIL:
        return "this machine does not have that address";
    default:
        return strerror(error);
    }
}

static bool parse_address(const char *text, uint16_t port, union address *a,
                          struct error *err)
{
    struct addresses *parsed = addresses_parse(text, port);
    bool is_one = parsed && parsed->count == 1;
    if (is_one)
        *a = parsed->list[0];
    addresses_unref(parsed);
    return is_one || error_set(err,
                               "cannot listen on \"%s\": it is not an address "
                               "like 127.0.0.1 or ::1",
                               text);
}

static bool bind_and_listen(int fd, union address *a)
{
    int on = 1;
    socklen_t size = sizeof *a;
    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           bind(fd, &a->any, address_bytes(a)) == 0 &&
           listen(fd, BACKLOG) == 0 && getsockname(fd, &a->any, &size) == 0;
}

static bool start_listening(struct control_server *s, struct error *err)
{
    char text[ADDRESS_TEXT_BYTES];
    address_text(&s->address, text);
    s->listen_fd = socket(s->address.any.sa_family,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listen_fd >= 0 && bind_and_listen(s->listen_fd, &s->address))
        return true;
    return error_set(err, "cannot listen on %s: %s", text, cause_of(errno));
}

/* With poll, because descriptors may be beyond what select can name. Its
 * thread leaves signals to the threads that wait for them. */
static bool start_daemon(struct control_server *s, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    s->daemon = MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request,
        s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONTROL_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)CONTROL_IDLE_S, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, s, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->daemon || error_set(err, "cannot start libmicrohttpd");
}

struct control_server *control_server_open(const char *address, uint16_t port,
                                           enum control_content content,
                                           struct error *err)
{
    static const char *const types[] = {
        [CONTROL_JSON] = json_type,
        [CONTROL_METRICS] = "text/plain; version=0.0.4; charset=utf-8"};
    struct control_server *s = xcalloc(1, sizeof *s);
    s->listen_fd = -1;
    s->content_type = types[content];
    control_desk_init(&s->desk);
    if (parse_address(address, port, &s->address, err) &&
        start_listening(s, err) && start_daemon(s, err))
        return s;
    control_server_close(s);
    return NULL;
}

uint16_t control_server_port(const struct control_server *s)
{
    return ntohs(s->address.any.sa_family == AF_INET ? s->address.v4.sin_port
                                                     : s->address.v6.sin6_port);
}

void control_server_close(struct control_server *s)
{
    if (!s)
        return;
    if (s->daemon) {
        MHD_quiesce_daemon(s->daemon);
        control_desk_close(&s->desk);
        MHD_stop_daemon(s->daemon);
    }
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    control_desk_fini(&s->desk);
    free(s);
}

void control_server_notify(struct control_server *s, int notify_fd)
{
    control_desk_notify(&s->desk, notify_fd);
}

const struct control_request *control_server_next(struct control_server *s)
{
    return control_desk_next(&s->desk);
}

void control_server_answer(struct control_server *s, unsigned status,
                           const char *text, size_t length)
{
    control_desk_answer(&s->desk, status, text, length);
}
