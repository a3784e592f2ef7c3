/* wire — one non-blocking TCP connection, with or without TLS.
 *
 * Owns the socket and the TLS session. Knows nothing of HTTP. Interest in
 * events is changed only where it differs, so that a connection in use costs
 * no epoll_ctl. A zeroed wire is closed. Loop's thread only. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ev.h>

#include "io/tls.h"

struct loop;
union address;

typedef void wire_event(struct ev_loop *ev, ev_io *io, int events);

struct wire {
    ev_io io;                /* its fd is the socket */
    struct ev_loop *ev;      /* borrowed; NULL while closed */
    struct tls_session *tls; /* owned; NULL without TLS */
};

/* Begins to connect, from an address of this machine unless `from` is NULL,
 * watched for EV_WRITE. WIRE_OK: connected at once;
 * WIRE_WANT_WRITE: not yet; WIRE_FAILED: errno says why, nothing is open. */
enum wire_status wire_connect(struct wire *w, struct loop *loop,
                              const union address *to,
                              const union address *from, wire_event *on_event);
/* What became of it, once writable: 0 or an errno. */
int wire_connect_error(const struct wire *w);
void wire_close(struct wire *w);
/* `from` is closed afterwards; `to` is watched for EV_READ. */
void wire_move(struct wire *to, struct wire *from, wire_event *on_event);
void wire_watch(struct wire *w, int events);
/* Looks, without taking anything, at what an idle connection holds. WIRE_OK:
 * bytes; WIRE_WANT_READ: nothing, as it should be. */
enum wire_status wire_peek(const struct wire *w);

/* By syscall(2): send(3) and recv(3) are cancellation points, which costs two
 * atomic operations in a program with threads. */
static inline ssize_t wire_raw_send(int fd, const void *bytes, size_t size,
                                    int flags)
{
    return syscall(SYS_sendto, fd, bytes, size, flags, NULL, 0);
}

static inline ssize_t wire_raw_receive(int fd, void *into, size_t size)
{
    return syscall(SYS_recvfrom, fd, into, size, 0, NULL, NULL);
}

/* `more` says that other bytes follow at once. */
static inline enum wire_status wire_send(struct wire *w, const void *bytes,
                                         size_t size, bool more, size_t *sent)
{
    if (w->tls)
        return tls_send(w->tls, bytes, size, sent);
    ssize_t n = wire_raw_send(w->io.fd, bytes, size,
                              MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (n >= 0) {
        *sent = (size_t)n;
        return WIRE_OK;
    }
    return errno == EAGAIN || errno == EINTR ? WIRE_WANT_WRITE : WIRE_FAILED;
}

static inline enum wire_status wire_receive(struct wire *w, void *into,
                                            size_t size, size_t *received)
{
    if (w->tls)
        return tls_receive(w->tls, into, size, received);
    ssize_t n = wire_raw_receive(w->io.fd, into, size);
    if (n > 0) {
        *received = (size_t)n;
        return WIRE_OK;
    }
    if (n == 0)
        return WIRE_END;
    return errno == EAGAIN || errno == EINTR ? WIRE_WANT_READ : WIRE_FAILED;
}

/* Bytes wait inside, which no event will tell. */
static inline bool wire_has_pending(const struct wire *w)
{
    return w->tls && tls_has_pending(w->tls);
}
