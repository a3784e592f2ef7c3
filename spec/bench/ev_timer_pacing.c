/* ev_timer_pacing — how late arrivals start that a plain libev program paces.
 *
 * RATE arrivals a second for SECONDS, each due at k / RATE as lload plans them.
 * One ev_timer is set to the next due time; when it fires, everything that is
 * due is started and the timer is set anew. Prints median and 99th percentile
 * of the lateness in microseconds.
 *
 *   cc -O2 spec/bench/ev_timer_pacing.c -lev
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <ev.h>

static int64_t start_ns;
static int64_t *late_ns;
static size_t next, count;
static double rate;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t due_ns(size_t arrival)
{
    return start_ns + (int64_t)((double)(arrival + 1) / rate * 1e9);
}

/* libev counts from the time at which it last looked at the clock. */
static void set_timer(struct ev_loop *loop, ev_timer *w)
{
    double wait_s = (double)(due_ns(next) - now_ns()) / 1e9;
    ev_now_update(loop);
    ev_timer_set(w, wait_s > 0 ? wait_s : 0, 0.);
    ev_timer_start(loop, w);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
    (void)events;
    for (int64_t now; next < count && due_ns(next) <= (now = now_ns()); next++)
        late_ns[next] = now - due_ns(next);
    if (next < count)
        set_timer(loop, w);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc != 3 || (rate = strtod(argv[1], NULL)) <= 0 ||
        (count = (size_t)(rate * strtod(argv[2], NULL))) == 0)
        return fprintf(stderr, "usage: ev_timer_pacing RATE SECONDS\n"), 2;
    late_ns = calloc(count, sizeof *late_ns);
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    ev_timer timer;
    if (!late_ns || !loop)
        return 70;
    ev_timer_init(&timer, on_timer, 0., 0.);
    start_ns = now_ns();
    set_timer(loop, &timer);
    ev_run(loop, 0);
    qsort(late_ns, count, sizeof *late_ns, compare);
    printf("median_us %.1f\np99_us %.1f\n", (double)late_ns[count / 2] / 1e3,
           (double)late_ns[count - 1 - count / 100] / 1e3);
    ev_loop_destroy(loop);
    free(late_ns);
    return 0;
}
