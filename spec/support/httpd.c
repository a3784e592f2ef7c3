#include "httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_TURN 256

int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void timer_put(struct server *s, size_t i, struct conn *c)
{
    s->timers[i] = c;
    c->timer = i;
}

static void timer_sift_up(struct server *s, size_t i)
{
    struct conn *c = s->timers[i];
    while (i > 0 && s->timers[(i - 1) / 2]->due_ns > c->due_ns) {
        timer_put(s, i, s->timers[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    timer_put(s, i, c);
}

static void timer_sift_down(struct server *s, size_t i)
{
    struct conn *c = s->timers[i];
    for (;;) {
        size_t child = i * 2 + 1;
        if (child >= s->timer_count)
            break;
        if (child + 1 < s->timer_count &&
            s->timers[child + 1]->due_ns < s->timers[child]->due_ns)
            child++;
        if (s->timers[child]->due_ns >= c->due_ns)
            break;
        timer_put(s, i, s->timers[child]);
        i = child;
    }
    timer_put(s, i, c);
}

void timer_cancel(struct conn *c)
{
    struct server *s = c->server;
    size_t hole = c->timer;

    if (hole == NO_TIMER)
        return;
    c->timer = NO_TIMER;
    struct conn *last = s->timers[--s->timer_count];
    if (last == c)
        return;
    timer_put(s, hole, last);
    timer_sift_up(s, hole);
    timer_sift_down(s, last->timer);
}

void timer_set(struct conn *c, int64_t due_ns)
{
    struct server *s = c->server;

    timer_cancel(c);
    if (s->timer_count == s->timer_capacity) {
        s->timer_capacity = s->timer_capacity ? s->timer_capacity * 2 : 64;
        s->timers = realloc(s->timers, s->timer_capacity * sizeof *s->timers);
        if (!s->timers)
            abort();
    }
    c->due_ns = due_ns;
    timer_put(s, s->timer_count, c);
    timer_sift_up(s, s->timer_count++);
}

/* Milliseconds for epoll_wait, rounded up so that it never wakes too early. */
static int next_timeout_ms(const struct server *s)
{
    if (s->timer_count == 0)
        return -1;
    int64_t left_ns = s->timers[0]->due_ns - now_ns();
    if (left_ns <= 0)
        return 0;
    return left_ns > 60000000000 ? 60000 : (int)((left_ns + 999999) / 1000000);
}

static void run_timers(struct server *s)
{
    int64_t now = now_ns();
    while (s->timer_count > 0 && s->timers[0]->due_ns <= now) {
        struct conn *c = s->timers[0];
        timer_cancel(c);
        conn_on_timer(c);
    }
}

static void accept_all(struct server *s)
{
    for (;;) {
        int fd =
            accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            conn_open(s, fd);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            perror("httpd: accept");
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void watch(struct server *s, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("httpd: epoll_ctl");
        exit(1);
    }
}

/* A connection closes only itself, and at most once a turn, so no event of the
 * same turn can point at a dead one. */
static void serve(struct server *s)
{
    struct epoll_event events[EVENTS_PER_TURN];

    for (;;) {
        int n = epoll_wait(s->epoll_fd, events, EVENTS_PER_TURN,
                           next_timeout_ms(s));
        for (int i = 0; i < n; i++) {
            void *mark = events[i].data.ptr;
            if (mark == &s->signal_fd)
                return;
            if (mark == &s->listen_fd)
                accept_all(s);
            else
                conn_on_events(mark, events[i].events);
        }
        run_timers(s);
    }
}

static bool listen_on(struct server *s, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;

    s->listen_fd =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return s->listen_fd >= 0 &&
           setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ==
               0 &&
           bind(s->listen_fd, (struct sockaddr *)&address, sizeof address) ==
               0 &&
           listen(s->listen_fd, 4096) == 0;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* SIGTERM and SIGINT arrive as a readable descriptor. */
static int open_signals(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool parse_port(int argc, char **argv, uint16_t *port)
{
    static const struct option OPTIONS[] = {
        {"port", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        char *end;
        long value = option == 'p' ? strtol(optarg, &end, 10) : -1;
        if (value < 0 || value > 65535 || end == optarg || *end)
            return false;
        *port = (uint16_t)value;
    }
    return optind == argc;
}

static void server_close(struct server *s)
{
    while (s->conns)
        conn_close(s->conns);
    close(s->listen_fd);
    close(s->signal_fd);
    close(s->epoll_fd);
    counts_fini(&s->paths);
    counts_fini(&s->methods);
    free(s->timers);
}

int main(int argc, char **argv)
{
    static struct server server; /* epoll marks point into it */
    uint16_t port = 0;

    if (!parse_port(argc, argv, &port)) {
        fputs("usage: httpd [--port N]\n", stderr);
        return 2;
    }
    raise_descriptor_limit();
    server.signal_fd = open_signals();
    server.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!listen_on(&server, port)) {
        perror("httpd: listen");
        return 1;
    }
    watch(&server, server.listen_fd, &server.listen_fd);
    watch(&server, server.signal_fd, &server.signal_fd);
    printf("httpd listening on http://127.0.0.1:%u\n",
           (unsigned)port_of(server.listen_fd));
    fflush(stdout);

    serve(&server);
    server_close(&server);
    return 0;
}
