#include "engine/pool.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/worker.h"

/* How many users are told to start or to go in one turn of the loop, so that a
 * stage of many thousands does not stall it. */
enum { SHAPE_PER_TURN = 128 };

static void on_change(struct loop_timer *t);
static void on_shape(struct loop_task *t);
static void on_grace_over(struct loop_timer *t);

/* Iteration i of a shared budget belongs to user i % users, and so to that
 * user's worker: the shares add up for any number of workers. */
static uint64_t shared_budget(const struct profile *f, uint32_t users)
{
    if (!f->max_vus)
        return 0;
    return f->iterations / f->max_vus * users;
}

static uint64_t shared_rest(const struct profile *f, const struct stripe *s)
{
    return f->max_vus ? stripe_share(s, f->iterations % f->max_vus) : 0;
}

bool pool_init(struct pool *p, struct worker *w, uint32_t profile_index)
{
    const struct run_plan *plan = worker_plan(w);
    const struct profile *f = &plan->profiles[profile_index];
    struct stripe stripe = plan_stripe(plan, worker_number(w));
    uint32_t users = (uint32_t)stripe_share(&stripe, f->max_vus);
    *p = (struct pool){.worker = w,
                       .profile = f,
                       .index = profile_index,
                       .stripe = stripe,
                       .capacity = users,
                       .users = xcalloc(users, sizeof *p->users),
                       .iterations_left =
                           shared_budget(f, users) + shared_rest(f, &stripe),
                       .step = f->first_step};
    for (uint32_t i = 0; i < users; i++)
        vu_init(&p->users[i], w, p, i,
                f->first_id + (uint32_t)stripe_unit(&stripe, i) + 1);
    loop_timer_init(&p->change, on_change);
    loop_timer_init(&p->grace, on_grace_over);
    loop_task_init(&p->shape, on_shape);
    list_init(&p->draining);
    list_init(&p->parked);
    if (f->kind != PROFILE_ARRIVALS)
        return true;
    p->dispatch = xcalloc(1, sizeof *p->dispatch);
    return dispatch_init(p->dispatch, p);
}

void pool_fini(struct pool *p)
{
    loop_timer_stop(&p->change);
    loop_timer_stop(&p->grace);
    loop_task_cancel(&p->shape);
    for (uint32_t i = 0; i < p->capacity; i++)
        vu_fini(&p->users[i]);
    if (p->dispatch)
        dispatch_fini(p->dispatch);
    free(p->dispatch);
    free(p->users);
    *p = (struct pool){0};
}

static bool is_warming_up(const struct pool *p, int64_t now_ns)
{
    return p->warmup_ns && now_ns < p->start_ns;
}

/* The most users of a step. Those of the warm-up that go on are noted when the
 * schedule begins. */
static void note_users(struct pool *p)
{
    if (is_warming_up(p, clock_now_ns()))
        return;
    struct step_row *row = &worker_shard(p->worker)->steps[p->step];
    unsigned in_use = atomic_load_explicit(&p->in_use, memory_order_relaxed);
    if (in_use > row->vus)
        row->vus = in_use;
}

void pool_count_use(struct pool *p, int change)
{
    unsigned in_use = atomic_load_explicit(&p->in_use, memory_order_relaxed);
    atomic_store_explicit(&p->in_use, in_use + (unsigned)change,
                          memory_order_relaxed);
    worker_count_user(p->worker, change);
    note_users(p);
}

static void on_shape(struct loop_task *t)
{
    struct pool *p = list_entry(t, struct pool, shape);
    for (int i = 0; i < SHAPE_PER_TURN && p->shaped < p->target; i++)
        vu_start(&p->users[p->shaped++]);
    for (int i = 0; i < SHAPE_PER_TURN && p->shaped > p->target; i++)
        vu_drain(&p->users[--p->shaped], p->grace_until_ns);
    if (p->shaped != p->target)
        loop_defer(worker_loop(p->worker), &p->shape);
}

static void set_target(struct pool *p, uint64_t target, int64_t grace_until_ns)
{
    p->target = target < p->capacity ? (uint32_t)target : p->capacity;
    p->grace_until_ns = grace_until_ns;
    on_shape(&p->shape);
}

/* With iterations to make, a profile is over when they are made. */
static void close_if_done(struct pool *p)
{
    enum profile_kind kind = p->profile->kind;
    bool still_starting = p->shaped < p->target;
    if (p->active || still_starting || kind == PROFILE_VUS ||
        kind == PROFILE_ARRIVALS)
        return;
    loop_timer_stop(&p->change); /* no need to wait for max_duration */
    p->is_open = false;
}

/* How many users the profile has at a moment, all workers together. */
static uint32_t wanted_users(const struct pool *p, int64_t at_ns)
{
    const struct profile *f = p->profile;
    if (at_ns >= schedule_end_ns(&f->schedule))
        return 0;
    if (at_ns < 0)
        return p->warmup_ns ? (uint32_t)f->warm_load : 0;
    return p->is_manual ? p->manual : schedule_target(&f->schedule, at_ns);
}

