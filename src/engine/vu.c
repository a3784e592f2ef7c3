#include "engine/vu.h"

#include <assert.h>

#include "base/clock.h"
#include "engine/cookies.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/tagging.h"
#include "engine/websocket.h"
#include "engine/worker.h"
#include "io/http.h"

/* An iteration that never waited is held back by the loop's shortest sleep; one
 * that got no answer at all starts again no sooner than this after its start.
 */
static const int64_t NO_TIME_PAUSE_NS = 1 * NS_PER_MS;
static const int64_t NO_ANSWER_PERIOD_NS = 100 * NS_PER_MS;
static const int64_t ON_START_RETRY_NS = 1 * NS_PER_S;

static void on_next(struct loop_task *t);
static void on_pause_over(struct loop_timer *t);

void vu_init(struct vu *vu, struct worker *w, struct pool *p, uint32_t index,
             uint32_t id)
{
    *vu = (struct vu){.worker = w, .pool = p, .index = index, .id = id};
    loop_task_init(&vu->next, on_next);
    loop_timer_init(&vu->pause, on_pause_over);
    list_init(&vu->pool_link);
    list_init(&vu->websockets);
}

static void close_user(struct vu *vu)
{
    loop_task_cancel(&vu->next);
    loop_timer_stop(&vu->pause);
    list_remove(&vu->pool_link);
    websocket_end_all(vu);
    if (vu->script)
        worker_journey(vu->worker)->vu_close(vu);
    if (vu->http)
        http_user_close(vu->http);
    vu->http = NULL;
    cookies_free(vu->cookies);
    vu->cookies = NULL;
}

void vu_fini(struct vu *vu)
{
    assert(!vu->busy);
    close_user(vu);
}

struct http_user *vu_http(struct vu *vu)
{
    if (!vu->http)
        vu->http = http_user_open(worker_http(vu->worker), vu->id);
    return vu->http;
}

/* ------------------------------------------------------------------- parts */

static void begin_at(struct vu *vu, enum journey_part part, int64_t now_ns)
{
    vu->part = part;
    vu->busy = true;
    vu->waited = false;
    vu->requests = vu->answers = 0;
    vu->part_started_ns = now_ns;
    worker_journey(vu->worker)->start(vu, part);
}

static void begin(struct vu *vu, enum journey_part part)
{
    begin_at(vu, part, clock_now_ns());
}

static void leave(struct vu *vu)
{
    close_user(vu);
    vu->state = VU_IDLE;
    if (vu->arrival.number)
        pool_arrival_done(vu->pool, vu);
    if (vu->pool)
        pool_user_left(vu->pool, vu);
}

static void say_goodbye(struct vu *vu)
{
    const struct run_plan *plan = worker_plan(vu->worker);
    bool wanted = plan->has_on_stop && vu->is_ready && !vu->leaving;
    vu->leaving = true;
    if (wanted)
        begin(vu, PART_ON_STOP);
    else
        leave(vu);
}

/* Each iteration begins with what on_start left, and on_start with nothing. */
static void rewind_cookies(struct vu *vu)
{
    if (vu->cookies && worker_plan(vu->worker)->cookies == COOKIES_ITERATION)
        cookies_rewind(vu->cookies);
}

static void begin_iteration(struct vu *vu, int64_t now_ns)
{
    const struct run_plan *plan = worker_plan(vu->worker);
    int32_t fixed = vu->pool->profile->journey;
    vu->iteration++;
    vu->total_iterations++;
    if (plan->reuse == HTTP_REUSE_ITERATION && vu->http)
        http_user_disconnect(vu->http);
    rewind_cookies(vu);
    vu->journey = fixed != PLAN_ANY_JOURNEY
                      ? (uint32_t)fixed
                      : plan_pick_journey(plan, vu->id, vu->total_iterations);
    if (!vu->paced_ns)
        vu->paced_ns = now_ns;
    vu->iteration_in_run = pool_number_iteration(vu->pool, vu, now_ns);
    tagging_journey(vu);
    record_lag(vu, now_ns);
    vu->arrival_began = true;
    begin_at(vu, PART_ITERATION, now_ns);
}

static void begin_on_start(struct vu *vu)
{
    rewind_cookies(vu);
    begin(vu, PART_ON_START);
}

/* One look at the clock says whether an iteration belongs to the warm-up. */
static void follow_pool(struct vu *vu)
{
    int64_t now_ns = clock_now_ns();
    switch (pool_next(vu->pool, vu, now_ns)) {
    case POOL_ITERATE:
        begin_iteration(vu, now_ns);
        break;
    case POOL_WAIT:
        break;
    case POOL_LEAVE:
        say_goodbye(vu);
        break;
    }
}

static void on_next(struct loop_task *t)
{
    struct vu *vu = list_entry(t, struct vu, next);
    bool may_leave = vu->state == VU_DRAINING && !vu->arrival.number;
    if (may_leave)
        say_goodbye(vu);
    else if (!vu->is_ready && worker_plan(vu->worker)->has_on_start)
        begin_on_start(vu);
    else
        follow_pool(vu);
}

static void queue_next(struct vu *vu)
{
    loop_defer(worker_loop(vu->worker), &vu->next);
}

static void pause_until(struct vu *vu, int64_t due_ns)
{
    loop_timer_start(worker_loop(vu->worker), &vu->pause, due_ns);
}

static void on_pause_over(struct loop_timer *t)
{
    queue_next(list_entry(t, struct vu, pause));
}

/* -------------------------------------------------------------- transitions */

