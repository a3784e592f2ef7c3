#include "pool.h"

#include <assert.h>
#include <stdlib.h>

static void heap_push(struct pool *p, struct ticket *t)
{
    assert(p->in_use < p->options.capacity);
    size_t at = p->in_use++;
    while (at > 0) {
        size_t parent = (at - 1) / 2;
        if (p->serving[parent]->end_ns <= t->end_ns)
            break;
        p->serving[at] = p->serving[parent];
        at = parent;
    }
    p->serving[at] = t;
}

static struct ticket *heap_pop(struct pool *p)
{
    struct ticket *first = p->serving[0];
    struct ticket *last = p->serving[--p->in_use];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= p->in_use)
            break;
        if (child + 1 < p->in_use &&
            p->serving[child + 1]->end_ns < p->serving[child]->end_ns)
            child++;
        if (last->end_ns <= p->serving[child]->end_ns)
            break;
        p->serving[at] = p->serving[child];
        at = child;
    }
    p->serving[at] = last;
    return first;
}

static void queue_push(struct pool *p, struct ticket *t)
{
    t->state = TICKET_WAITING;
    t->behind = NULL;
    if (p->front)
        p->back->behind = t;
    else
        p->front = t;
    p->back = t;
    p->waiting++;
}

static struct ticket *queue_pop(struct pool *p)
{
    struct ticket *t = p->front;
    p->front = t->behind;
    p->waiting--;
    return t;
}

static void settle(struct pool *p, struct ticket *t, enum ticket_state state)
{
    t->state = state;
    p->options.on_settled(p->options.arg, t);
}

static void start(struct pool *p, struct ticket *t, int64_t start_ns)
{
    t->number = p->started++;
    t->end_ns =
        service_end_ns(&p->options.service, t->number, t->extra_ns, start_ns);
    t->state = TICKET_SERVING;
}

/* The next in line starts where its predecessor ended. Everybody in line
 * arrived while all slots were taken until later, hence not after that. */
static void finish_first(struct pool *p)
{
    struct ticket *done = heap_pop(p);
    if (p->front) {
        struct ticket *next = queue_pop(p);
        start(p, next, done->end_ns);
        heap_push(p, next);
    }
    settle(p, done, TICKET_SERVED);
}

static void turn_away_first(struct pool *p)
{
    p->timeouts++;
    settle(p, queue_pop(p), TICKET_TURNED_AWAY);
}

bool pool_init(struct pool *p, const struct pool_options *options)
{
    *p = (struct pool){.options = *options};
    p->serving = calloc(options->capacity, sizeof *p->serving);
    return p->serving != NULL;
}

void pool_fini(struct pool *p)
{
    assert(p->in_use == 0 && p->waiting == 0);
    free(p->serving);
    p->serving = NULL;
}

void pool_submit(struct pool *p, struct ticket *t, int64_t now_ns)
{
    assert(t->state == TICKET_NEW);
    pool_advance(p, now_ns);
    if (p->in_use == p->options.capacity) {
        t->deadline_ns = now_ns + p->options.queue_timeout_ns;
        queue_push(p, t);
        return;
    }
    start(p, t, now_ns);
    if (t->end_ns <= now_ns)
        t->state = TICKET_SERVED;
    else
        heap_push(p, t);
}

/* All wait equally long, so whoever is in front is also turned away first. A
 * slot that frees at the very moment of the timeout still serves. */
static bool timeout_is_next(const struct pool *p)
{
    return p->front &&
           (p->in_use == 0 || p->front->deadline_ns < p->serving[0]->end_ns);
}

int64_t pool_next_ns(const struct pool *p)
{
    if (timeout_is_next(p))
        return p->front->deadline_ns;
    return p->in_use > 0 ? p->serving[0]->end_ns : -1;
}

void pool_advance(struct pool *p, int64_t now_ns)
{
    for (;;) {
        int64_t next_ns = pool_next_ns(p);
        if (next_ns < 0 || next_ns > now_ns)
            return;
        if (timeout_is_next(p))
            turn_away_first(p);
        else
            finish_first(p);
    }
}

void pool_close(struct pool *p)
{
    while (p->front)
        settle(p, queue_pop(p), TICKET_TURNED_AWAY);
    while (p->in_use > 0)
        settle(p, heap_pop(p), TICKET_TURNED_AWAY);
}
