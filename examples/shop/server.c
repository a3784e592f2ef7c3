#include "server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "exchange.h"
#include "listener.h"
#include "options.h"
#include "process.h"

/* Descriptors that are not connections: standard ones, loop, /proc. */
#define OTHER_FDS UINT64_C(32)
#define CONNECTIONS_MAX 200000

/* Room for a request's head and a reply's; only touched pages cost. */
#define CONNECTION_MEMORY_BYTES ((size_t)8 * 1024)

/* libmicrohttpd walks over all suspended connections to find those to resume.
 * Waiting this much per suspended connection between two walks keeps that to
 * half of the time; answers are late by 1 ms at 10,000 in flight. */
#define RESUME_PAUSE_NS 100

static unsigned connection_limit(void)
{
    uint64_t fds = process_raise_fd_limit();
    uint64_t limit = fds > 2 * OTHER_FDS ? fds - OTHER_FDS : OTHER_FDS;
    return (unsigned)(limit < CONNECTIONS_MAX ? limit : CONNECTIONS_MAX);
}

/* SIGPIPE is ignored because libmicrohttpd leaves it to whoever runs its
 * loop, see MHD_OPTION_SIGPIPE_HANDLED_BY_APP. */
static int take_signals(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    return signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
}

static struct MHD_Daemon *start_daemon(struct server *s, int listen_fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        exchange_on_request, s, MHD_OPTION_LISTEN_SOCKET, listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, s,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}

static bool open_daemon(struct server *s, const struct options *o, char *error)
{
    int listen_fd = listener_open(o->listen, o->port);
    if (listen_fd < 0) {
        snprintf(error, SERVER_ERROR_BYTES, "cannot listen on %s port %u: %s",
                 o->listen, o->port, strerror(errno));
        return false;
    }
    s->port = listener_port(listen_fd);
    s->daemon = start_daemon(s, listen_fd);
    if (s->daemon)
        return true;
    close(listen_fd);
    snprintf(error, SERVER_ERROR_BYTES, "cannot start libmicrohttpd");
    return false;
}

static void keep_settled(void *arg, struct ticket *t)
{
    struct server *s = arg;
    t->behind = s->settled;
    s->settled = t;
}

static void resume_settled(struct server *s, int64_t now_ns)
{
    if (!s->settled || now_ns < s->resume_at_ns)
        return;
    while (s->settled) {
        struct ticket *t = s->settled;
        s->settled = t->behind;
        exchange_resume(t);
    }
    int64_t suspended = (int64_t)(s->pool.in_use + s->pool.waiting);
    s->resume_at_ns = now_ns + suspended * RESUME_PAUSE_NS;
}

static bool open_parts(struct server *s, const struct options *o)
{
    struct pool_options p = {
        .capacity = o->pool,
        .queue_timeout_ns = o->queue_timeout_ns,
        .service = o->service,
        .on_settled = keep_settled,
        .arg = s,
    };
    p.service.stall_from_ns += process_monotonic_ns();
    memcpy(s->slow_ns, o->slow_ns, sizeof s->slow_ns);
    bool shop = shop_open(&s->shop, o->token_ttl_ns / 1000000000);
    bool pool = pool_init(&s->pool, &p);
    s->signal_fd = take_signals();
    return shop && pool && s->signal_fd >= 0;
}

bool server_open(struct server *s, const struct options *o,
                 char error[SERVER_ERROR_BYTES])
{
    memset(s, 0, sizeof *s);
    if (!open_parts(s, o))
        snprintf(error, SERVER_ERROR_BYTES, "cannot start: out of resources");
    else if (open_daemon(s, o, error))
        return true;
    server_close(s);
    return false;
}

/* What is settled must go out; the pool's own next event can wait for that. */
static int64_t next_event_ns(const struct server *s)
{
    return s->settled ? s->resume_at_ns : pool_next_ns(&s->pool);
}

/* How long to sleep: not at all if libmicrohttpd has work in hand, else until
 * the next event; NULL is for ever. */
static struct timespec *time_to_wait(struct server *s, struct timespec *out)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms = 0;
    int64_t next_ns = next_event_ns(s);
    int64_t wait_ns = 0;

    if (MHD_get_timeout(s->daemon, &daemon_ms) != MHD_YES || daemon_ms > 0) {
        if (next_ns < 0)
            return NULL;
        wait_ns = next_ns - process_monotonic_ns();
    }
    if (wait_ns < 0)
        wait_ns = 0;
    out->tv_sec = wait_ns / 1000000000;
    out->tv_nsec = wait_ns % 1000000000;
    return out;
}

static void wait_for_work(struct server *s)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[] = {
        {.fd = info->epoll_fd, .events = POLLIN},
        {.fd = s->signal_fd, .events = POLLIN},
    };
    struct timespec wait;

    if (ppoll(fds, 2, time_to_wait(s, &wait), NULL) > 0 && fds[1].revents)
        s->stopping = true;
}

/* The default timer slack would make every answer up to 50 us late. */
void server_run(struct server *s)
{
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    while (!s->stopping) {
        wait_for_work(s);
        int64_t now_ns = process_monotonic_ns();
        pool_advance(&s->pool, now_ns);
        resume_settled(s, now_ns);
        MHD_run(s->daemon);
    }
    pool_close(&s->pool);
    resume_settled(s, s->resume_at_ns);
    MHD_run(s->daemon);
}

void server_close(struct server *s)
{
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->signal_fd > 0)
        close(s->signal_fd);
    pool_fini(&s->pool);
    shop_close(&s->shop);
}
