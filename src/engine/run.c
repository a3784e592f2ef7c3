#include "engine/run.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "engine/plan.h"
#include "engine/sample_log.h"

static const int64_t TICK_NS = NS_PER_S;
static const int64_t FLIP_WAIT_NS = 500 * NS_PER_MS;
static const int64_t CUT_OFF_WAIT_NS = 5 * NS_PER_S;
static const int64_t START_AHEAD_NS = 2 * NS_PER_MS;
static const int64_t SAMPLES_WAIT_NS = 5 * NS_PER_S;
static const int64_t LOAD_AHEAD_NS = 50 * NS_PER_MS;

/* ------------------------------------------------------------------ signals */

/* The handler runs on whichever thread the kernel picks. */
static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler must not lock");
static atomic_int signal_count;
static atomic_int signal_fd = -1;

static void on_signal(int number)
{
    (void)number;
    int saved = errno;
    uint64_t one = 1;
    signal_count++;
    if (signal_fd >= 0) {
        ssize_t written = write(signal_fd, &one, sizeof one);
        (void)written;
    }
    errno = saved;
}

void run_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    signal_count = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* write() says so, too, and that is handled */
}

int run_signals(void)
{
    return signal_count;
}

/* ----------------------------------------------------------------- the sums */

static void merge_worker(struct run *r, uint32_t i, struct shard *full)
{
    totals_merge(&r->totals, i, &r->workers[i].registry, full);
    shard_reset(full);
}

static bool take_flipped(struct run *r, uint32_t i)
{
    struct shard *full = worker_flipped(&r->workers[i]);
    if (!full)
        return false;
    merge_worker(r, i, full);
    worker_give_back(&r->workers[i]);
    return true;
}

static void wait_for_mail(const struct run *r, int64_t until_ns)
{
    struct pollfd p = {.fd = r->notify_fd, .events = POLLIN};
    int64_t left_ns = until_ns - clock_now_ns();
    struct timespec t = {0};
    if (left_ns > 0) {
        t.tv_sec = left_ns / NS_PER_S;
        t.tv_nsec = left_ns % NS_PER_S;
    }
    if (ppoll(&p, 1, &t, NULL) == 1) {
        uint64_t count;
        ssize_t got = read(r->notify_fd, &count, sizeof count);
        (void)got;
    }
}

/* A worker that is stuck in a script is left out; its shard comes later. */
static void merge_workers(struct run *r)
{
    int64_t until_ns = clock_now_ns() + FLIP_WAIT_NS;
    bool *merged = xcalloc(r->worker_count, sizeof *merged);
    uint32_t missing = r->worker_count;
    for (uint32_t i = 0; i < r->worker_count; i++)
        worker_send(&r->workers[i], WORKER_FLIP);
    while (missing && clock_now_ns() < until_ns) {
        for (uint32_t i = 0; i < r->worker_count; i++)
            if (!merged[i] && take_flipped(r, i)) {
                merged[i] = true;
                missing--;
            }
        if (missing)
            wait_for_mail(r, until_ns);
    }
    free(merged);
}

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

/* Requests without an answer yet. */
static uint32_t in_flight(const struct run *r)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->worker_count; i++)
        count += atomic_load_explicit(&r->workers[i].in_flight,
                                      memory_order_relaxed);
    return count;
}

/* The most users at once since the last call. */
static uint32_t take_peak_users(struct run *r)
{
    uint32_t peak = 0;
    for (uint32_t i = 0; i < r->worker_count; i++) {
        struct worker *w = &r->workers[i];
        peak += atomic_exchange(&w->peak_users, atomic_load(&w->users));
    }
    return peak;
}

static void close_window(struct run *r, int64_t now_ns)
{
    uint32_t users = take_peak_users(r);
    struct crowd crowd = {users, in_flight(r)};
    int64_t at_ns = now_ns - r->stage_start_ns;
    if (r->phase == RUN_WARM_UP)
        totals_close_warm_window(&r->totals, at_ns, crowd);
    if (r->phase != RUN_STAGE)
        return;
    totals_count_users(&r->totals, users, plan_max_vus(r->plan), now_ns);
    totals_close_window(&r->totals, at_ns, crowd);
}

/* ---------------------------------------------------------- load from outside
 */

static void send_all(struct run *r, unsigned commands)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        worker_send(&r->workers[i], commands);
}

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
    send_all(r, is_paused ? WORKER_PAUSE : WORKER_RESUME);
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
    send_all(r, command);
}

static void obey_signals(struct run *r)
{
    int count = run_signals();
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

/* ----------------------------------------------------------------- watchdog */

/* A script that was not resumed again since the last look, and still runs, has
 * not yielded. First it is broken off; if it does not even notice that within
 * as long again, the run is lost. */
static bool watch_worker(struct run *r, uint32_t i, int64_t now_ns)
{
    struct worker *w = &r->workers[i];
    uint64_t resumes = atomic_load_explicit(&w->resumes, memory_order_relaxed);
    uint64_t running = atomic_load_explicit(&w->running, memory_order_relaxed);
    if (!running || resumes != r->watched_resumes[i]) {
        r->watched_resumes[i] = resumes;
        r->watched_since_ns[i] = now_ns;
        r->watched_interrupted[i] = false;
        return true;
    }
    int64_t stuck_ns = now_ns - r->watched_since_ns[i];
    if (stuck_ns < r->plan->max_busy_ns)
        return true;
    if (!r->watched_interrupted[i]) {
        r->watched_interrupted[i] = true;
        r->journey->interrupt(w);
        return true;
    }
    return stuck_ns < 2 * r->plan->max_busy_ns + NS_PER_S;
}

static bool watch_workers(struct run *r, int64_t now_ns)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        if (!watch_worker(r, i, now_ns))
            return false;
    return true;
}