static void follow_users(struct pool *p, int64_t now_ns, bool is_over)
{
    const struct profile *f = p->profile;
    uint32_t wanted = wanted_users(p, now_ns - p->start_ns);
    p->is_open = !is_over;
    set_target(p, stripe_share(&p->stripe, wanted),
               now_ns + (is_over ? f->grace_ns : f->ramp_down_grace_ns));
    close_if_done(p);
    worker_pool_changed(p->worker);
}

/* In the open model users come as they are needed. What waits for a user at the
 * end may do so for as long as running iterations may take. */
static void follow_arrivals(struct pool *p, int64_t now_ns, bool is_over)
{
    int64_t give_up_ns = p->start_ns + schedule_end_ns(&p->profile->schedule) +
                         p->profile->grace_ns;
    if (!is_over || !p->is_open)
        return;
    if (now_ns >= give_up_ns) {
        pool_close(p);
        return;
    }
    loop_timer_start(worker_loop(p->worker), &p->change, give_up_ns);
    dispatch_end(p->dispatch);
}

static void follow_schedule(struct pool *p, int64_t now_ns)
{
    const struct profile *f = p->profile;
    int64_t at_ns = now_ns - p->start_ns;
    bool is_over = at_ns >= schedule_end_ns(&f->schedule);
    int64_t next_ns = schedule_next_change(&f->schedule, at_ns);
    p->step = f->first_step + schedule_step(&f->schedule, at_ns) - 1;
    note_users(p);
    if (next_ns != SCHEDULE_NEVER)
        loop_timer_start(worker_loop(p->worker), &p->change,
                         p->start_ns + next_ns);
    if (p->dispatch)
        follow_arrivals(p, now_ns, is_over);
    else
        follow_users(p, now_ns, is_over);
}

static void on_change(struct loop_timer *t)
{
    follow_schedule(list_entry(t, struct pool, change), clock_now_ns());
}

void pool_start(struct pool *p, int64_t stage_start_ns, int64_t warmup_ns)
{
    p->start_ns = stage_start_ns + p->profile->start_ns;
    p->warmup_ns = p->profile->start_ns ? 0 : warmup_ns;
    p->is_open = true;
    loop_timer_start(worker_loop(p->worker), &p->change,
                     p->start_ns - p->warmup_ns);
    if (p->dispatch)
        dispatch_start(p->dispatch);
}

void pool_set_load(struct pool *p, int64_t at_ns, double load)
{
    if (!p->is_open)
        return;
    if (p->dispatch) {
        dispatch_set_rate(p->dispatch, at_ns, load);
        return;
    }
    uint32_t most = p->profile->max_vus;
    p->is_manual = true;
    p->manual = load < most ? (uint32_t)load : most;
    loop_timer_start(worker_loop(p->worker), &p->change, at_ns);
}

static void wake_parked(struct pool *p)
{
    struct list *link;
    while ((link = list_take(&p->parked)))
        vu_wake(list_entry(link, struct vu, pool_link));
}

void pool_pause(struct pool *p, bool is_paused)
{
    bool was_paused = p->is_paused;
    p->is_paused = is_paused;
    if (is_paused == was_paused)
        return;
    if (p->dispatch && is_paused)
        dispatch_pause(p->dispatch);
    else if (p->dispatch)
        dispatch_skip(p->dispatch);
    else if (!is_paused)
        wake_parked(p);
}

void pool_close(struct pool *p)
{
    if (!p->is_open)
        return;
    int64_t grace_until_ns = clock_now_ns() + p->profile->grace_ns;
    loop_timer_stop(&p->change);
    dispatch_stop(p->dispatch);
    p->is_open = false;
    for (uint32_t i = p->capacity; i-- > 0;)
        vu_drain(&p->users[i], grace_until_ns);
    worker_pool_changed(p->worker);
}

/* Arrivals that were handed over and have not begun never will. */
static void drop_arrivals(struct pool *p)
{
    dispatch_stop(p->dispatch);
    for (uint32_t i = 0; i < p->capacity; i++) {
        struct vu *vu = &p->users[i];
        if (vu->arrival.number && !vu->arrival_began)
            pool_arrival_done(p, vu);
    }
}

static void close_schedule(struct pool *p)
{
    if (p->dispatch)
        drop_arrivals(p);
    loop_timer_stop(&p->change);
    loop_task_cancel(&p->shape);
    p->is_open = false;
    p->target = p->shaped = 0;
}

void pool_stop(struct pool *p, int64_t grace_ns)
{
    int64_t until_ns = clock_now_ns() + grace_ns;
    close_schedule(p);
    for (uint32_t i = p->capacity; i-- > 0;)
        vu_drain(&p->users[i], until_ns);
}

void pool_cut_off(struct pool *p)
{
    close_schedule(p);
    for (uint32_t i = p->capacity; i-- > 0;)
        vu_cut_off(&p->users[i]);
}

