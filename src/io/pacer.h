/* pacer — one wake-up at an exact time.
 *
 * libev rounds its timers up to the millisecond of epoll_wait; a timerfd that
 * libev watches wakes within tens of microseconds. It is set before the loop
 * sleeps, after all tasks: on a virtual machine that may cost more than what is
 * waiting to be done. For what must happen on time; loop_timer is cheaper where
 * a millisecond does not matter. All calls from the loop's own thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/loop.h"

struct pacer {
    ev_io watcher;
    ev_prepare before_sleep;
    struct loop *loop; /* borrowed */
    int fd;            /* owned; -1 while closed */
    int64_t due_ns;    /* 0 while not set */
    int64_t armed_ns;  /* what the descriptor is set to; 0 = nothing */
    bool is_readable;  /* it has gone off and was not set since */
    void (*fire)(struct pacer *p);
};

/* False without a descriptor to spare. */
bool pacer_open(struct pacer *p, struct loop *l,
                void (*fire)(struct pacer *p)) ATTR_NODISCARD;
void pacer_close(struct pacer *p);
/* Fires once, at `due_ns` of the monotonic clock or at once if that is past. */
void pacer_set(struct pacer *p, int64_t due_ns);
void pacer_clear(struct pacer *p);
