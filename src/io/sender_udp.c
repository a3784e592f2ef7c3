/* sender_udp — batches as datagrams, cut at line ends. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "io/sender.h"
#include "io/sender_transport.h"

struct udp_sender {
    struct sender_transport base;
    char *host; /* owned */
    uint16_t port;
    int fd; /* owned; -1 until the host is known */
};

/* A connected socket hears of it when nobody listens there. */
static int open_socket(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool look_up(struct udp_sender *u, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", u->port);
    int status = getaddrinfo(u->host, service, &hints, &list);
    if (status != 0)
        return error_set(err, "%s", gai_strerror(status));
    u->fd = open_socket(list);
    freeaddrinfo(list);
    return u->fd >= 0 || error_set(err, "%s", strerror(errno));
}

/* So many whole lines as fit; a line that does not fit by itself is cut. */
static size_t datagram_bytes(const char *bytes, size_t size)
{
    if (size <= SENDER_DATAGRAM_MAX_BYTES)
        return size;
    const char *end = memrchr(bytes, '\n', SENDER_DATAGRAM_MAX_BYTES);
    return end ? (size_t)(end - bytes) + 1 : SENDER_DATAGRAM_MAX_BYTES;
}

/* All of it, even if some fails: what arrives is of use. */
static bool udp_send(struct sender_transport *t, const char *bytes, size_t size,
                     const atomic_bool *is_closing, struct error *err)
{
    struct udp_sender *u = (struct udp_sender *)t;
    bool all_went = true;
    if (u->fd < 0 && !look_up(u, err))
        return false;
    while (size > 0 && !atomic_load(is_closing)) {
        size_t length = datagram_bytes(bytes, size);
        if (send(u->fd, bytes, length, MSG_NOSIGNAL) < 0)
            all_went = error_set(err, "%s", strerror(errno));
        bytes += length;
        size -= length;
    }
    return all_went && size == 0;
}

static void udp_wake(struct sender_transport *t)
{
    (void)t; /* it never waits for anybody */
}

static void udp_free(struct sender_transport *t)
{
    struct udp_sender *u = (struct udp_sender *)t;
    if (u->fd >= 0)
        close(u->fd);
    free(u->host);
    free(u);
}

struct sender_transport *sender_udp_new(const char *host, uint16_t port)
{
    struct udp_sender *u = xcalloc(1, sizeof *u);
    u->base = (struct sender_transport){udp_send, udp_wake, udp_free};
    u->host = xstrdup(host);
    u->port = port;
    u->fd = -1;
    return &u->base;
}
