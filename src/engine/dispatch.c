#include "engine/dispatch.h"

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/worker.h"

/* How many arrivals are handed over in one turn of the loop. */
enum { PER_TURN = 128 };

/* One that is due at the very end is handed over a moment later. How late is
 * told by the send lag; a rate was missed when arrivals pile up. */
static const int64_t END_SLACK_NS = 100 * NS_PER_MS;
/* By how much longer another worker's arrival must have waited to go first. */
static const int64_t PATIENCE_NS = 10 * NS_PER_MS;

static const struct profile *profile_of(const struct dispatch *d)
{
    return d->pool->profile;
}

/* ----------------------------------------------------------- other workers */

static uint32_t workers_of(const struct dispatch *d)
{
    return worker_plan(d->pool->worker)->workers;
}

static struct dispatch *peer(const struct dispatch *d, uint32_t number)
{
    const struct worker *w = d->pool->worker;
    if (!w->peers || number == worker_number(w))
        return NULL;
    return w->peers[number].pools[d->pool->index].dispatch;
}

static bool offer_to_peers(struct dispatch *d, const struct arrival *a)
{
    for (uint32_t i = 0; i < workers_of(d); i++) {
        struct dispatch *other = peer(d, i);
        if (!other || !handover_offer(&other->handover, a))
            continue;
        loop_wake(worker_loop(other->pool->worker));
        return true;
    }
    return false;
}

static void wake(struct dispatch *d)
{
    loop_wake(worker_loop(d->pool->worker));
}

static void wake_peers(struct dispatch *d)
{
    for (uint32_t i = 0; i < workers_of(d); i++)
        if (peer(d, i))
            wake(peer(d, i));
}

static bool has_free(const struct dispatch *d)
{
    return atomic_load(&d->handover.free) > 0;
}

static bool somebody_is_free(const struct dispatch *d)
{
    bool is_free = has_free(d);
    for (uint32_t i = 0; i < workers_of(d) && !is_free; i++)
        is_free = peer(d, i) && has_free(peer(d, i));
    return is_free;
}

/* The one whose arrival has waited longest; not by a little, for one's own is
 * nearer. NULL if nobody waits. */
static struct dispatch *longest_waiting(struct dispatch *d)
{
    int64_t own_ns = atomic_load(&d->handover.stuck_ns);
    struct dispatch *found = own_ns == ARRIVAL_NEVER ? NULL : d;
    int64_t since_ns = found ? own_ns - PATIENCE_NS : ARRIVAL_NEVER;
    for (uint32_t i = 0; i < workers_of(d); i++) {
        struct dispatch *other = peer(d, i);
        int64_t stuck_ns =
            other ? atomic_load(&other->handover.stuck_ns) : ARRIVAL_NEVER;
        if (stuck_ns >= since_ns)
            continue;
        since_ns = stuck_ns;
        found = other;
    }
    return found;
}

