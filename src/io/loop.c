#include "io/loop.h"

#include "base/clock.h"

/* For a turn, and for the tasks of each: one may cost a millisecond
 * (connect(2), when most local ports are taken), so the clock is looked at
 * after each. */
static const int64_t TURN_SHARE_NS = 2 * NS_PER_MS;

static void on_wake(struct ev_loop *ev, ev_async *w, int events)
{
    (void)ev, (void)events;
    struct loop *l = w->data;
    l->on_wake(l->on_wake_arg);
}

static void on_after_sleep(struct ev_loop *ev, ev_check *w, int events)
{
    (void)ev, (void)events;
    struct loop *l = w->data;
    l->turn_ns = clock_now_ns();
    l->turns++;
}

static void on_idle(struct ev_loop *ev, ev_idle *w, int events)
{
    (void)ev, (void)w, (void)events; /* its being active is the point */
}

bool loop_is_late(const struct loop *l, int64_t now_ns)
{
    return now_ns - l->turn_ns > TURN_SHARE_NS;
}

/* Those that are due now; what they defer waits for the next turn, and so do
 * the last of very many. */
static void run_tasks(struct loop *l)
{
    struct list due, *link;
    list_move_all(&l->tasks, &due);
    while ((link = list_take(&due))) {
        struct loop_task *t = list_entry(link, struct loop_task, link);
        t->run(t);
        if (loop_is_late(l, clock_now_ns()))
            break;
    }
    list_prepend_all(&due, &l->tasks);
    if (list_is_empty(&l->tasks))
        ev_idle_stop(l->ev, &l->stay_awake);
    else
        ev_idle_start(l->ev, &l->stay_awake);
}

static void note_turn(struct loop_turns *t, int64_t worked_ns)
{
    uint64_t us = (uint64_t)(worked_ns > 0 ? worked_ns / NS_PER_US : 0);
    int bits = us ? 64 - __builtin_clzll(us) : 0;
    t->buckets[bits < LOOP_TURN_BUCKETS ? bits : LOOP_TURN_BUCKETS - 1]++;
    if (worked_ns > t->longest_ns)
        t->longest_ns = worked_ns;
}

struct loop_turns loop_take_turns(struct loop *l)
{
    struct loop_turns taken = l->lengths;
    l->lengths = (struct loop_turns){0};
    return taken;
}

static void on_before_sleep(struct ev_loop *ev, ev_prepare *w, int events)
{
    (void)ev, (void)events;
    struct loop *l = w->data;
    run_tasks(l);
    if (l->tidy)
        l->tidy(l->on_wake_arg);
    if (l->turns)
        note_turn(&l->lengths, clock_now_ns() - l->turn_ns);
}

bool loop_open(struct loop *l, void (*wake)(void *arg), void *arg)
{
    *l = (struct loop){.on_wake = wake, .on_wake_arg = arg};
    l->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (!l->ev)
        return false;
    list_init(&l->tasks);
    l->turn_ns = clock_now_ns();
    ev_async_init(&l->wake, on_wake);
    ev_prepare_init(&l->before_sleep, on_before_sleep);
    ev_check_init(&l->after_sleep, on_after_sleep);
    ev_idle_init(&l->stay_awake, on_idle);
    ev_set_priority(&l->after_sleep, EV_MAXPRI);
    ev_set_priority(&l->stay_awake, EV_MINPRI);
    l->wake.data = l->before_sleep.data = l->after_sleep.data = l;
    ev_async_start(l->ev, &l->wake);
    ev_prepare_start(l->ev, &l->before_sleep);
    ev_check_start(l->ev, &l->after_sleep);
    return true;
}

void loop_close(struct loop *l)
{
    if (!l->ev)
        return;
    ev_async_stop(l->ev, &l->wake);
    ev_prepare_stop(l->ev, &l->before_sleep);
    ev_check_stop(l->ev, &l->after_sleep);
    ev_idle_stop(l->ev, &l->stay_awake);
    ev_loop_destroy(l->ev);
    l->ev = NULL;
}

void loop_run(struct loop *l)
{
    ev_run(l->ev, 0);
}

void loop_stop(struct loop *l)
{
    ev_break(l->ev, EVBREAK_ALL);
}

void loop_wake(struct loop *l)
{
    ev_async_send(l->ev, &l->wake);
}

/* libev counts from when the turn began, so lateness within it is made good. */
static void arm(struct loop_timer *t)
{
    int64_t wait_ns = t->due_ns - t->loop->turn_ns;
    double wait_s = wait_ns > 0 ? (double)wait_ns / NS_PER_S : 0;
    ev_timer_set(&t->watcher, wait_s, 0.);
    ev_timer_start(t->loop->ev, &t->watcher);
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int events)
{
    (void)ev, (void)events;
    struct loop_timer *t = w->data;
    if (clock_now_ns() < t->due_ns)
        arm(t);
    else
        t->fire(t);
}

void loop_timer_init(struct loop_timer *t, void (*fire)(struct loop_timer *t))
{
    *t = (struct loop_timer){.fire = fire};
    ev_timer_init(&t->watcher, on_timer, 0., 0.);
    t->watcher.data = t;
}

void loop_timer_start(struct loop *l, struct loop_timer *t, int64_t due_ns)
{
    loop_timer_stop(t);
    t->loop = l;
    t->due_ns = due_ns;
    arm(t);
}

void loop_timer_stop(struct loop_timer *t)
{
    if (loop_timer_is_armed(t))
        ev_timer_stop(t->loop->ev, &t->watcher);
}

bool loop_timer_is_armed(const struct loop_timer *t)
{
    return ev_is_active(&t->watcher) || ev_is_pending(&t->watcher);
}

void loop_task_init(struct loop_task *t, void (*run)(struct loop_task *t))
{
    list_init(&t->link);
    t->run = run;
}

void loop_defer(struct loop *l, struct loop_task *t)
{
    if (list_is_empty(&t->link))
        list_append(&l->tasks, &t->link);
}

void loop_task_cancel(struct loop_task *t)
{
    list_remove(&t->link);
}
