#include "io/wire.h"

#include <netinet/tcp.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/resolver.h"

/* The port is chosen by connect(2), which knows the target, and so may be one
 * that is in use for another: see IP_BIND_ADDRESS_NO_PORT in ip(7). */
static bool leave_from(int fd, const union address *from)
{
    int on = 1;
    if (!from)
        return true;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    return bind(fd, &from->any, address_bytes(from)) == 0;
}

static int open_socket(const union address *to)
{
    int on = 1;
    int fd = socket(to->any.sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

enum wire_status wire_connect(struct wire *w, struct loop *loop,
                              const union address *to,
                              const union address *from, wire_event *on_event)
{
    int fd = open_socket(to);
    if (fd < 0)
        return WIRE_FAILED;
    int status =
        leave_from(fd, from) ? connect(fd, &to->any, address_bytes(to)) : -1;
    if (status < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        errno = error;
        return WIRE_FAILED;
    }
    w->ev = loop->ev;
    w->tls = NULL;
    ev_io_init(&w->io, on_event, fd, EV_WRITE);
    ev_io_start(w->ev, &w->io);
    return status == 0 ? WIRE_OK : WIRE_WANT_WRITE;
}

int wire_connect_error(const struct wire *w)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(w->io.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return errno;
    return error;
}

void wire_close(struct wire *w)
{
    if (!w->ev)
        return;
    ev_io_stop(w->ev, &w->io);
    if (w->tls)
        tls_session_close(w->tls);
    close(w->io.fd);
    w->tls = NULL;
    w->ev = NULL;
}

void wire_move(struct wire *to, struct wire *from, wire_event *on_event)
{
    int fd = from->io.fd;
    ev_io_stop(from->ev, &from->io);
    to->ev = from->ev;
    to->tls = from->tls;
    ev_io_init(&to->io, on_event, fd, EV_READ);
    ev_io_start(to->ev, &to->io);
    from->tls = NULL;
    from->ev = NULL;
}

void wire_watch(struct wire *w, int events)
{
    if ((w->io.events & (EV_READ | EV_WRITE)) == events)
        return;
    ev_io_stop(w->ev, &w->io);
    ev_io_modify(&w->io, events);
    if (events)
        ev_io_start(w->ev, &w->io);
}

enum wire_status wire_peek(const struct wire *w)
{
    char byte;
    ssize_t n = recv(w->io.fd, &byte, 1, MSG_PEEK);
    if (n > 0)
        return WIRE_OK;
    if (n == 0)
        return WIRE_END;
    return errno == EAGAIN ? WIRE_WANT_READ : WIRE_FAILED;
}