void vu_start(struct vu *vu)
{
    if (vu->state == VU_DRAINING && !vu->leaving) {
        list_remove(&vu->pool_link);
        vu->state = VU_RUNNING;
    }
    if (vu->state != VU_IDLE || vu->is_retired)
        return;
    const struct run_plan *plan = worker_plan(vu->worker);
    vu->state = VU_RUNNING;
    vu->is_ready = !plan->has_on_start;
    vu->leaving = false;
    vu->iteration = vu->taken = 0;
    vu->paced_ns = 0;
    /* One that comes back must not repeat what it did before. */
    random_init(&vu->random, plan->seed, (uint64_t)vu->lives++ << 32 | vu->id);
    tagging_user(vu);
    worker_journey(vu->worker)->vu_open(vu);
    if (vu->pool)
        pool_user_opened(vu->pool);
    queue_next(vu);
}

void vu_give_arrival(struct vu *vu, const struct arrival *a)
{
    assert(vu->state != VU_DRAINING && !vu->arrival.number);
    vu->arrival = *a;
    vu->arrival_began = false;
    if (vu->state == VU_IDLE)
        vu_start(vu);
    else
        queue_next(vu);
}

void vu_wake(struct vu *vu)
{
    list_remove(&vu->pool_link);
    queue_next(vu);
}

void vu_drain(struct vu *vu, int64_t grace_until_ns)
{
    if (vu->state == VU_IDLE)
        return;
    if (vu->state == VU_RUNNING || grace_until_ns < vu->grace_until_ns) {
        vu->grace_until_ns = grace_until_ns;
        pool_user_drains(vu->pool, vu);
    }
    if (vu->state == VU_DRAINING)
        return;
    vu->state = VU_DRAINING;
    if (!vu->busy) {
        loop_timer_stop(&vu->pause);
        queue_next(vu);
    }
}

void vu_cut_off(struct vu *vu)
{
    if (vu->state == VU_IDLE)
        return;
    vu->state = VU_DRAINING;
    vu->leaving = true;
    if (vu->busy)
        worker_journey(vu->worker)->cancel(vu);
    else
        leave(vu);
}

void vu_run_part(struct vu *vu, enum journey_part part)
{
    if (!vu->script) {
        random_init(&vu->random, worker_plan(vu->worker)->seed, vu->id);
        tagging_user(vu);
        worker_journey(vu->worker)->vu_open(vu);
    }
    begin(vu, part);
}

/* ------------------------------------------------------------ what follows */

/* A script error will come again: with iterations to make, trying on would only
 * delay the verdict until max_duration. */
static bool gives_up(const struct vu *vu, enum journey_outcome outcome)
{
    enum profile_kind kind = vu->pool->profile->kind;
    return outcome == OUTCOME_ERROR &&
           (kind == PROFILE_SHARED || kind == PROFILE_PER_VU);
}

static void after_on_start(struct vu *vu, enum journey_outcome outcome)
{
    vu->is_ready = outcome == OUTCOME_DONE;
    if (vu->is_ready && vu->cookies)
        cookies_mark(vu->cookies);
    if (vu->is_ready)
        queue_next(vu);
    else if (vu->state == VU_DRAINING || gives_up(vu, outcome))
        say_goodbye(vu);
    else
        pause_until(vu, vu->part_started_ns + ON_START_RETRY_NS);
}

/* A late iteration is followed at once, and pacing counts from there on. */
static int64_t pace(struct vu *vu, int64_t now_ns)
{
    const struct profile *f = vu->pool->profile;
    int64_t due_ns = 0;
    if (f->pacing_ns)
        due_ns = vu->paced_ns + f->pacing_ns;
    else if (f->minimum_iteration_ns)
        due_ns = vu->part_started_ns + f->minimum_iteration_ns;
    vu->paced_ns = due_ns > now_ns ? due_ns : now_ns;
    return due_ns;
}

static int64_t hold_back(struct vu *vu, int64_t now_ns)
{
    if (!vu->waited)
        return now_ns + NO_TIME_PAUSE_NS;
    if (vu->requests && !vu->answers)
        return vu->part_started_ns + NO_ANSWER_PERIOD_NS;
    return 0;
}

static void after_iteration(struct vu *vu, int64_t now_ns)
{
    if (vu->arrival.number)
        pool_arrival_done(vu->pool, vu);
    if (vu->state == VU_DRAINING) {
        queue_next(vu);
        return;
    }
    if (vu->pool->profile->kind == PROFILE_ARRIVALS)
        return;
    int64_t held_ns = hold_back(vu, now_ns), due_ns = pace(vu, now_ns);
    if (held_ns > now_ns && held_ns > due_ns) {
        worker_note_held_back(vu->worker);
        due_ns = held_ns;
    }
    if (due_ns > now_ns && pool_has_work(vu->pool, vu, now_ns))
        pause_until(vu, due_ns);
    else
        queue_next(vu);
}

static void retire(struct vu *vu)
{
    vu->is_retired = true;
    pool_user_retires(vu->pool);
    say_goodbye(vu);
}

void vu_finished(struct vu *vu, enum journey_outcome outcome)
{
    assert(vu->busy);
    int64_t now_ns = clock_now_ns();
    vu->busy = false;
    record_part(vu, outcome, now_ns);
    if (vu->part != PART_ON_START || outcome != OUTCOME_DONE)
        websocket_end_of_part(vu, vu->part);
    if (outcome == OUTCOME_ABORTED) /* known before the part is over */
        worker_abort(vu->worker);
    if (!vu->pool)
        worker_part_done(vu->worker, vu->part, outcome);
    else if (outcome == OUTCOME_CUT_OFF || outcome == OUTCOME_ABORTED ||
             vu->part == PART_ON_STOP)
        leave(vu);
    else if (outcome == OUTCOME_RETIRED)
        retire(vu);
    else if (vu->part == PART_ON_START)
        after_on_start(vu, outcome);
    else
        after_iteration(vu, now_ns);
}
