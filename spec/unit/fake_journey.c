#include "fake_journey.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/plan.h"
#include "engine/worker.h"

struct fake_user {
    struct vu *vu;
    struct loop_timer wait;
};

static struct fake_script *script_of(const struct worker *w)
{
    return (struct fake_script *)(uintptr_t)worker_plan(w)->script;
}

struct fake_script *fake_script_new(void)
{
    struct fake_script *s = xcalloc(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void fake_script_free(struct fake_script *s)
{
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void write_down(struct fake_script *s, struct fake_event event)
{
    pthread_mutex_lock(&s->lock);
    if (s->count < FAKE_EVENTS_MAX)
        s->events[s->count++] = event;
    else
        s->is_full = true;
    pthread_mutex_unlock(&s->lock);
}

static void write_down_user(struct vu *vu, enum fake_event_kind kind)
{
    write_down(script_of(vu->worker),
               (struct fake_event){.kind = kind,
                                   .part = vu->part,
                                   .id = vu->id,
                                   .iteration = vu->iteration,
                                   .journey = vu->journey});
}

size_t fake_count(struct fake_script *s, enum fake_event_kind kind, int part,
                  int id)
{
    size_t count = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->count; i++) {
        const struct fake_event *e = &s->events[i];
        count += e->kind == kind &&
                 (part == FAKE_ANY || part == (int)e->part) &&
                 (id == FAKE_ANY || id == (int)e->id);
    }
    pthread_mutex_unlock(&s->lock);
    return count;
}

static bool open_worker(struct worker *w, struct error *err)
{
    struct fake_script *s = script_of(w);
    w->script = s;
    write_down(s, (struct fake_event){.kind = FAKE_OPEN_WORKER});
    if (s->fails_to_open == (int)worker_number(w) + 1)
        return error_set(err, "worker %u does not want to", worker_number(w));
    return true;
}

static void close_worker(struct worker *w)
{
    write_down(script_of(w), (struct fake_event){.kind = FAKE_CLOSE_WORKER});
    w->script = NULL;
}

static void on_waited(struct loop_timer *t)
{
    struct vu *vu = list_entry(t, struct fake_user, wait)->vu;
    fake_finish(vu, script_of(vu->worker)->parts[vu->part].outcome);
}

static void open_user(struct vu *vu)
{
    struct fake_user *user = xcalloc(1, sizeof *user);
    user->vu = vu;
    loop_timer_init(&user->wait, on_waited);
    vu->script = user;
    write_down_user(vu, FAKE_OPEN);
}

static void close_user(struct vu *vu)
{
    write_down_user(vu, FAKE_CLOSE);
    free(vu->script);
    vu->script = NULL;
}

void fake_finish(struct vu *vu, enum journey_outcome outcome)
{
    write_down_user(vu, FAKE_END);
    vu_finished(vu, outcome);
}

/* As the Lua side does around lua_resume. */
static void block_until_interrupted(struct vu *vu)
{
    struct worker *w = vu->worker;
    struct fake_script *s = script_of(w);
    atomic_fetch_add(&w->resumes, 1);
    atomic_store(&w->running, (uint64_t)vu->id + 1);
    while (!atomic_load(&s->interrupted))
        continue;
    atomic_store(&w->running, 0);
    fake_finish(vu, OUTCOME_ERROR);
}

static void start(struct vu *vu, enum journey_part part)
{
    struct fake_script *s = script_of(vu->worker);
    const struct fake_part *how = &s->parts[part];
    struct fake_user *user = vu->script;
    write_down_user(vu, FAKE_START);
    if (s->at_start)
        s->at_start(vu, part);
    if (how->way == FAKE_AT_ONCE) {
        fake_finish(vu, how->outcome);
    } else if (how->way == FAKE_BLOCKS) {
        block_until_interrupted(vu);
    } else {
        vu->waited = true;
        if (how->way == FAKE_WAITS)
            loop_timer_start(worker_loop(vu->worker), &user->wait,
                             clock_now_ns() + how->wait_ns);
    }
}

static void cancel(struct vu *vu)
{
    struct fake_user *user = vu->script;
    write_down_user(vu, FAKE_CANCEL);
    loop_timer_stop(&user->wait);
    fake_finish(vu, OUTCOME_CUT_OFF);
}

static void interrupt(struct worker *w)
{
    write_down(script_of(w), (struct fake_event){.kind = FAKE_INTERRUPT});
    atomic_store(&script_of(w)->interrupted, true);
}

const struct journey_type fake_journey = {.open = open_worker,
                                          .close = close_worker,
                                          .vu_open = open_user,
                                          .vu_close = close_user,
                                          .start = start,
                                          .cancel = cancel,
                                          .interrupt = interrupt};
