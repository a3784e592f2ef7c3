#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/curl.h"

struct socket_watch {
    struct list link; /* while idle */
    ev_io io;
    struct curl_client *client; /* borrowed */
};

static void collect_finished(struct curl_client *c)
{
    int left;
    CURLMsg *m;
    while ((m = curl_multi_info_read(c->multi, &left))) {
        struct curl_exchange *x;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        curl_finish_later(x, m->data.result);
    }
}

static void act(struct curl_client *c, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(c->multi, fd, events, &running);
    collect_finished(c);
}

void curl_drive(struct curl_client *c)
{
    act(c, CURL_SOCKET_TIMEOUT, 0);
}

static void on_kick(struct loop_task *t)
{
    curl_drive(list_entry(t, struct curl_client, kick));
}

static void on_timer(struct ev_loop *ev, ev_timer *w, int events)
{
    (void)ev, (void)events;
    curl_drive(w->data);
}

static void on_socket(struct ev_loop *ev, ev_io *w, int events)
{
    (void)ev;
    int what = (events & EV_READ ? CURL_CSELECT_IN : 0) |
               (events & EV_WRITE ? CURL_CSELECT_OUT : 0);
    act(w->data, w->fd, what);
}

/* "Expire at once" may not recurse into libcurl, so it waits for the end of
 * the turn; shorter than a millisecond is not rounded down to nothing. */
static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct curl_client *c = arg;
    ev_timer_stop(c->loop->ev, &c->timer);
    if (timeout_ms == 0) {
        loop_defer(c->loop, &c->kick);
    } else if (timeout_ms > 0) {
        double late_s = (double)(clock_now_ns() - c->loop->turn_ns) / NS_PER_S;
        ev_timer_set(&c->timer, (double)timeout_ms / 1000 + late_s, 0.);
        ev_timer_start(c->loop->ev, &c->timer);
    }
    return 0;
}

static struct socket_watch *watch_take(struct curl_client *c)
{
    struct list *l = list_take(&c->idle_watches);
    if (l)
        return list_entry(l, struct socket_watch, link);
    struct socket_watch *w = xcalloc(1, sizeof *w);
    list_init(&w->link);
    ev_init(&w->io, on_socket);
    w->io.data = c;
    return w;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                       void *assigned)
{
    (void)easy;
    struct curl_client *c = arg;
    struct socket_watch *w = assigned;
    if (what == CURL_POLL_REMOVE) {
        if (w) {
            ev_io_stop(c->loop->ev, &w->io);
            list_append(&c->idle_watches, &w->link);
        }
        return 0;
    }
    if (!w) {
        w = watch_take(c);
        curl_multi_assign(c->multi, fd, w);
    }
    ev_io_stop(c->loop->ev, &w->io);
    ev_io_set(&w->io, fd,
              (what & CURL_POLL_IN ? EV_READ : 0) |
                  (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev_io_start(c->loop->ev, &w->io);
    return 0;
}

void curl_events_init(struct curl_client *c)
{
    list_init(&c->idle_watches);
    loop_task_init(&c->kick, on_kick);
    ev_timer_init(&c->timer, on_timer, 0., 0.);
    c->timer.data = c;
}

void curl_events_connect(struct curl_client *c)
{
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
}

void curl_events_fini(struct curl_client *c)
{
    struct list *l;
    while ((l = list_take(&c->idle_watches)))
        free(list_entry(l, struct socket_watch, link));
    ev_timer_stop(c->loop->ev, &c->timer);
    loop_task_cancel(&c->kick);
}
