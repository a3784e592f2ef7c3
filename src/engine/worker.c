#include "engine/worker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/exchange.h"
#include "engine/plan.h"
#include "io/http.h"
#include "io/ws.h"

/* How many waiters are told in one turn of the loop that they are served. */
enum { TOLD_PER_TURN = 128 };

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

/* Under the lock of the mailbox. */
static void wake(struct worker *w)
{
    bool listening = w->mailbox.state != WORKER_OPENING &&
                     w->mailbox.state != WORKER_FAILED &&
                     w->mailbox.state != WORKER_GONE;
    if (listening)
        loop_wake(&w->loop);
}

void worker_send(struct worker *w, unsigned commands)
{
    const unsigned pauses = WORKER_PAUSE | WORKER_RESUME;
    pthread_mutex_lock(&w->mailbox.lock);
    if (commands & pauses) /* the last one holds */
        w->mailbox.commands &= ~pauses;
    w->mailbox.commands |= commands;
    wake(w);
    pthread_mutex_unlock(&w->mailbox.lock);
}

void worker_hand(struct worker *w, struct list *link)
{
    pthread_mutex_lock(&w->mailbox.lock);
    bool is_first = list_is_empty(&w->mailbox.served);
    list_append(&w->mailbox.served, link);
    if (is_first)
        wake(w);
    pthread_mutex_unlock(&w->mailbox.lock);
}

