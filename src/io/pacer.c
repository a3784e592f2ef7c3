#include "io/pacer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

static void set_time(struct pacer *p, int64_t due_ns)
{
    struct itimerspec at = {.it_value = {.tv_sec = due_ns / NS_PER_S,
                                         .tv_nsec = due_ns % NS_PER_S}};
    timerfd_settime(p->fd, TFD_TIMER_ABSTIME, &at, NULL);
    p->due_ns = due_ns;
}

/* Setting the timer anew also takes back that it is readable, so there is no
 * need to read it; only a fire that sets nothing has to clear it. One that was
 * set to a later time when libev already knew that it is readable waits on. */
static void on_readable(struct ev_loop *ev, ev_io *w, int events)
{
    (void)ev, (void)events;
    struct pacer *p = w->data;
    int64_t due_ns = p->due_ns;
    if (clock_now_ns() < due_ns)
        return;
    p->due_ns = 0;
    if (due_ns)
        p->fire(p);
    if (!p->due_ns && p->fd >= 0)
        set_time(p, 0);
}

bool pacer_open(struct pacer *p, struct loop *l, void (*fire)(struct pacer *p))
{
    *p = (struct pacer){
        .loop = l,
        .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
        .fire = fire};
    if (p->fd < 0)
        return false;
    ev_io_init(&p->watcher, on_readable, p->fd, EV_READ);
    ev_set_priority(&p->watcher, EV_MAXPRI);
    p->watcher.data = p;
    ev_io_start(l->ev, &p->watcher);
    return true;
}

void pacer_close(struct pacer *p)
{
    if (p->fd < 0)
        return;
    ev_io_stop(p->loop->ev, &p->watcher);
    close(p->fd);
    p->fd = -1;
    p->due_ns = 0;
}

void pacer_set(struct pacer *p, int64_t due_ns)
{
    int64_t at_ns = due_ns > 0 ? due_ns : 1; /* 0 would disarm it */
    if (p->due_ns != at_ns)
        set_time(p, at_ns);
}

void pacer_clear(struct pacer *p)
{
    if (p->due_ns)
        set_time(p, 0);
}
