/* pool — the capacity model: at most `capacity` requests are served at once.
 *
 * The rest wait in line, first come first served, and are turned away after
 * the queue timeout. A slot that frees at time t is taken by the next in line
 * at t, however late the caller finds out: lateness delays answers but never
 * costs capacity, so the breaking point is capacity / service time.
 *
 * Owns no ticket: they are embedded in the caller's requests, which must stay
 * where they are until settled. Time is an argument, and must not go back.
 * Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service.h"

/*   NEW --submit--> WAITING --slot frees--> SERVING --time is up--> SERVED
 *    |                 |
 *    |                 +--queue timeout--> TURNED_AWAY
 *    +--a slot is free--> SERVING, or SERVED if it takes no time
 *
 * pool_close takes WAITING and SERVING to TURNED_AWAY. */
enum ticket_state {
    TICKET_NEW,
    TICKET_WAITING,
    TICKET_SERVING,
    TICKET_SERVED,
    TICKET_TURNED_AWAY,
};

struct ticket {
    enum ticket_state state;
    uint64_t number;       /* how many were served before it */
    int64_t extra_ns;      /* what it takes beyond the service time */
    int64_t deadline_ns;   /* WAITING: when it is turned away */
    int64_t end_ns;        /* SERVING: when it is done */
    struct ticket *behind; /* WAITING: next in line; free for use afterwards */
};

struct pool_options {
    size_t capacity;
    int64_t queue_timeout_ns;
    struct service service;
    void (*on_settled)(void *arg, struct ticket *t);
    void *arg; /* for on_settled */
};

struct pool {
    struct pool_options options;
    struct ticket **serving; /* owned: binary heap, earliest end_ns first */
    size_t in_use;           /* tickets in the heap, <= capacity */
    struct ticket *front;    /* longest waiting, NULL if nobody waits */
    struct ticket *back;
    size_t waiting;
    uint64_t started;  /* entered service since the start */
    uint64_t timeouts; /* turned away by the queue timeout */
};

/* False if there is no memory for `capacity` slots. */
bool pool_init(struct pool *p, const struct pool_options *options);
void pool_fini(struct pool *p);

/* Leaves the ticket WAITING, SERVING or (when it takes no time) SERVED.
 * on_settled is not called for a ticket that is SERVED on return, but may be
 * for others that are due. O(log capacity). */
void pool_submit(struct pool *p, struct ticket *t, int64_t now_ns);

/* Settles everything due until now_ns, in the order in which it was due. */
void pool_advance(struct pool *p, int64_t now_ns);

/* When pool_advance has something to do next; -1 if nothing is under way. */
int64_t pool_next_ns(const struct pool *p);

/* Turns everybody away; the pool is empty afterwards. */
void pool_close(struct pool *p);
