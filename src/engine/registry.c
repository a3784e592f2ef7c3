#include "engine/registry.h"

#include <string.h>

#include "base/alloc.h"

void registry_init(struct registry *r)
{
    pthread_mutex_init(&r->lock, NULL);
    intern_init(&r->names, REGISTRY_NAMES + 1);
    intern_add(&r->names, REGISTRY_OTHER, strlen(REGISTRY_OTHER), NULL);
    for (int i = 0; i < TALLIES; i++)
        intern_init(&r->tallies[i], REGISTRY_TALLIES + 1);
}

void registry_fini(struct registry *r)
{
    intern_fini(&r->names);
    for (int i = 0; i < TALLIES; i++)
        intern_fini(&r->tallies[i]);
    pthread_mutex_destroy(&r->lock);
}

uint32_t registry_name(struct registry *r, const char *text, size_t length)
{
    uint32_t number = intern_find(&r->names, text, length);
    if (number != INTERN_NONE)
        return number;
    if (registry_is_full(r))
        return 0;
    pthread_mutex_lock(&r->lock);
    number = intern_add(&r->names, text, length, NULL);
    pthread_mutex_unlock(&r->lock);
    return number;
}

bool registry_is_full(const struct registry *r)
{
    return r->names.count >= r->names.limit;
}

static uint32_t add_tally(struct intern *t, const char *text, size_t length,
                          const char *note)
{
    bool last = t->count + 1 >= t->limit;
    if (last)
        return intern_add(t, REGISTRY_OTHER, strlen(REGISTRY_OTHER), NULL);
    return intern_add(t, text, length, note);
}

/* The first note that anybody gives is kept. */
static void keep_note(struct registry *r, struct intern_entry *e,
                      const char *note)
{
    if (!note || e->note)
        return;
    pthread_mutex_lock(&r->lock);
    e->note = xstrdup(note);
    pthread_mutex_unlock(&r->lock);
}

uint32_t registry_tally(struct registry *r, enum tally tally, const char *text,
                        size_t length, const char *note)
{
    struct intern *t = &r->tallies[tally];
    uint32_t number = intern_find(t, text, length);
    if (number != INTERN_NONE) {
        keep_note(r, &t->entries[number], note);
        return number;
    }
    pthread_mutex_lock(&r->lock);
    number = add_tally(t, text, length, note);
    pthread_mutex_unlock(&r->lock);
    return number;
}
