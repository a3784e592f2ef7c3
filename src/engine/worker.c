#include "engine/worker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/plan.h"
#include "io/http.h"

/* ------------------------------------------------------------------ mailbox */

static void notify(struct worker *w)
{
    uint64_t one = 1;
    ssize_t written = write(w->mailbox.notify_fd, &one, sizeof one);
    (void)written; /* a full counter wakes the reader just as well */
}

static void set_state(struct worker *w, enum worker_state state)
{
    pthread_mutex_lock(&w->mailbox.lock);
    w->mailbox.state = state;
    pthread_mutex_unlock(&w->mailbox.lock);
    notify(w);
}

void worker_send(struct worker *w, unsigned commands)
{
    pthread_mutex_lock(&w->mailbox.lock);
    bool listening = w->mailbox.state != WORKER_OPENING &&
                     w->mailbox.state != WORKER_FAILED &&
                     w->mailbox.state != WORKER_GONE;
    w->mailbox.commands |= commands;
    if (listening)
        loop_wake(&w->loop);
    pthread_mutex_unlock(&w->mailbox.lock);
}

void worker_send_part(struct worker *w, enum journey_part part)
{
    pthread_mutex_lock(&w->mailbox.lock);
    w->mailbox.part = part;
    w->mailbox.state = WORKER_IN_PART;
    pthread_mutex_unlock(&w->mailbox.lock);
    worker_send(w, WORKER_PART);
}

void worker_send_stage(struct worker *w, int64_t stage_start_ns)
{
    pthread_mutex_lock(&w->mailbox.lock);
    w->mailbox.stage_start_ns = stage_start_ns;
    w->mailbox.state = WORKER_IN_STAGE;
    pthread_mutex_unlock(&w->mailbox.lock);
    worker_send(w, WORKER_STAGE);
}

enum worker_state worker_state(struct worker *w)
{
    pthread_mutex_lock(&w->mailbox.lock);
    enum worker_state state = w->mailbox.state;
    pthread_mutex_unlock(&w->mailbox.lock);
    return state;
}

struct shard *worker_flipped(struct worker *w)
{
    pthread_mutex_lock(&w->mailbox.lock);
    struct shard *full = w->mailbox.flipped ? &w->shards[!w->live] : NULL;
    pthread_mutex_unlock(&w->mailbox.lock);
    return full;
}

void worker_give_back(struct worker *w)
{
    pthread_mutex_lock(&w->mailbox.lock);
    w->mailbox.flipped = false;
    pthread_mutex_unlock(&w->mailbox.lock);
}

/* ----------------------------------------------------------------- commands */

/* What the client counted belongs to the shard that is handed over. */
static void take_counts(struct worker *w)
{
    struct shard *shard = worker_shard(w);
    struct http_counts counts = http_client_take_counts(w->http);
    shard->connections_reused += counts.reused;
    shard->reuse_races += counts.reuse_races;
    shard->unsolicited_bytes += counts.unsolicited_bytes;
}

static void flip(struct worker *w)
{
    take_counts(w);
    pthread_mutex_lock(&w->mailbox.lock);
    if (!w->mailbox.flipped) {
        w->live = !w->live;
        w->mailbox.flipped = true;
    }
    pthread_mutex_unlock(&w->mailbox.lock);
    notify(w);
}

static void start_stage(struct worker *w)
{
    w->in_stage = true;
    w->stage_started_ns = clock_now_ns();
    w->stage_started_cpu_ns = clock_thread_cpu_ns();
    w->loop.longest_turn_ns = 0;
    for (size_t i = 0; i < w->plan->profile_count; i++)
        pool_start(&w->pools[i], w->mailbox.stage_start_ns);
}

static void stop(struct worker *w)
{
    for (size_t i = 0; i < w->plan->profile_count; i++)
        pool_stop(&w->pools[i], w->plan->profiles[i].grace_ns);
    worker_pool_changed(w);
}

static void cut_off(struct worker *w)
{
    for (size_t i = 0; i < w->plan->profile_count; i++)
        pool_cut_off(&w->pools[i]);
    if (w->service.busy)
        w->journey->cancel(&w->service);
    worker_pool_changed(w);
}

static void on_mail(void *arg)
{
    struct worker *w = arg;
    pthread_mutex_lock(&w->mailbox.lock);
    unsigned commands = w->mailbox.commands;
    w->mailbox.commands = 0;
    pthread_mutex_unlock(&w->mailbox.lock);
    if (commands & WORKER_PART)
        vu_run_part(&w->service, w->mailbox.part);
    if (commands & WORKER_STAGE)
        start_stage(w);
    if (commands & WORKER_STOP)
        stop(w);
    if (commands & WORKER_CUT_OFF)
        cut_off(w);
    if (commands & WORKER_FLIP)
        flip(w);
    if (commands & WORKER_QUIT)
        loop_stop(&w->loop);
}