void worker_take_back(struct worker *w, struct list *link)
{
    pthread_mutex_lock(&w->mailbox.lock);
    list_remove(link);
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

void worker_send_load(struct worker *w, uint32_t profile, int64_t at_ns,
                      double load)
{
    pthread_mutex_lock(&w->mailbox.lock);
    w->mailbox.orders[profile] = (struct load_order){true, at_ns, load};
    pthread_mutex_unlock(&w->mailbox.lock);
    worker_send(w, WORKER_LOAD);
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

static bool is_warm_up(const struct worker *w)
{
    return w->in_stage && clock_now_ns() < w->counts_from_ns;
}

/* Whether what was counted since the last flip is to count: not if the warm-up
 * lasted into that time. The control thread flips when it ends, so that little
 * of the stage is lost. */
static bool counts_matter(const struct worker *w)
{
    return !w->was_warm_up && !is_warm_up(w);
}

/* What the client counted belongs to the shard that is handed over. */
static void take_counts(struct worker *w)
{
    struct shard *shard = worker_shard(w);
    struct http_counts counts = http_client_take_counts(w->http);
    if (!counts_matter(w))
        return;
    shard->connections_reused += counts.reused;
    shard->reuse_races += counts.reuse_races;
    shard->unsolicited_bytes += counts.unsolicited_bytes;
    shard->health.exhausted += counts.exhausted;
}

static void take_turns(struct worker *w)
{
    enum { MILLISECOND_BUCKET = 10 }; /* 2^10 us */
    struct loop_turns turns = loop_take_turns(&w->loop);
    struct health_row *row = &worker_shard(w)->health;
    if (!w->in_stage || !counts_matter(w))
        return;
    for (int i = 0; i < LOOP_TURN_BUCKETS; i++) {
        row->turns += turns.buckets[i];
        row->slow_turns += i > MILLISECOND_BUCKET ? turns.buckets[i] : 0;
    }
    if (turns.longest_ns > row->longest_turn_ns)
        row->longest_turn_ns = turns.longest_ns;
}

static void flip(struct worker *w)
{
    take_counts(w);
    take_turns(w);
    w->was_warm_up = is_warm_up(w);
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
    loop_take_turns(&w->loop);
    w->was_warm_up = w->plan->warmup_ns;
    w->counts_from_ns = w->plan->warmup_ns ? w->mailbox.stage_start_ns : 0;
    for (size_t i = 0; i < w->plan->profile_count; i++)
        pool_start(&w->pools[i], w->mailbox.stage_start_ns, w->plan->warmup_ns);
}

static void carry_out_orders(struct worker *w)
{
    for (uint32_t i = 0; i < w->plan->profile_count; i++) {
        pthread_mutex_lock(&w->mailbox.lock);
        struct load_order order = w->mailbox.orders[i];
        w->mailbox.orders[i].is_new = false;
        pthread_mutex_unlock(&w->mailbox.lock);
        if (order.is_new)
            pool_set_load(&w->pools[i], order.at_ns, order.load);
    }
}

static void pause_pools(struct worker *w, bool is_paused)
{
    for (size_t i = 0; i < w->plan->profile_count; i++)
        pool_pause(&w->pools[i], is_paused);
}

/* Another worker may have left arrivals here, or freed a user. */
static void look_at_arrivals(struct worker *w)
{
    for (size_t i = 0; w->in_stage && i < w->plan->profile_count; i++)
        if (w->pools[i].dispatch)
            dispatch_run(w->pools[i].dispatch);
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

/* A few each turn, as with everything that may concern thousands. Those that
 * are served meanwhile wait for the next mail, so that users who answer one
 * another do not starve the loop. */
void worker_tell_served(struct worker *w)
{
    struct list served, *link;
    pthread_mutex_lock(&w->mailbox.lock);
    list_move_all(&w->mailbox.served, &served);
    pthread_mutex_unlock(&w->mailbox.lock);
    for (int i = 0; i < TOLD_PER_TURN && (link = list_take(&served)); i++) {
        struct waiter *waiter = list_entry(link, struct waiter, link);
        waiter->done(waiter);
    }
    pthread_mutex_lock(&w->mailbox.lock);
    list_prepend_all(&served, &w->mailbox.served);
    if (!list_is_empty(&w->mailbox.served))
        wake(w);
    pthread_mutex_unlock(&w->mailbox.lock);
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
    if (commands & WORKER_LOAD)
        carry_out_orders(w);
    if (commands & (WORKER_PAUSE | WORKER_RESUME))
        pause_pools(w, !(commands & WORKER_RESUME));
    if (commands & WORKER_FLIP)
        flip(w);
    if (commands & WORKER_QUIT)
        loop_stop(&w->loop);
    worker_tell_served(w);
    look_at_arrivals(w);
}

static void tidy(void *arg)
{
    struct worker *w = arg;
    int64_t longest_ns = w->journey->tidy(w);
    bool is_news = longest_ns > worker_shard(w)->health.longest_gc_ns;
    if (is_news && w->in_stage && !is_warm_up(w))
        worker_shard(w)->health.longest_gc_ns = longest_ns;
}

/* ------------------------------------------------------------------- thread */

static bool open_parts(struct worker *w, struct error *err)
{
    struct http_options options = {
        .insecure = w->plan->insecure,
        .resolve = (const char *const *)w->plan->resolve,
        .transport = w->plan->transport,
        .reuse = w->plan->reuse,
        .http2 = w->plan->http2,
        .no_resumption = w->plan->no_resumption,
        .tls = w->plan->has_tls ? &w->plan->tls : NULL,
        .connect_to = (const char *const *)w->plan->connect_to,
        .blocked = (const char *const *)w->plan->blocked,
        .family = w->plan->family,
        .proxy = w->plan->proxy,
        .source = w->plan->source};
    if (!loop_open(&w->loop, on_mail, w))
        return error_set(err, "cannot open an event loop");
    w->loop.tidy = w->journey->tidy ? tidy : NULL;
    w->http = http_client_open(&w->loop, &options, err);
    if (!w->http || !w->journey->open(w, err))
        return false;
    w->pools = xcalloc(w->plan->profile_count, sizeof *w->pools);
    vu_init(&w->service, w, NULL, 0, 0);
    bool are_open = true;
    for (uint32_t i = 0; i < w->plan->profile_count; i++)
        are_open = pool_init(&w->pools[i], w, i) && are_open;
    return are_open ||
           error_set(err, "cannot open a timer: %s", strerror(errno));
}

struct ws_client *worker_ws(struct worker *w)
{
    if (!w->ws && !(w->ws = ws_client_open(&w->loop)))
        abort();
    return w->ws;
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
    if (w->ws)
        ws_client_close(w->ws);
    if (w->http)
        http_client_close(w->http);
    loop_close(&w->loop);
    buffer_fini(&w->scratch);
}

static void *run_thread(void *arg)
{
    struct worker *w = arg;
    struct error err = {0};
    w->tid = (int)gettid();
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
                 const struct journey_type *journey, struct worker *peers,
                 uint32_t number, int notify_fd, struct error *err)
{
    struct shard_shape shape = plan_shape(plan);
    *w = (struct worker){
        .plan = plan,
        .journey = journey,
        .peers = peers,
        .number = number,
        .mailbox = {.state = WORKER_OPENING, .notify_fd = notify_fd}};
    pthread_mutex_init(&w->mailbox.lock, NULL);
    list_init(&w->mailbox.served);
    w->mailbox.orders = xcalloc(plan->profile_count, sizeof *w->mailbox.orders);
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
    trace_samples_fini(&w->traces);
    free(w->mailbox.orders);
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
    take_turns(w);
    w->in_stage = false;
    w->counts_from_ns = 0;
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

uint64_t worker_count_iteration(struct worker *w)
{
    struct worker *first = w->peers ? &w->peers[0] : w;
    return atomic_fetch_add_explicit(&first->iterations, 1,
                                     memory_order_relaxed);
}

void worker_abort(struct worker *w)
{
    w->is_ending = true;
    atomic_store(&w->aborted, true);
    notify(w);
}

void worker_out_of_memory(struct worker *w)
{
    w->is_ending = true;
    atomic_store(&w->out_of_memory, true);
    notify(w);
}
