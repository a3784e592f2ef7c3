#include "stats/sliding_window.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

void sliding_window_init(struct sliding_window *w, enum metric_kind kind,
                         const struct window_span *span)
{
    *w = (struct sliding_window){
        .span = *span, .tick.kind = kind, .window.kind = kind};
}

static void tick_fini(struct window_tick *tick)
{
    packed_bins_fini(&tick->bins);
}

void sliding_window_fini(struct sliding_window *w)
{
    for (size_t i = w->first; i < w->count; i++)
        tick_fini(&w->ticks[i]);
    free(w->ticks);
    metric_fini(&w->tick);
    metric_fini(&w->window);
    *w = (struct sliding_window){0};
}

void sliding_window_drop_tick(struct sliding_window *w)
{
    metric_reset(&w->tick);
}

static void add_bin(uint32_t bin, uint64_t count, void *arg)
{
    histogram_add_bin(arg, bin, count);
}

static void take_bin(uint32_t bin, uint64_t count, void *arg)
{
    histogram_take_bin(arg, bin, count);
}

/* The bins of the window follow each tick that comes or goes; all else of it is
 * exact only when summed anew. */
static void sum_up(struct sliding_window *w)
{
    w->window = (struct metric_cell){
        .kind = w->window.kind, .trend = {.chunks = w->window.trend.chunks}};
    for (size_t i = w->first; i < w->count; i++)
        metric_merge(&w->window, &w->ticks[i].cell);
}

static void forget_first(struct sliding_window *w)
{
    struct window_tick *tick = &w->ticks[w->first++];
    packed_bins_each(&tick->bins, take_bin, &w->window.trend);
    tick_fini(tick);
}

/* Moves what is left to the front once as many are gone. */
static void tidy(struct sliding_window *w)
{
    if (2 * w->first < w->count)
        return;
    w->count -= w->first;
    memmove(w->ticks, w->ticks + w->first, w->count * sizeof *w->ticks);
    w->first = 0;
}

static void keep_tick(struct sliding_window *w, int64_t from_ns, int64_t to_ns)
{
    array_reserve((void **)&w->ticks, &w->capacity, w->count + 1,
                  sizeof *w->ticks);
    struct window_tick *tick = &w->ticks[w->count++];
    *tick = (struct window_tick){
        .from_ns = from_ns, .to_ns = to_ns, .cell = w->tick};
    tick->cell.trend.chunks = NULL;
    packed_bins_set(&tick->bins, &w->tick.trend);
    packed_bins_each(&tick->bins, add_bin, &w->window.trend);
}

static int64_t middle_ns(int64_t from_ns, int64_t to_ns)
{
    return from_ns + (to_ns - from_ns) / 2;
}

static int64_t tick_middle_ns(const struct window_tick *tick)
{
    return middle_ns(tick->from_ns, tick->to_ns);
}

/* Only samples can come late: see the header. */
static bool belongs(const struct sliding_window *w, int64_t at_ns)
{
    enum metric_kind kind = w->tick.kind;
    if (at_ns < w->span.until_ns)
        return at_ns >= w->span.from_ns;
    return w->tick.samples && (kind == METRIC_TREND || kind == METRIC_RATE);
}

void sliding_window_close_tick(struct sliding_window *w, int64_t from_ns,
                               int64_t to_ns)
{
    int64_t end_ns = to_ns < w->span.until_ns ? to_ns : w->span.until_ns;
    if (!belongs(w, middle_ns(from_ns, to_ns))) {
        sliding_window_drop_tick(w);
        return;
    }
    keep_tick(w, from_ns, to_ns);
    while (w->first + 1 < w->count &&
           tick_middle_ns(&w->ticks[w->first]) < end_ns - w->span.width_ns)
        forget_first(w);
    tidy(w);
    sum_up(w);
    sliding_window_drop_tick(w);
}

bool sliding_window_aggregate(const struct sliding_window *w,
                              enum metric_aggregation how, double percentile,
                              double *result)
{
    if (!w->window.samples && w->window.kind != METRIC_COUNTER)
        return false;
    if (w->first == w->count)
        return false;
    int64_t width_ns =
        w->ticks[w->count - 1].to_ns - w->ticks[w->first].from_ns;
    return metric_aggregate(&w->window, how, percentile,
                            (double)width_ns / NS_PER_S, result);
}
