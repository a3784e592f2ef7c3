#include "engine/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "engine/worker.h"

struct packet *packet_new(const void *bytes, size_t size)
{
    struct packet *p = xmalloc(sizeof *p + size);
    list_init(&p->link);
    p->size = size;
    if (size)
        memcpy(p->bytes, bytes, size);
    return p;
}

void packet_free(struct packet *p)
{
    free(p);
}

/* -------------------------------------------------------------------- items */

void exchange_init(struct exchange *e)
{
    *e = (struct exchange){0};
    pthread_mutex_init(&e->lock, NULL);
    intern_init(&e->names, EXCHANGE_NAMES_MAX);
}

static void clear_item(struct item *i)
{
    struct list *link;
    while ((link = list_take(&i->packets)))
        packet_free(list_entry(link, struct packet, link));
    packet_free(i->made);
    i->made = NULL;
    i->outer = NULL;
    i->state = ONCE_NOT_MADE;
    atomic_store(&i->count, 0);
}

void exchange_clear(struct exchange *e)
{
    for (uint32_t n = 0; n < e->names.count; n++)
        clear_item(e->items[n]);
}

void exchange_fini(struct exchange *e)
{
    exchange_clear(e);
    for (uint32_t n = 0; n < e->names.count; n++)
        free(e->items[n]);
    free(e->items);
    intern_fini(&e->names);
    pthread_mutex_destroy(&e->lock);
}

static struct item *item_new(enum item_kind kind)
{
    struct item *i = xcalloc(1, sizeof *i);
    i->kind = kind;
    list_init(&i->packets);
    list_init(&i->waiting);
    return i;
}

/* The kind is part of the key: a counter and a queue may share a name. */
static uint32_t number_of(struct exchange *e, enum item_kind kind,
                          const char *name, size_t length)
{
    struct buffer key = {0};
    buffer_add_char(&key, (char)('0' + (int)kind));
    buffer_add(&key, name, length);
    uint32_t number = intern_add(&e->names, key.data, key.size, NULL);
    buffer_fini(&key);
    return number;
}

struct item *exchange_item(struct exchange *e, enum item_kind kind,
                           const char *name, size_t length)
{
    struct item *i = NULL;
    pthread_mutex_lock(&e->lock);
    uint32_t number = number_of(e, kind, name, length);
    if (number != INTERN_NONE) {
        array_reserve((void **)&e->items, &e->capacity, (size_t)number + 1,
                      sizeof *e->items);
        if (!e->items[number])
            e->items[number] = item_new(kind);
        i = e->items[number];
    }
    pthread_mutex_unlock(&e->lock);
    return i;
}

int64_t exchange_count(struct item *i, int64_t change)
{
    return atomic_fetch_add(&i->count, change) + change;
}

/* ------------------------------------------------------- waiting; under lock
 */

static void wait_for(struct item *i, struct waiter *w)
{
    w->item = i;
    w->is_served = false;
    w->packet = NULL;
    list_append(&i->waiting, &w->link);
}

static bool serve_first(struct item *i, struct packet *p)
{
    struct list *link = list_take(&i->waiting);
    if (!link)
        return false;
    struct waiter *w = list_entry(link, struct waiter, link);
    w->is_served = true;
    w->packet = p;
    worker_hand(w->worker, &w->link);
    return true;
}

/* ------------------------------------------------------------------- queues */

bool exchange_set_limit(struct exchange *e, struct item *i, int64_t limit)
{
    pthread_mutex_lock(&e->lock);
    bool agrees = !i->limit || i->limit == limit;
    if (agrees)
        i->limit = limit;
    pthread_mutex_unlock(&e->lock);
    return agrees;
}

static bool is_full(const struct item *i)
{
    return atomic_load(&i->count) >=
           (i->limit ? i->limit : EXCHANGE_QUEUE_LIMIT);
}

bool exchange_push(struct exchange *e, struct item *i, struct packet *p)
{
    pthread_mutex_lock(&e->lock);
    bool taken = serve_first(i, p);
    if (!taken && !is_full(i)) {
        list_append(&i->packets, &p->link);
        atomic_fetch_add(&i->count, 1);
        taken = true;
    }
    pthread_mutex_unlock(&e->lock);
    return taken;
}

struct packet *exchange_pop(struct exchange *e, struct item *i,
                            struct waiter *w)
{
    pthread_mutex_lock(&e->lock);
    struct list *link = list_take(&i->packets);
    if (link)
        atomic_fetch_sub(&i->count, 1);
    else if (w)
        wait_for(i, w);
    pthread_mutex_unlock(&e->lock);
    return link ? list_entry(link, struct packet, link) : NULL;
}

/* It was the first, and stays the first, though the queue be full by now. */
static void give_back(struct item *i, struct packet *p)
{
    if (serve_first(i, p))
        return;
    list_prepend(&i->packets, &p->link);
    atomic_fetch_add(&i->count, 1);
}

/* --------------------------------------------------------------------- once */

enum once_answer exchange_begin_once(struct exchange *e, struct item *i,
                                     struct waiter *w)
{
    enum once_answer answer = ONCE_IS_MADE;
    pthread_mutex_lock(&e->lock);
    if (i->state == ONCE_NOT_MADE) {
        i->state = ONCE_IN_MAKING;
        answer = ONCE_YOUR_TURN;
    } else if (i->state == ONCE_IN_MAKING) {
        wait_for(i, w);
        answer = ONCE_WAIT;
    }
    pthread_mutex_unlock(&e->lock);
    return answer;
}

static void pass_turn_on(struct item *i)
{
    if (!serve_first(i, NULL))
        i->state = ONCE_NOT_MADE;
}

void exchange_end_once(struct exchange *e, struct item *i, struct packet *made)
{
    pthread_mutex_lock(&e->lock);
    i->outer = NULL;
    if (made) {
        i->made = made;
        i->state = ONCE_MADE;
        while (serve_first(i, made))
            continue;
    } else {
        pass_turn_on(i);
    }
    pthread_mutex_unlock(&e->lock);
}

/* ------------------------------------------------------------------ leaving */

void exchange_leave(struct exchange *e, struct waiter *w)
{
    struct item *i = w->item;
    pthread_mutex_lock(&e->lock);
    if (!w->is_served) {
        list_remove(&w->link);
    } else {
        worker_take_back(w->worker, &w->link);
        if (i->kind == ITEM_QUEUE)
            give_back(i, w->packet);
        else if (!w->packet)
            pass_turn_on(i);
    }
    pthread_mutex_unlock(&e->lock);
}