/* ------------------------------------------------------------------- thread */

static bool open_parts(struct worker *w, struct error *err)
{
    struct http_options options = {.insecure = w->plan->insecure,
                                   .resolve =
                                       (const char *const *)w->plan->resolve,
                                   .transport = w->plan->transport,
                                   .reuse = w->plan->reuse,
                                   .http2 = w->plan->http2,
                                   .no_resumption = w->plan->no_resumption,
                                   .source = w->plan->source};
    if (!loop_open(&w->loop, on_mail, w))
        return error_set(err, "cannot open an event loop");
    w->http = http_client_open(&w->loop, &options, err);
    if (!w->http || !w->journey->open(w, err))
        return false;
    w->pools = xcalloc(w->plan->profile_count, sizeof *w->pools);
    for (uint32_t i = 0; i < w->plan->profile_count; i++)
        pool_init(&w->pools[i], w, i);
    vu_init(&w->service, w, NULL, 0, 0);
    return true;
}

static void close_parts(struct worker *w)
{
    if (w->pools) {
        cut_off(w);
        for (uint32_t i = 0; i < w->plan->profile_count; i++)
            pool_fini(&w->pools[i]);
        vu_fini(&w->service);
    }
    free(w->pools);
    w->pools = NULL;
    if (w->script)
        w->journey->close(w);
    if (w->http)
        http_client_close(w->http);
    loop_close(&w->loop);
    buffer_fini(&w->scratch);
}

static void *run_thread(void *arg)
{
    struct worker *w = arg;
    struct error err = {0};
    bool opened = open_parts(w, &err);
    if (opened) {
        set_state(w, WORKER_READY);
        loop_run(&w->loop);
        set_state(w, WORKER_GONE);
        close_parts(w);
    } else {
        close_parts(w);
        w->mailbox.error = err;
        set_state(w, WORKER_FAILED);
    }
    return NULL;
}

bool worker_open(struct worker *w, const struct run_plan *plan,
                 const struct journey_type *journey, uint32_t number,
                 int notify_fd, struct error *err)
{
    struct shard_shape shape = plan_shape(plan);
    *w = (struct worker){
        .plan = plan,
        .journey = journey,
        .number = number,
        .mailbox = {.state = WORKER_OPENING, .notify_fd = notify_fd}};
    pthread_mutex_init(&w->mailbox.lock, NULL);
    registry_init(&w->registry);
    shard_init(&w->shards[0], &shape);
    shard_init(&w->shards[1], &shape);
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
    int status = pthread_create(&w->thread, NULL, run_thread, w);
    if (status == 0)
        return true;
    error_set(err, "cannot start a worker thread: %s", strerror(status));
    worker_fini(w);
    return false;
}

void worker_join(struct worker *w)
{
    pthread_join(w->thread, NULL);
}

void worker_fini(struct worker *w)
{
    shard_fini(&w->shards[0]);
    shard_fini(&w->shards[1]);
    registry_fini(&w->registry);
    pthread_mutex_destroy(&w->mailbox.lock);
}

/* ------------------------------------------------------------------- events */

void worker_part_done(struct worker *w, enum journey_part part,
                      enum journey_outcome outcome)
{
    (void)part;
    w->mailbox.part_outcome = outcome;
    set_state(w, WORKER_READY);
}

static void end_stage(struct worker *w)
{
    w->in_stage = false;
    w->stage_wall_ns = clock_now_ns() - w->stage_started_ns;
    w->stage_cpu_ns = clock_thread_cpu_ns() - w->stage_started_cpu_ns;
    set_state(w, WORKER_READY);
}

void worker_pool_changed(struct worker *w)
{
    for (size_t i = 0; i < w->plan->profile_count; i++)
        if (!pool_is_done(&w->pools[i]))
            return;
    if (w->in_stage)
        end_stage(w);
}

void worker_count_user(struct worker *w, int change)
{
    unsigned users = atomic_load_explicit(&w->users, memory_order_relaxed);
    users += (unsigned)change;
    atomic_store_explicit(&w->users, users, memory_order_relaxed);
    if (users > atomic_load_explicit(&w->peak_users, memory_order_relaxed))
        atomic_store_explicit(&w->peak_users, users, memory_order_relaxed);
}

void worker_note_held_back(struct worker *w)
{
    atomic_fetch_add_explicit(&w->held_back, 1, memory_order_relaxed);
}

void worker_abort(struct worker *w)
{
    w->is_ending = true;
    atomic_store(&w->aborted, true);
    notify(w);
}
