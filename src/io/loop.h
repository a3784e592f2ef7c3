/* loop — one thread's events: timers, deferred tasks, sockets, a wake-up.
 *
 * A thin face over libev. Timers take absolute monotonic times and never fire
 * early, however late in a turn they were set. Deferred tasks run once per
 * turn, before the loop sleeps: what a task defers runs in the next turn, so a
 * signal or a timer always gets through. All calls from the loop's own thread,
 * but for `loop_wake`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <ev.h>

#include "base/list.h"

struct loop_timer {
    ev_timer watcher;
    struct loop *loop; /* borrowed; set while armed */
    int64_t due_ns;
    void (*fire)(struct loop_timer *t);
};

struct loop_task {
    struct list link;
    void (*run)(struct loop_task *t);
};

enum { LOOP_TURN_BUCKETS = 24 };

/* How long turns were: the work between two sleeps. */
struct loop_turns {
    int64_t longest_ns;
    /* by length: [i] holds those of less than 2^i us */
    uint64_t buckets[LOOP_TURN_BUCKETS];
};

struct loop {
    struct ev_loop *ev; /* owned */
    int64_t turn_ns;    /* when this turn began */
    uint64_t turns;
    struct loop_turns lengths; /* since loop_take_turns */
    struct list tasks;
    ev_async wake;
    ev_prepare before_sleep;
    ev_check after_sleep;
    ev_idle stay_awake; /* active while tasks wait */
    void (*on_wake)(void *arg);
    void *on_wake_arg;
    void (*tidy)(void *arg); /* before each sleep, with on_wake_arg; or NULL */
};

/* `on_wake(arg)` runs in the loop after `loop_wake` from any thread. */
bool loop_open(struct loop *l, void (*on_wake)(void *arg), void *arg);
void loop_close(struct loop *l);
/* Runs until `loop_stop`. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
void loop_wake(struct loop *l);
/* What was noted since the last call. */
struct loop_turns loop_take_turns(struct loop *l);

void loop_timer_init(struct loop_timer *t, void (*fire)(struct loop_timer *t));
void loop_timer_start(struct loop *l, struct loop_timer *t, int64_t due_ns);
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_is_armed(const struct loop_timer *t);

/* Has this turn lasted so long that what can wait should be deferred? */
bool loop_is_late(const struct loop *l, int64_t now_ns);

void loop_task_init(struct loop_task *t, void (*run)(struct loop_task *t));
void loop_defer(struct loop *l, struct loop_task *t);
void loop_task_cancel(struct loop_task *t);
