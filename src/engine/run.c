#include "engine/run.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/plan.h"
#include "engine/run_workers.h"
#include "engine/sample_log.h"
#include "engine/signals.h"

static const int64_t TICK_NS = NS_PER_S;
static const int64_t CUT_OFF_WAIT_NS = 5 * NS_PER_S;
static const int64_t START_AHEAD_NS = 2 * NS_PER_MS;
static const int64_t SAMPLES_WAIT_NS = 5 * NS_PER_S;
static const int64_t LOAD_AHEAD_NS = 50 * NS_PER_MS;

/* ------------------------------------------------------------- a look at it */

double run_elapsed_s(const struct run *r)
{
    if (!r->stage_start_ns)
        return 0;
    int64_t end_ns = r->stage_end_ns ? r->stage_end_ns : clock_now_ns();
    double elapsed_s = (double)(end_ns - r->stage_start_ns) / NS_PER_S;
    return elapsed_s > 0 ? elapsed_s : 0;
}

double run_span_s(const struct run *r)
{
    return run_elapsed_s(r) + (double)r->parts_ns / NS_PER_S;
}

uint32_t run_users(struct run *r)
{
    uint32_t users = 0;
    for (uint32_t i = 0; i < r->worker_count; i++)
        users +=
            atomic_load_explicit(&r->workers[i].users, memory_order_relaxed);
    return users;
}

uint32_t run_profile_users(struct run *r, uint32_t profile)
{
    uint32_t users = 0;
    for (uint32_t i = 0; i < r->worker_count; i++)
        users += atomic_load_explicit(&r->workers[i].pools[profile].in_use,
                                      memory_order_relaxed);
    return users;
}

/* ---------------------------------------------------------- load from outside
 */

void run_set_load(struct run *r, uint32_t profile, double load)
{
    int64_t at_ns = clock_now_ns() + LOAD_AHEAD_NS;
    if (at_ns < r->stage_start_ns)
        at_ns = r->stage_start_ns;
    for (uint32_t i = 0; i < r->worker_count; i++)
        worker_send_load(&r->workers[i], profile, at_ns, load);
}

void run_pause(struct run *r, bool is_paused)
{
    r->is_paused = is_paused;
    workers_send(r, is_paused ? WORKER_PAUSE : WORKER_RESUME);
}

static void mark_health(const struct run *r, struct health_mark *m)
{
    health_mark(m, r->workers, r->worker_count, clock_now_ns());
}

static struct health health_since(const struct run *r,
                                  const struct health_mark *from)
{
    struct health_mark now = {0};
    mark_health(r, &now);
    struct health h = health_between(from, &now);
    health_mark_fini(&now);
    return h;
}

void run_begin_level(struct run *r)
{
    totals_begin_level(&r->totals);
    mark_health(r, &r->level_mark);
}

struct health run_level_health(struct run *r)
{
    return health_since(r, &r->level_mark);
}

double run_level_span_s(const struct run *r)
{
    return (double)(clock_now_ns() - r->level_mark.at_ns) / NS_PER_S;
}

/* ----------------------------------------------------------------- stopping */

/* The worse reason wins, in the order of lua/lload/exit_codes.lua. */
static void note_stop(struct run *r, enum run_stop why)
{
    static const int rank[RUN_STOPS] = {
        [RUN_FINISHED] = 0,         [RUN_THRESHOLD] = 1,
        [RUN_SETUP_FAILED] = 2,     [RUN_TEARDOWN_FAILED] = 2,
        [RUN_OUT_OF_MEMORY] = 3,    [RUN_HUNG] = 3,
        [RUN_INTERRUPTED] = 4,      [RUN_ABORTED] = 5,
        [RUN_TEARDOWN_TIMEOUT] = 6, [RUN_SETUP_TIMEOUT] = 7,
        [RUN_INTERNAL] = 8};
    if (rank[why] > rank[r->stop])
        r->stop = why;
}

static void stop_because(struct run *r, enum run_stop why, unsigned command)
{
    note_stop(r, why);
    r->stopping = true;
    workers_send(r, command);
}

static void obey_signals(struct run *r)
{
    int count = signals_count();
    if (count == r->signals_seen)
        return;
    r->signals_seen = count;
    stop_because(r, RUN_INTERRUPTED, count == 1 ? WORKER_STOP : WORKER_CUT_OFF);
}