/* ------------------------------------------------------------------- phases */

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
    merge_workers(r);
    close_window(r, clock_now_ns());
    end_warm_up(r, now_ns);
    if (!watch_workers(r, now_ns)) {
        note_stop(r, RUN_HUNG);
        r->workers_lost = true;
    }
    if (r->caller.tick)
        obey_caller(r, r->caller.tick(r->caller.arg, r));
    r->next_tick_ns = next_tick(r);
}

static bool all_ready(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        if (worker_state(&r->workers[i]) != WORKER_READY)
            return false;
    return true;
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
    while (!all_ready(r)) {
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
            wait_for_mail(r, until_ns);
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
    merge_workers(r); /* of setup: in no window */
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
        merge_workers(r);
    close_window(r, r->stage_end_ns);
    totals_end_stage(&r->totals);
}

static void run_phases(struct run *r)
{
    const struct run_plan *p = r->plan;
    bool set_up = !run_signals();
    if (p->has_setup && set_up)
        set_up = time_part(r, PART_SETUP, p->setup_timeout_ns,
                           RUN_SETUP_TIMEOUT, RUN_SETUP_FAILED);
    obey_signals(r);
    if (set_up && r->stop == RUN_FINISHED)
        run_stage(r);
    r->phase = RUN_TEARDOWN;
    bool hurried = run_signals() > 1 || r->workers_lost;
    if (set_up && p->has_teardown && !hurried)
        run_part(r, PART_TEARDOWN, p->teardown_timeout_ns, RUN_TEARDOWN_TIMEOUT,
                 RUN_TEARDOWN_FAILED);
}

/* -------------------------------------------------------------- start, end */

static bool wait_until_open(struct run *r, struct error *err)
{
    for (uint32_t i = 0; i < r->worker_count;) {
        enum worker_state state = worker_state(&r->workers[i]);
        if (state == WORKER_FAILED) {
            *err = r->workers[i].mailbox.error;
            return false;
        }
        if (state == WORKER_OPENING)
            wait_for_mail(r, clock_now_ns() + TICK_NS);
        else
            i++;
    }
    return true;
}

static bool open_workers(struct run *r, struct error *err)
{
    r->workers = xcalloc(r->plan->workers, sizeof *r->workers);
    while (r->worker_count < r->plan->workers) {
        if (!worker_open(&r->workers[r->worker_count], r->plan, r->journey,
                         r->workers, r->worker_count, r->notify_fd, err))
            return false;
        r->worker_count++;
    }
    return wait_until_open(r, err);
}

static void join_workers(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++) {
        while (worker_state(&r->workers[i]) == WORKER_OPENING)
            wait_for_mail(r, clock_now_ns() + TICK_NS);
        worker_send(&r->workers[i], WORKER_QUIT);
        worker_join(&r->workers[i]);
    }
}

/* What was measured since the last tick; nobody else touches it any more. */
static void merge_rest(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        for (int k = 0; k < 2; k++)
            merge_worker(r, i, &r->workers[i].shards[k]);
}

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
    r->watched_resumes = xcalloc(plan->workers, sizeof *r->watched_resumes);
    r->watched_since_ns = xcalloc(plan->workers, sizeof *r->watched_since_ns);
    r->watched_interrupted =
        xcalloc(plan->workers, sizeof *r->watched_interrupted);
    for (uint32_t i = 0; i < plan->workers; i++)
        r->watched_since_ns[i] = clock_now_ns();
    totals_init(&r->totals, plan);
    r->totals.log = r->caller.log;
    signal_fd = r->notify_fd;
}

enum run_stop run_execute(struct run *r, const struct run_plan *plan,
                          const struct journey_type *journey,
                          const struct run_caller *caller, struct error *err)
{
    init(r, plan, journey, caller);
    if (open_workers(r, err)) {
        begin_samples(r);
        run_phases(r);
    } else {
        r->stop = RUN_INTERNAL;
    }
    r->phase = RUN_OVER;
    if (!r->workers_lost) {
        join_workers(r);
        merge_rest(r);
    }
    end_samples(r);
    int64_t since_ns = r->stage_start_ns ? r->stage_start_ns : r->started_ns;
    totals_end(&r->totals, clock_now_ns() - since_ns);
    return r->stop;
}

void run_fini(struct run *r)
{
    signal_fd = -1;
    if (!r->workers_lost) {
        for (uint32_t i = 0; i < r->worker_count; i++)
            worker_fini(&r->workers[i]);
        free(r->workers);
        totals_fini(&r->totals);
        close(r->notify_fd);
    }
    health_mark_fini(&r->stage_mark);
    health_mark_fini(&r->level_mark);
    free(r->watched_resumes);
    free(r->watched_since_ns);
    free(r->watched_interrupted);
}