/* ------------------------------------------------------------------- graces */

static void arm_grace(struct pool *p)
{
    if (list_is_empty(&p->draining))
        return;
    struct vu *first = list_entry(p->draining.next, struct vu, pool_link);
    if (!loop_timer_is_armed(&p->grace) ||
        p->grace.due_ns > first->grace_until_ns)
        loop_timer_start(worker_loop(p->worker), &p->grace,
                         first->grace_until_ns);
}

/* Graces mostly end in the order in which they begin; one that was shortened
 * goes to the front or, rarely, somewhere between. */
void pool_user_drains(struct pool *p, struct vu *vu)
{
    list_remove(&vu->pool_link);
    struct list *at = p->draining.prev, *first = p->draining.next;
    if (first != &p->draining &&
        list_entry(first, struct vu, pool_link)->grace_until_ns >=
            vu->grace_until_ns)
        at = &p->draining;
    while (at != &p->draining &&
           list_entry(at, struct vu, pool_link)->grace_until_ns >
               vu->grace_until_ns)
        at = at->prev;
    list_append(at->next, &vu->pool_link);
    arm_grace(p);
}

/* A few each turn, as with everything that may concern thousands. */
static void on_grace_over(struct loop_timer *t)
{
    struct pool *p = list_entry(t, struct pool, grace);
    int64_t now_ns = clock_now_ns();
    for (int i = 0; i < SHAPE_PER_TURN && !list_is_empty(&p->draining); i++) {
        struct vu *vu = list_entry(p->draining.next, struct vu, pool_link);
        if (vu->grace_until_ns > now_ns)
            break;
        vu_cut_off(vu);
    }
    arm_grace(p);
}

/* Iterations of the warm-up come from nobody's budget. */
bool pool_has_work(const struct pool *p, const struct vu *vu, int64_t now_ns)
{
    if (is_warming_up(p, now_ns))
        return true;
    switch (p->profile->kind) {
    case PROFILE_SHARED:
        return p->iterations_left > 0;
    case PROFILE_PER_VU:
        return vu->taken < p->profile->iterations;
    case PROFILE_ARRIVALS:
    case PROFILE_VUS:
        break;
    }
    return true;
}

bool pool_is_done(const struct pool *p)
{
    return !p->active && !p->is_open;
}

static enum pool_answer park(struct pool *p, struct vu *vu)
{
    list_remove(&vu->pool_link);
    list_prepend(&p->parked, &vu->pool_link);
    return POOL_WAIT;
}

enum pool_answer pool_next(struct pool *p, struct vu *vu, int64_t now_ns)
{
    if (p->dispatch)
        return vu->arrival.number ? POOL_ITERATE : POOL_WAIT;
    if (p->is_paused)
        return park(p, vu);
    if (!pool_has_work(p, vu, now_ns))
        return POOL_LEAVE;
    if (is_warming_up(p, now_ns))
        return POOL_ITERATE;
    vu->taken++;
    if (p->profile->kind == PROFILE_SHARED)
        p->iterations_left--;
    return POOL_ITERATE;
}

/* An arrival of the warm-up may begin when that is over. */
static uint64_t arrival_number(const struct pool *p, const struct arrival *a)
{
    return p->warmup_ns && a->due_ns <= p->start_ns ? 0 : a->number;
}

uint64_t pool_number_iteration(struct pool *p, const struct vu *vu,
                               int64_t now_ns)
{
    if (p->dispatch)
        return arrival_number(p, &vu->arrival);
    if (is_warming_up(p, now_ns))
        return 0;
    struct stripe machine = plan_stripe(worker_plan(p->worker), 0);
    machine.workers = 1;
    return stripe_unit(&machine, worker_count_iteration(p->worker)) + 1;
}

void pool_arrival_done(struct pool *p, struct vu *vu)
{
    if (!vu->arrival_began)
        record_withdrawn(p, vu->arrival.due_ns);
    dispatch_user_free(p->dispatch, vu);
}

void pool_user_opened(struct pool *p)
{
    p->active++;
    if (!p->dispatch)
        pool_count_use(p, 1);
}

void pool_user_retires(struct pool *p)
{
    p->retired++;
}

/* With nobody left who may come back, there is nothing to wait for. */
static void close_if_retired(struct pool *p)
{
    if (p->active || p->retired < p->capacity || !p->is_open)
        return;
    if (p->dispatch)
        pool_close(p);
    loop_timer_stop(&p->change);
    p->is_open = false;
}

/* A user that left while the target rose again comes back as a new one. */
void pool_user_left(struct pool *p, struct vu *vu)
{
    p->active--;
    if (!p->dispatch)
        pool_count_use(p, -1);
    bool wanted = p->is_open && vu->index < p->shaped &&
                  !p->worker->is_ending && !vu->is_retired;
    close_if_retired(p);
    if (wanted && p->profile->kind == PROFILE_VUS)
        vu_start(vu);
    else
        close_if_done(p);
    if (!p->active)
        worker_pool_changed(p->worker);
}
