#include "engine/pool.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/plan.h"
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

static uint64_t shared_rest(const struct profile *f, uint32_t worker,
                            uint32_t workers)
{
    if (!f->max_vus)
        return 0;
    return schedule_share((uint32_t)(f->iterations % f->max_vus), worker,
                          workers);
}

void pool_init(struct pool *p, struct worker *w, uint32_t profile_index)
{
    const struct run_plan *plan = worker_plan(w);
    const struct profile *f = &plan->profiles[profile_index];
    uint32_t number = worker_number(w);
    uint32_t users = schedule_share(f->max_vus, number, plan->workers);
    *p = (struct pool){.worker = w,
                       .profile = f,
                       .index = profile_index,
                       .capacity = users,
                       .users = xcalloc(users, sizeof *p->users),
                       .iterations_left = shared_budget(f, users) +
                                          shared_rest(f, number, plan->workers),
                       .step = f->first_step};
    for (uint32_t i = 0; i < users; i++)
        vu_init(&p->users[i], w, p, i,
                f->first_id + number + i * plan->workers + 1);
    loop_timer_init(&p->change, on_change);
    loop_timer_init(&p->grace, on_grace_over);
    loop_task_init(&p->shape, on_shape);
    list_init(&p->draining);
}

void pool_fini(struct pool *p)
{
    loop_timer_stop(&p->change);
    loop_timer_stop(&p->grace);
    loop_task_cancel(&p->shape);
    for (uint32_t i = 0; i < p->capacity; i++)
        vu_fini(&p->users[i]);
    free(p->users);
    *p = (struct pool){0};
}

static void note_users(struct pool *p)
{
    struct step_row *row = &worker_shard(p->worker)->steps[p->step];
    if (p->active > row->vus)
        row->vus = p->active;
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

static void set_target(struct pool *p, uint32_t target, int64_t grace_until_ns)
{
    p->target = target;
    p->grace_until_ns = grace_until_ns;
    on_shape(&p->shape);
}

/* With iterations to make, a profile is over when they are made. */
static void close_if_done(struct pool *p)
{
    bool still_starting = p->shaped < p->target;
    if (p->active || still_starting || p->profile->kind == PROFILE_VUS)
        return;
    loop_timer_stop(&p->change); /* no need to wait for max_duration */
    p->is_open = false;
}

static void follow_schedule(struct pool *p, int64_t now_ns)
{
    const struct profile *f = p->profile;
    int64_t at_ns = now_ns - p->start_ns;
    bool over = at_ns >= schedule_end_ns(&f->schedule);
    uint32_t wanted = over ? 0 : schedule_target(&f->schedule, at_ns);
    uint32_t target = schedule_share(wanted, worker_number(p->worker),
                                     worker_plan(p->worker)->workers);
    p->step = f->first_step + schedule_step(&f->schedule, at_ns) - 1;
    p->is_open = !over;
    set_target(p, target,
               now_ns + (over ? f->grace_ns : f->ramp_down_grace_ns));
    note_users(p);
    int64_t next_ns = schedule_next_change(&f->schedule, at_ns);
    if (next_ns != SCHEDULE_NEVER)
        loop_timer_start(worker_loop(p->worker), &p->change,
                         p->start_ns + next_ns);
    close_if_done(p);
    worker_pool_changed(p->worker);
}

static void on_change(struct loop_timer *t)
{
    follow_schedule(list_entry(t, struct pool, change), clock_now_ns());
}

void pool_start(struct pool *p, int64_t stage_start_ns)
{
    p->start_ns = stage_start_ns + p->profile->start_ns;
    p->is_open = true;
    loop_timer_start(worker_loop(p->worker), &p->change, p->start_ns);
}

static void close_schedule(struct pool *p)
{
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
    struct vu *first = list_entry(p->draining.next, struct vu, drain_link);
    if (!loop_timer_is_armed(&p->grace) ||
        p->grace.due_ns > first->grace_until_ns)
        loop_timer_start(worker_loop(p->worker), &p->grace,
                         first->grace_until_ns);
}

/* Graces mostly end in the order in which they begin; one that was shortened
 * goes to the front or, rarely, somewhere between. */
void pool_user_drains(struct pool *p, struct vu *vu)
{
    list_remove(&vu->drain_link);
    struct list *at = p->draining.prev, *first = p->draining.next;
    if (first != &p->draining &&
        list_entry(first, struct vu, drain_link)->grace_until_ns >=
            vu->grace_until_ns)
        at = &p->draining;
    while (at != &p->draining &&
           list_entry(at, struct vu, drain_link)->grace_until_ns >
               vu->grace_until_ns)
        at = at->prev;
    list_append(at->next, &vu->drain_link);
    arm_grace(p);
}

/* A few each turn, as with everything that may concern thousands. */
static void on_grace_over(struct loop_timer *t)
{
    struct pool *p = list_entry(t, struct pool, grace);
    int64_t now_ns = clock_now_ns();
    for (int i = 0; i < SHAPE_PER_TURN && !list_is_empty(&p->draining); i++) {
        struct vu *vu = list_entry(p->draining.next, struct vu, drain_link);
        if (vu->grace_until_ns > now_ns)
            break;
        vu_cut_off(vu);
    }
    arm_grace(p);
}

static bool has_work(const struct pool *p, const struct vu *vu)
{
    switch (p->profile->kind) {
    case PROFILE_SHARED:
        return p->iterations_left > 0;
    case PROFILE_PER_VU:
        return vu->iteration < p->profile->iterations;
    case PROFILE_VUS:
        break;
    }
    return true;
}

bool pool_is_done(const struct pool *p)
{
    return !p->active && !p->is_open;
}

bool pool_take_iteration(struct pool *p, const struct vu *vu)
{
    if (!has_work(p, vu))
        return false;
    if (p->profile->kind == PROFILE_SHARED)
        p->iterations_left--;
    return true;
}

void pool_user_opened(struct pool *p)
{
    p->active++;
    note_users(p);
    worker_count_user(p->worker, 1);
}

/* A user that left while the target rose again comes back as a new one. */
void pool_user_left(struct pool *p, struct vu *vu)
{
    p->active--;
    worker_count_user(p->worker, -1);
    bool wanted = p->is_open && vu->index < p->shaped && !p->worker->is_ending;
    if (wanted && p->profile->kind == PROFILE_VUS)
        vu_start(vu);
    else
        close_if_done(p);
    if (!p->active)
        worker_pool_changed(p->worker);
}
