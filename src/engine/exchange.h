/* exchange — what the users of a run share: counters, queues, things that are
 * made once.
 *
 * Owns all of it, by name. Values are bytes; what they mean is the journey's
 * business. One lock for everything but counters, held for moments only, and
 * never while a user runs. A user that waits has a waiter in the list of what
 * it waits for; whoever serves it moves the waiter to the mail of its worker
 * (worker_hand), whose thread then calls `done`. Called from any worker. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/list.h"

struct worker;

enum {
    EXCHANGE_NAMES_MAX = 100000,
    EXCHANGE_QUEUE_LIMIT = 100000 /* unless said otherwise */
};

struct packet {
    struct list link;
    size_t size;
    char bytes[];
};

enum item_kind { ITEM_COUNTER, ITEM_QUEUE, ITEM_ONCE };
enum once_state { ONCE_NOT_MADE, ONCE_IN_MAKING, ONCE_MADE };

/* One named thing; lives as long as the exchange. */
struct item {
    enum item_kind kind;
    atomic_int_least64_t count; /* a counter's value; packets in a queue */
    int64_t limit;              /* of a queue; 0 as long as nobody said */
    struct list packets;        /* owned; of a queue */
    struct list waiting;        /* waiters, first come first served */
    enum once_state state;
    struct packet *made; /* owned; when ONCE_MADE */
    struct item *outer;  /* for who makes it: what else it is making */
};

struct exchange {
    pthread_mutex_t lock;
    struct intern names;
    struct item **items; /* owned, by number of the name */
    size_t capacity;
};

/* A wait under way. Worker, owner and `done` are set by who waits. */
struct waiter {
    struct list link; /* of the item, then of the worker's mail */
    struct worker *worker;
    void *owner;
    struct item *item;
    bool is_served;
    /* What it got: of a queue, owned; of a once, borrowed, and NULL means that
     * it is the waiter's turn to make it. */
    struct packet *packet;
    /* On the worker's thread; the waiter is in no list any more. */
    void (*done)(struct waiter *w);
};

void exchange_init(struct exchange *e);
void exchange_fini(struct exchange *e);
/* Before another run: items stay, what they hold goes. Nobody may wait. */
void exchange_clear(struct exchange *e);

/* The item of that name, made if there is none; NULL if there are too many. */
struct item *exchange_item(struct exchange *e, enum item_kind kind,
                           const char *name, size_t length);
struct packet *packet_new(const void *bytes, size_t size);
void packet_free(struct packet *p);

/* The new value. */
int64_t exchange_count(struct item *i, int64_t change);

/* False if the queue has another limit already. */
bool exchange_set_limit(struct exchange *e, struct item *i, int64_t limit);
/* Takes over the packet, unless the queue is full: false. */
bool exchange_push(struct exchange *e, struct item *i, struct packet *p);
/* The first packet, which is the caller's, or NULL. With a waiter, NULL means
 * that it waits from now on. */
struct packet *exchange_pop(struct exchange *e, struct item *i,
                            struct waiter *w);

enum once_answer { ONCE_IS_MADE, ONCE_YOUR_TURN, ONCE_WAIT };

/* Where a thing that is made once stands; if somebody makes it, `w` waits. */
enum once_answer exchange_begin_once(struct exchange *e, struct item *i,
                                     struct waiter *w);
/* Whose turn it was is done: everybody gets `made`, which is taken over, or, if
 * it is NULL, the next one has its turn. */
void exchange_end_once(struct exchange *e, struct item *i, struct packet *made);

/* The waiter waits no longer; what it was given meanwhile goes back. */
void exchange_leave(struct exchange *e, struct waiter *w);
