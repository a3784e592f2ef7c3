#include "engine/pool.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/plan.h"
#include "engine/worker.h"

static void on_change(struct loop_timer *t);

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
}

void pool_fini(struct pool *p)
{
    loop_timer_stop(&p->change);
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

static void set_target(struct pool *p, uint32_t target, int64_t grace_until_ns)
{
    uint32_t before = p->target;
    p->target = target;
    for (uint32_t i = before; i < target; i++)
        vu_start(&p->users[i]);
    for (uint32_t i = before; i-- > target;)
        vu_drain(&p->users[i], grace_until_ns);
}

/* With iterations to make, a profile is over when they are made. */
static void close_if_done(struct pool *p)
{
    if (p->active || p->profile->kind == PROFILE_VUS)
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

void pool_stop(struct pool *p, int64_t grace_ns)
{
    loop_timer_stop(&p->change);
    p->is_open = false;
    p->target = 0;
    int64_t until_ns = clock_now_ns() + grace_ns;
    for (uint32_t i = p->capacity; i-- > 0;)
        vu_drain(&p->users[i], until_ns);
}

void pool_cut_off(struct pool *p)
{
    loop_timer_stop(&p->change);
    p->is_open = false;
    p->target = 0;
    for (uint32_t i = p->capacity; i-- > 0;)
        vu_cut_off(&p->users[i]);
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
    bool wanted = p->is_open && vu->index < p->target;
    if (wanted && p->profile->kind == PROFILE_VUS)
        vu_start(vu);
    else
        close_if_done(p);
    if (!p->active)
        worker_pool_changed(p->worker);
}