static void obey_caller(struct run *r, enum run_wish wish)
{
    static const struct {
        enum run_stop why;
        unsigned command;
    } ends[] = {[RUN_WANTS_FAILURE] = {RUN_THRESHOLD, WORKER_CUT_OFF},
                [RUN_WANTS_END] = {RUN_FINISHED, WORKER_STOP},
                [RUN_WANTS_INTERRUPTION] = {RUN_INTERRUPTED, WORKER_STOP}};
    if (wish != RUN_GO_ON && !r->stopping)
        stop_because(r, ends[wish].why, ends[wish].command);
}

static void obey_scripts(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++) {
        if (atomic_exchange(&r->workers[i].out_of_memory, false))
            stop_because(r, RUN_OUT_OF_MEMORY, WORKER_CUT_OFF);
        if (atomic_exchange(&r->workers[i].aborted, false))
            stop_because(r, RUN_ABORTED, WORKER_CUT_OFF);
    }
}

/* ------------------------------------------------------------------- phases */

static void close_window(struct run *r, int64_t now_ns)
{
    uint32_t users = workers_take_peak_users(r);
    struct crowd crowd = {users, workers_in_flight(r)};
    int64_t at_ns = now_ns - r->stage_start_ns;
    if (r->phase == RUN_WARM_UP)
        totals_close_warm_window(&r->totals, at_ns, crowd);
    if (r->phase != RUN_STAGE)
        return;
    totals_count_users(&r->totals, users, plan_max_vus(r->plan), now_ns);
    totals_close_window(&r->totals, at_ns, crowd);
}

/* Workers know by themselves what counts; the first window lasts until the next
 * tick. */
static void end_warm_up(struct run *r, int64_t now_ns)
{
    if (r->phase != RUN_WARM_UP || now_ns < r->stage_start_ns)
        return;
    r->phase = RUN_STAGE;
    mark_health(r, &r->stage_mark);
}

/* The first second of the stage begins where the warm-up ends. */
static int64_t next_tick(const struct run *r)
{
    int64_t next_ns = r->next_tick_ns + TICK_NS, now_ns = clock_now_ns();
    if (next_ns < now_ns)
        next_ns = now_ns + TICK_NS;
    bool passes_start = r->phase == RUN_WARM_UP && next_ns > r->stage_start_ns;
    return passes_start ? r->stage_start_ns : next_ns;
}

static void tick(struct run *r, int64_t now_ns)
{
    struct watchdog_rules rules = {.journey = r->journey,
                                   .max_busy_ns = r->plan->max_busy_ns};
    workers_merge(r);
    close_window(r, clock_now_ns());
    end_warm_up(r, now_ns);
    if (!watchdog_look(&r->watchdog, r->workers, r->worker_count, &rules,
                       now_ns)) {
        note_stop(r, RUN_HUNG);
        r->workers_lost = true;
    }
    if (r->caller.tick)
        obey_caller(r, r->caller.tick(r->caller.arg, r));
    r->next_tick_ns = next_tick(r);
}

static void look(struct run *r)
{
    if (r->caller.look)
        obey_caller(r, r->caller.look(r->caller.arg, r));
}

/* Until all workers have nothing to do, or `deadline_ns` passes (0 = none).
 * False if the deadline passed or the workers are lost. */
static bool wait_until_ready(struct run *r, int64_t deadline_ns)
{
    look(r);
    while (!workers_are_ready(r)) {
        int64_t now_ns = clock_now_ns();
        if (deadline_ns && now_ns >= deadline_ns)
            return false;
        if (now_ns >= r->next_tick_ns) {
            tick(r, now_ns);
            if (r->workers_lost)
                return false;
        } else {
            int64_t until_ns = r->next_tick_ns;
            if (deadline_ns && deadline_ns < until_ns)
                until_ns = deadline_ns;
            workers_wait(r, until_ns);
        }
        look(r); /* a tick may have taken the news out of the mail */
        obey_signals(r);
        obey_scripts(r);
    }
    obey_scripts(r);
    return true;
}

/* setup or teardown, on the first worker; true if it came to its end. */
static bool run_part(struct run *r, enum journey_part part, int64_t timeout_ns,
                     enum run_stop on_timeout, enum run_stop on_failure)
{
    struct worker *w = &r->workers[0];
    worker_send_part(w, part);
    if (!wait_until_ready(r, clock_now_ns() + timeout_ns)) {
        if (r->workers_lost)
            return false;
        note_stop(r, on_timeout);
        worker_send(w, WORKER_CUT_OFF);
        if (!wait_until_ready(r, clock_now_ns() + CUT_OFF_WAIT_NS))
            r->workers_lost = true;
        return false;
    }
    bool done = w->mailbox.part_outcome == OUTCOME_DONE;
    if (!done)
        note_stop(r, on_failure);
    return done;
}

