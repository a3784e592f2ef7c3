#include "scripted_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

struct peer {
    int fd;
    SSL *ssl; /* NULL without TLS */
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    abort();
}

static ssize_t take(struct peer *p, void *into, size_t size)
{
    if (!p->ssl)
        return recv(p->fd, into, size, 0);
    int n = SSL_read(p->ssl, into, (int)size);
    return n > 0 ? n : 0;
}

/* The client may be gone already, and often is. */
static void give(struct peer *p, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = p->ssl ? SSL_write(p->ssl, bytes, (int)size)
                           : send(p->fd, bytes, size, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        size -= (size_t)n;
    }
}

static size_t body_size(const char *head)
{
    for (const char *at = strstr(head, "\r\n"); at; at = strstr(at + 2, "\r\n"))
        if (strncasecmp(at + 2, "Content-Length:", 15) == 0)
            return strtoul(at + 17, NULL, 10);
    return 0;
}

static void read_request(struct scripted_server *s, struct peer *p)
{
    char head[8192], rest[65536];
    size_t size = 0;
    const char *end = NULL;
    while (!end && size < sizeof head - 1) {
        ssize_t n = take(p, head + size, sizeof head - 1 - size);
        if (n <= 0)
            return;
        size += (size_t)n;
        s->bytes += (size_t)n;
        head[size] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    must(end != NULL, "a request with a small head");
    size_t here = size - (size_t)(end + 4 - head), body = body_size(head);
    while (here < body) {
        ssize_t n = take(p, rest, sizeof rest);
        if (n <= 0)
            return;
        here += (size_t)n;
        s->bytes += (size_t)n;
    }
    s->requests++;
    snprintf(s->last, sizeof s->last, "%.1000s", head);
}

static void wait_for_the_end(struct peer *p)
{
    char bytes[4096];
    while (take(p, bytes, sizeof bytes) > 0)
        ;
}

static void sleep_ms(size_t ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1000),
                         .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static void drip(struct peer *p, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        give(p, bytes + i, 1);
        struct timespec t = {.tv_nsec = 300000};
        nanosleep(&t, NULL);
    }
}

/* Returns whether there is more to do on this connection. */
static bool perform(struct scripted_server *s, struct peer *p,
                    const struct step *step)
{
    char some[16];
    size_t size = step->size || !step->bytes ? step->size : strlen(step->bytes);
    struct linger at_once = {.l_onoff = 1};
    switch (step->kind) {
    case STEP_READ:
        read_request(s, p);
        return true;
    case STEP_READ_SOME:
        return take(p, some, sizeof some) > 0;
    case STEP_SEND:
        give(p, step->bytes, size);
        return true;
    case STEP_DRIP:
        drip(p, step->bytes, size);
        return true;
    case STEP_PAUSE:
        sleep_ms(size);
        return true;
    case STEP_WAIT:
        wait_for_the_end(p);
        return false;
    case STEP_RESET:
        setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        return false;
    case STEP_CLOSE:
        if (p->ssl)
            SSL_shutdown(p->ssl);
        return false;
    case STEP_SUDDEN_CLOSE:
        return false;
    }
    return false;
}

static void serve(struct scripted_server *s, int fd,
                  const struct script *script)
{
    struct peer p = {.fd = fd};
    int on = 1;
    bool goes_on = true;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (s->tls) {
        p.ssl = SSL_new(s->tls);
        SSL_set_fd(p.ssl, fd);
        goes_on = SSL_accept(p.ssl) == 1;
        s->resumed += goes_on && SSL_session_reused(p.ssl);
    }
    for (size_t i = 0; goes_on && i < SCRIPT_STEPS; i++)
        goes_on = perform(s, &p, &script->steps[i]);
    SSL_free(p.ssl);
    close(fd);
}

static void *run(void *arg)
{
    struct scripted_server *s = arg;
    for (size_t i = 0; i < s->count; i++) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            break; /* told to stop */
        s->accepted++;
        serve(s, fd, &s->scripts[i]);
    }
    return NULL;
}

void scripted_server_start(struct scripted_server *s, const struct script *all,
                           size_t count, void *tls)
{
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof where;
    memset(s, 0, sizeof *s);
    must(count <= SCRIPTS_MAX, "few scripts");
    if (count)
        memcpy(s->scripts, all, count * sizeof *all);
    s->count = count;
    s->tls = tls;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(s->fd >= 0, "socket");
    must(bind(s->fd, (struct sockaddr *)&where, sizeof where) == 0, "bind");
    must(listen(s->fd, 16) == 0, "listen");
    must(getsockname(s->fd, (struct sockaddr *)&where, &size) == 0, "name");
    s->port = ntohs(where.sin_port);
    must(pthread_create(&s->thread, NULL, run, s) == 0, "thread");
}

void scripted_server_stop(struct scripted_server *s)
{
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
}
