/* server — the event loop around libmicrohttpd, the pool and the shop.
 *
 * One thread does everything: libmicrohttpd's epoll descriptor, the pool's
 * next deadline and the stop signals are waited for in one place, so nothing
 * here needs a lock. Owns all parts; exchange.c borrows them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "metrics.h"
#include "pool.h"
#include "routes.h"
#include "shop.h"

struct MHD_Daemon;
struct options;

struct server {
    struct MHD_Daemon *daemon; /* owned, with its listening socket */
    struct shop shop;
    struct pool pool;
    struct metrics metrics;
    struct ticket *settled;       /* to be resumed; linked by `behind` */
    int64_t resume_at_ns;         /* not before */
    int64_t slow_ns[ROUTE_COUNT]; /* what a request there takes more */
    int signal_fd;
    uint16_t port;
    bool stopping; /* open exchanges are answered 503 */
};

#define SERVER_ERROR_BYTES 256

/* Blocks SIGTERM and SIGINT, listens, and answers nothing yet. False, with
 * the reason in `error` and nothing left open, if it cannot. */
bool server_open(struct server *s, const struct options *o,
                 char error[SERVER_ERROR_BYTES]);

/* Serves until SIGTERM or SIGINT. */
void server_run(struct server *s);
void server_close(struct server *s);
