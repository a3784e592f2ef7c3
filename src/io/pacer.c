#include "io/pacer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

static void set_time(struct pacer *p, int64_t due_ns)
{
    struct itimerspec at = {.it_value = {.tv_sec = due_ns / NS_PER_S,
                                         .tv_nsec = due_ns % NS_PER_S}};
    timerfd_settime(p->fd, TFD_TIMER_ABSTIME, &at, NULL);
    p->armed_ns = due_ns;
    p->is_readable = false;
}

/* Setting the timer anew also takes back that it is readable, so there is no
 * need to read it. One that was set to a later time when libev already knew
 * that it is readable waits on. */
static void on_readable(struct ev_loop *ev, ev_io *w, int events)
{
    (void)ev, (void)events;
    struct pacer *p = w->data;
    int64_t due_ns = p->due_ns;
    p->is_readable = true;
    if (clock_now_ns() < due_ns)
        return;
    p->due_ns = 0;
    if (due_ns)
        p->fire(p);
}

/* What is due by now needs no timer while the last one is readable still: that
 * keeps the loop from sleeping. */
static void on_before_sleep(struct ev_loop *ev, ev_prepare *w, int events)
{
    (void)ev, (void)events;
    struct pacer *p = w->data;
    bool is_due = p->due_ns && p->is_readable && p->due_ns <= clock_now_ns();
    if (!is_due && (p->is_readable || p->due_ns != p->armed_ns))
        set_time(p, p->due_ns);
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
    ev_prepare_init(&p->before_sleep, on_before_sleep);
    ev_set_priority(&p->before_sleep, EV_MINPRI);
    p->watcher.data = p->before_sleep.data = p;
    ev_io_start(l->ev, &p->watcher);
    ev_prepare_start(l->ev, &p->before_sleep);
    return true;
}

void pacer_close(struct pacer *p)
{
    if (p->fd < 0)
        return;
    ev_io_stop(p->loop->ev, &p->watcher);
    ev_prepare_stop(p->loop->ev, &p->before_sleep);
    close(p->fd);
    p->fd = -1;
    p->due_ns = 0;
}

void pacer_set(struct pacer *p, int64_t due_ns)
{
    p->due_ns = due_ns > 0 ? due_ns : 1; /* 0 would disarm it */
}

void pacer_clear(struct pacer *p)
{
    p->due_ns = 0;
}
