#include "engine/handover.h"

#include <stdlib.h>

#include "base/alloc.h"

void handover_init(struct handover *h)
{
    *h = (struct handover){0};
    atomic_init(&h->stuck_ns, ARRIVAL_NEVER);
    pthread_mutex_init(&h->lock, NULL);
}

void handover_fini(struct handover *h)
{
    pthread_mutex_destroy(&h->lock);
    free(h->waiting);
}

bool handover_take_user(struct handover *h)
{
    int free_users = atomic_load(&h->free);
    while (free_users > 0)
        if (atomic_compare_exchange_weak(&h->free, &free_users, free_users - 1))
            return true;
    return false;
}

bool handover_offer(struct handover *h, const struct arrival *a)
{
    pthread_mutex_lock(&h->lock);
    bool taken = handover_take_user(h);
    if (taken) {
        array_reserve((void **)&h->waiting, &h->capacity, h->count + 1,
                      sizeof *h->waiting);
        h->waiting[h->count++] = *a;
    }
    pthread_mutex_unlock(&h->lock);
    return taken;
}

bool handover_take(struct handover *h, size_t i, struct arrival *a)
{
    pthread_mutex_lock(&h->lock);
    bool is_there = i < h->count;
    if (is_there)
        *a = h->waiting[i];
    else
        h->count = 0;
    pthread_mutex_unlock(&h->lock);
    return is_there;
}

void handover_close(struct handover *h)
{
    atomic_store(&h->is_done, true);
    pthread_mutex_lock(&h->lock);
    atomic_store(&h->free, 0);
    pthread_mutex_unlock(&h->lock);
}
