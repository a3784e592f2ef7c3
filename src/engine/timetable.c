#include "engine/timetable.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/worker.h"

/* The last arrival of a warm-up is not the first of the stage. */
static const int64_t WARM_UP_EARLY_NS = 1 * NS_PER_US;

static const struct profile *profile_of(const struct timetable *t)
{
    return t->pool->profile;
}

static void look_ahead(struct timetable *t)
{
    uint64_t number = stripe_unit(&t->pool->stripe, t->index) + 1;
    t->last = t->cursor;
    int64_t at_ns = arrival_cursor_seek(&t->cursor, number);
    t->next.number = t->base + number;
    t->next.due_ns =
        at_ns == ARRIVAL_NEVER ? ARRIVAL_NEVER : t->plan_start_ns + at_ns;
}

void timetable_advance(struct timetable *t)
{
    t->index++;
    look_ahead(t);
}

uint64_t timetable_seed(uint64_t seed, uint32_t profile, uint64_t base)
{
    return random_hash(seed, profile, base);
}

/* At the beginning of a plan that comes after `t->base` arrivals. */
static void begin_cursor(const struct timetable *t, struct arrival_cursor *c,
                         const struct arrivals *plan)
{
    const struct run_plan *run = worker_plan(t->pool->worker);
    arrival_cursor_init(c, plan, profile_of(t)->is_poisson,
                        timetable_seed(run->seed, t->pool->index, t->base));
}

static void follow(struct timetable *t, const struct arrivals *plan,
                   int64_t start_ns, uint64_t base)
{
    t->plan_start_ns = start_ns;
    t->base = base;
    t->index = 0;
    begin_cursor(t, &t->cursor, plan);
    look_ahead(t);
}

static void follow_constant(struct timetable *t, double rate, int64_t start_ns,
                            int64_t end_ns, uint64_t base)
{
    struct rate_segment *g = xcalloc(1, sizeof *g);
    *g = (struct rate_segment){
        .from = rate, .to = rate, .duration_ns = end_ns - start_ns};
    arrivals_fini(&t->own);
    t->own = (struct arrivals){.segments = g, .count = 1};
    follow(t, &t->own, start_ns, base);
}

int64_t timetable_end_ns(const struct timetable *t)
{
    return t->pool->start_ns + arrivals_end_ns(&profile_of(t)->arrivals);
}

/* How many arrivals there were up to a moment, by the plan followed so far. */
static uint64_t arrivals_until(const struct timetable *t, int64_t at_ns)
{
    struct arrival_cursor c = t->last;
    at_ns -= t->plan_start_ns;
    bool is_beyond = c.number && arrival_cursor_seek(&c, c.number) > at_ns;
    if (is_beyond) /* the order came late */
        begin_cursor(t, &c, c.plan);
    return t->base + arrival_cursor_count(&c, at_ns);
}

/* The warm-up is followed by the stage, and either by a load set by hand. */
int64_t timetable_next_change(const struct timetable *t)
{
    if (t->is_warming)
        return t->pool->start_ns;
    return t->switch_ns ? t->switch_ns : ARRIVAL_NEVER;
}

static void change_plan(struct timetable *t)
{
    int64_t at_ns = timetable_next_change(t);
    if (t->is_warming) {
        t->is_warming = false;
        follow(t, &profile_of(t)->arrivals, at_ns, 0);
    } else {
        t->switch_ns = 0;
        follow_constant(t, t->switch_rate, at_ns, timetable_end_ns(t),
                        arrivals_until(t, at_ns));
    }
}

bool timetable_is_due(struct timetable *t, int64_t now_ns)
{
    while (timetable_next_change(t) < t->next.due_ns &&
           timetable_next_change(t) <= now_ns)
        change_plan(t);
    return t->next.due_ns <= now_ns;
}

void timetable_init(struct timetable *t, struct pool *p)
{
    *t = (struct timetable){.pool = p, .next.due_ns = ARRIVAL_NEVER};
}

void timetable_fini(struct timetable *t)
{
    arrivals_fini(&t->own);
}

void timetable_begin(struct timetable *t)
{
    struct pool *p = t->pool;
    if (!p->warmup_ns) {
        follow(t, &profile_of(t)->arrivals, p->start_ns, 0);
        return;
    }
    follow_constant(t, profile_of(t)->warm_load, p->start_ns - p->warmup_ns,
                    p->start_ns - WARM_UP_EARLY_NS, 0);
    t->is_warming = true;
}

void timetable_end(struct timetable *t)
{
    t->next.due_ns = ARRIVAL_NEVER;
    t->is_warming = false;
    t->switch_ns = 0;
}

void timetable_set_rate(struct timetable *t, int64_t at_ns, double rate)
{
    t->switch_ns = at_ns > t->pool->start_ns ? at_ns : t->pool->start_ns;
    t->switch_rate = rate;
}