static bool peers_are_done(const struct dispatch *d)
{
    for (uint32_t i = 0; i < workers_of(d); i++) {
        const struct dispatch *other = peer(d, i);
        if (other && !atomic_load(&other->handover.is_done))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------- users */

static void give(struct dispatch *d, const struct arrival *a)
{
    struct pool *p = d->pool;
    struct list *waiting = list_take(&p->parked);
    struct vu *vu = waiting ? list_entry(waiting, struct vu, pool_link)
                            : &p->users[d->opened++];
    pool_count_use(p, 1);
    vu_give_arrival(vu, a);
}

static void note_handed_over(struct dispatch *d, const struct arrival *a)
{
    int64_t now_ns = clock_now_ns();
    enum arrival_fate fate = ARRIVAL_IN_TIME;
    if (d->is_waiting)
        d->waited_until_ns = now_ns;
    if (a->due_ns <= d->waited_until_ns)
        fate = ARRIVAL_WAITED;
    else if (now_ns > timetable_end_ns(&d->timetable) + END_SLACK_NS)
        fate = ARRIVAL_TOO_LATE;
    record_arrival(d->pool, a->due_ns, now_ns, fate);
}

enum outcome { HANDED_OVER, DROPPED, NOBODY_FREE, NOBODY_FREE_YET };

/* After a late wake-up, users may be done whose end this turn has not come to:
 * nothing is dropped before it has. */
static enum outcome hand_over(struct dispatch *d)
{
    bool given = handover_take_user(&d->handover);
    if (given)
        give(d, &d->timetable.next);
    else
        given = offer_to_peers(d, &d->timetable.next);
    if (given) {
        note_handed_over(d, &d->timetable.next);
        return HANDED_OVER;
    }
    if (profile_of(d)->is_queue)
        return NOBODY_FREE;
    if (!d->is_last_look)
        return NOBODY_FREE_YET;
    record_dropped(d->pool, d->timetable.next.due_ns, 1);
    return DROPPED;
}

/* What other workers left here; each has a user reserved. */
static void take_offered(struct dispatch *d)
{
    struct arrival a;
    for (size_t i = 0; handover_take(&d->handover, i, &a); i++)
        give(d, &a);
}

void dispatch_user_free(struct dispatch *d, struct vu *vu)
{
    struct pool *p = d->pool;
    pool_count_use(p, -1);
    vu->arrival = (struct arrival){0};
    if (vu->state != VU_RUNNING)
        return;
    list_prepend(&p->parked, &vu->pool_link);
    if (d->is_stopped)
        return;
    atomic_fetch_add(&d->handover.free, 1);
    struct dispatch *next = longest_waiting(d);
    if (next == d)
        dispatch_run(d);
    else if (next)
        wake(next);
}

/* ----------------------------------------------------------------- running */

static void set_waiting(struct dispatch *d, bool is_waiting)
{
    d->is_waiting = is_waiting;
    atomic_store(&d->handover.stuck_ns,
                 is_waiting ? d->timetable.next.due_ns : ARRIVAL_NEVER);
}

/* A user may be left that was free for us: others may wait for one, too. */
static void pass_on(struct dispatch *d)
{
    struct dispatch *next = somebody_is_free(d) ? longest_waiting(d) : NULL;
    if (next && next != d)
        wake(next);
}

static void set_pacer(struct dispatch *d)
{
    int64_t at_ns = d->timetable.next.due_ns,
            change_ns = timetable_next_change(&d->timetable);
    if (change_ns < at_ns)
        at_ns = change_ns;
    if (at_ns == ARRIVAL_NEVER)
        pacer_clear(&d->pacer);
    else
        pacer_set(&d->pacer, at_ns);
}

/* A user may have been freed before anybody could see that one is needed. */
static enum outcome hand_over_or_wait(struct dispatch *d)
{
    enum outcome outcome = hand_over(d);
    if (outcome != NOBODY_FREE || d->is_waiting)
        return outcome;
    set_waiting(d, true);
    return hand_over(d);
}

static void hand_over_due(struct dispatch *d, int64_t now_ns)
{
    bool was_waiting = d->is_waiting;
    for (int i = 0; i < PER_TURN && timetable_is_due(&d->timetable, now_ns);
         i++) {
        enum outcome outcome = hand_over_or_wait(d);
        if (outcome == NOBODY_FREE_YET)
            break;
        if (outcome == NOBODY_FREE) {
            pacer_clear(&d->pacer);
            return;
        }
        set_waiting(d, false);
        timetable_advance(&d->timetable);
    }
    set_waiting(d, false);
    if (timetable_is_due(&d->timetable, now_ns))
        loop_defer(worker_loop(d->pool->worker), &d->more);
    else
        set_pacer(d);
    if (was_waiting)
        pass_on(d);
}

/* The users here may be needed for what other workers still have. */
static void finish(struct dispatch *d)
{
    if (!atomic_exchange(&d->handover.is_done, true))
        wake_peers(d);
    if (peers_are_done(d))
        pool_close(d->pool);
}

void dispatch_run(struct dispatch *d)
{
    take_offered(d);
    if (d->pool->is_open && !d->pool->is_paused)
        hand_over_due(d, clock_now_ns());
    if (d->pool->is_open && d->is_over &&
        d->timetable.next.due_ns == ARRIVAL_NEVER)
        finish(d);
}

static void on_due(struct pacer *p)
{
    dispatch_run(list_entry(p, struct dispatch, pacer));
}

static void on_more(struct loop_task *t)
{
    struct dispatch *d = list_entry(t, struct dispatch, more);
    d->is_last_look = true;
    dispatch_run(d);
    d->is_last_look = false;
}

/* --------------------------------------------------------- beginning, end */

bool dispatch_init(struct dispatch *d, struct pool *p)
{
    *d = (struct dispatch){.pool = p, .pacer = {.fd = -1}};
    timetable_init(&d->timetable, p);
    handover_init(&d->handover);
    loop_task_init(&d->more, on_more);
    return pacer_open(&d->pacer, worker_loop(p->worker), on_due);
}

void dispatch_fini(struct dispatch *d)
{
    pacer_close(&d->pacer);
    loop_task_cancel(&d->more);
    timetable_fini(&d->timetable);
    handover_fini(&d->handover);
}

void dispatch_start(struct dispatch *d)
{
    struct pool *p = d->pool;
    atomic_store(&d->handover.free, (int)p->capacity);
    timetable_begin(&d->timetable);
    set_pacer(d);
}

static void skip_due(struct dispatch *d)
{
    int64_t now_ns = clock_now_ns();
    while (timetable_is_due(&d->timetable, now_ns))
        timetable_advance(&d->timetable);
}

void dispatch_end(struct dispatch *d)
{
    d->is_over = true;
    if (d->pool->is_paused)
        skip_due(d);
    dispatch_run(d);
}

static void drop_due(struct dispatch *d)
{
    int64_t now_ns = clock_now_ns();
    for (; timetable_is_due(&d->timetable, now_ns);
         timetable_advance(&d->timetable))
        record_dropped(d->pool, d->timetable.next.due_ns, 1);
    set_waiting(d, false);
}

static void drop_waiting(struct dispatch *d)
{
    if (d->is_waiting)
        drop_due(d);
}

void dispatch_stop(struct dispatch *d)
{
    if (!d->pool->is_paused)
        drop_due(d);
    timetable_end(&d->timetable);
    pacer_clear(&d->pacer);
    d->is_stopped = true;
    loop_task_cancel(&d->more);
    handover_close(&d->handover);
    take_offered(d);
}

void dispatch_set_rate(struct dispatch *d, int64_t at_ns, double rate)
{
    drop_waiting(d);
    timetable_set_rate(&d->timetable, at_ns, rate);
    if (!d->pool->is_paused)
        set_pacer(d);
}

void dispatch_pause(struct dispatch *d)
{
    drop_waiting(d);
}

void dispatch_skip(struct dispatch *d)
{
    skip_due(d);
    dispatch_run(d);
}