static bool time_part(struct run *r, enum journey_part part, int64_t timeout_ns,
                      enum run_stop on_timeout, enum run_stop on_failure)
{
    int64_t from_ns = clock_now_ns();
    bool done = run_part(r, part, timeout_ns, on_timeout, on_failure);
    r->parts_ns += clock_now_ns() - from_ns;
    return done;
}

static void run_stage(struct run *r)
{
    workers_merge(r); /* of setup: in no window */
    mark_health(r, &r->stage_mark);
    r->phase = r->plan->warmup_ns ? RUN_WARM_UP : RUN_STAGE;
    r->stage_start_ns = clock_now_ns() + START_AHEAD_NS + r->plan->warmup_ns;
    totals_begin_stage(&r->totals, r->stage_start_ns - r->started_ns,
                       r->plan->warmup_ns);
    r->next_tick_ns = r->stage_start_ns - r->plan->warmup_ns;
    r->next_tick_ns = next_tick(r);
    for (uint32_t i = 0; i < r->worker_count; i++)
        worker_send_stage(&r->workers[i], r->stage_start_ns);
    wait_until_ready(r, 0);
    r->stage_end_ns = clock_now_ns();
    end_warm_up(r, r->stage_end_ns);
    r->health = health_since(r, &r->stage_mark);
    if (!r->workers_lost)
        workers_merge(r);
    close_window(r, r->stage_end_ns);
    totals_end_stage(&r->totals);
}

static void run_phases(struct run *r)
{
    const struct run_plan *p = r->plan;
    bool set_up = !signals_count();
    if (p->has_setup && set_up)
        set_up = time_part(r, PART_SETUP, p->setup_timeout_ns,
                           RUN_SETUP_TIMEOUT, RUN_SETUP_FAILED);
    obey_signals(r);
    if (set_up && r->stop == RUN_FINISHED)
        run_stage(r);
    r->phase = RUN_TEARDOWN;
    bool hurried = signals_count() > 1 || r->workers_lost;
    if (set_up && p->has_teardown && !hurried)
        run_part(r, PART_TEARDOWN, p->teardown_timeout_ns, RUN_TEARDOWN_TIMEOUT,
                 RUN_TEARDOWN_FAILED);
}

/* -------------------------------------------------------------- start, end */

/* A worker's thread sees its ring with the first command it gets. */
static void begin_samples(struct run *r)
{
    if (r->plan->samples)
        sample_log_begin(r->plan->samples, r->plan, r->workers, clock_now_ns(),
                         clock_wall_ms());
}

static void end_samples(struct run *r)
{
    if (r->plan->samples && r->workers && r->workers[0].samples)
        sample_log_end(r->plan->samples, clock_now_ns() + SAMPLES_WAIT_NS,
                       r->workers_lost);
}

static void init(struct run *r, const struct run_plan *plan,
                 const struct journey_type *journey,
                 const struct run_caller *caller)
{
    *r = (struct run){.plan = plan,
                      .journey = journey,
                      .notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                      .clock_cost_ns = clock_cost_ns(),
                      .started_ns = clock_now_ns(),
                      .caller = caller ? *caller : (struct run_caller){0},
                      .next_tick_ns = clock_now_ns() + TICK_NS};
    watchdog_init(&r->watchdog, plan->workers, r->started_ns);
    totals_init(&r->totals, plan);
    r->totals.log = r->caller.log;
    signals_wake(r->notify_fd);
}

enum run_stop run_execute(struct run *r, const struct run_plan *plan,
                          const struct journey_type *journey,
                          const struct run_caller *caller, struct error *err)
{
    init(r, plan, journey, caller);
    if (workers_open(r, err)) {
        begin_samples(r);
        run_phases(r);
    } else {
        r->stop = RUN_INTERNAL;
    }
    r->phase = RUN_OVER;
    if (!r->workers_lost) {
        workers_join(r);
        workers_merge_rest(r);
    }
    end_samples(r);
    int64_t since_ns = r->stage_start_ns ? r->stage_start_ns : r->started_ns;
    totals_end(&r->totals, clock_now_ns() - since_ns);
    return r->stop;
}

void run_fini(struct run *r)
{
    signals_wake(-1);
    if (!r->workers_lost) {
        for (uint32_t i = 0; i < r->worker_count; i++)
            worker_fini(&r->workers[i]);
        free(r->workers);
        totals_fini(&r->totals);
        close(r->notify_fd);
    }
    health_mark_fini(&r->stage_mark);
    health_mark_fini(&r->level_mark);
    watchdog_fini(&r->watchdog);
}
