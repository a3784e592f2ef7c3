#include "engine/totals.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/derive.h"
#include "engine/interval_log.h"
#include "engine/plan.h"

static bool has_windows(const struct run_plan *plan)
{
    for (size_t i = 0; plan->spans && i < plan->selector_count; i++)
        if (plan->spans[i].width_ns)
            return true;
    return false;
}

static void init_windows(struct totals *t, const enum metric_kind *kinds)
{
    if (!has_windows(t->plan))
        return;
    t->windows = xcalloc(t->plan->selector_count, sizeof *t->windows);
    for (size_t i = 0; i < t->plan->selector_count; i++)
        sliding_window_init(&t->windows[i], kinds[i], &t->plan->spans[i]);
}

/* Calls `visit` for each selector with a sliding window. */
static void each_window(struct totals *t,
                        void (*visit)(struct sliding_window *window,
                                      uint32_t selector, void *arg),
                        void *arg)
{
    for (uint32_t i = 0; t->windows && i < t->plan->selector_count; i++)
        if (t->windows[i].span.width_ns)
            visit(&t->windows[i], i, arg);
}

void totals_init(struct totals *t, const struct run_plan *plan)
{
    struct shard_shape shape = plan_shape(plan);
    *t = (struct totals){.plan = plan};
    shard_init(&t->sum, &shape);
    shard_init(&t->level, &shape);
    shard_init(&t->interval, &shape);
    init_windows(t, shape.selector_kinds);
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
    registry_init(&t->registry);
    series_init(&t->series, SERIES_WINDOWS);
    series_init(&t->warm_up, SERIES_WINDOWS);
    t->sources = xcalloc(plan->workers, sizeof *t->sources);
    for (uint32_t i = 0; i < plan->workers; i++)
        t->sources[i].step_vus = xcalloc(plan->step_rows, sizeof(uint64_t));
}

void totals_fini(struct totals *t)
{
    for (uint32_t i = 0; i < t->plan->workers; i++) {
        free(t->sources[i].names);
        free(t->sources[i].step_vus);
        for (int k = 0; k < TALLIES; k++)
            free(t->sources[i].tallies[k]);
    }
    free(t->sources);
    for (size_t i = 0; t->windows && i < t->plan->selector_count; i++)
        sliding_window_fini(&t->windows[i]);
    free(t->windows);
    traffic_fini(&t->tick);
    traffic_fini(&t->warm_tick);
    traffic_fini(&t->before);
    traffic_fini(&t->after);
    series_fini(&t->series);
    series_fini(&t->warm_up);
    shard_fini(&t->sum);
    shard_fini(&t->level);
    shard_fini(&t->interval);
    registry_fini(&t->registry);
}

/* Our number for a worker's number, found by name the first time. */
static uint32_t translate(uint32_t **map, size_t *capacity, uint32_t number,
                          const struct intern *theirs,
                          uint32_t (*find)(struct totals *, int,
                                           const struct intern_entry *),
                          struct totals *t, int which)
{
    array_reserve((void **)map, capacity, (size_t)number + 1, sizeof **map);
    if (!(*map)[number])
        (*map)[number] = find(t, which, &theirs->entries[number]) + 1;
    return (*map)[number] - 1;
}

static uint32_t our_name(struct totals *t, int which,
                         const struct intern_entry *e)
{
    (void)which;
    return registry_name(&t->registry, e->text, e->length);
}

static uint32_t our_tally(struct totals *t, int which,
                          const struct intern_entry *e)
{
    return registry_tally(&t->registry, (enum tally)which, e->text, e->length,
                          e->note);
}

static void add_row(struct traffic *t, const struct request_row *row)
{
    t->requests += row->count;
    t->failed += row->failed;
    t->sent_bytes += row->sent_bytes;
    t->received_bytes += row->received_bytes;
    histogram_merge(&t->durations, &row->duration);
}

static void merge_requests(struct totals *t, struct totals_source *source,
                           const struct registry *names,
                           const struct shard *delta)
{
    for (uint32_t i = 0; i < delta->request_capacity; i++) {
        const struct request_row *row = &delta->requests[i];
        if (!row->count)
            continue;
        uint32_t ours = translate(&source->names, &source->name_capacity, i,
                                  &names->names, our_name, t, 0);
        request_row_merge(shard_request(&t->sum, ours), row);
        if (t->has_level)
            request_row_merge(shard_request(&t->level, ours), row);
        if (t->plan->wants_intervals)
            request_row_merge(shard_request(&t->interval, ours), row);
        add_row(&t->tick, row);
        if (t->log)
            interval_log_merge_request(t->log, ours, row);
    }
}

/* A note may come later than its tally: a check that passed at first. */
static void keep_note(struct totals *t, enum tally which, uint32_t number,
                      const char *note)
{
    struct intern_entry *e = &t->registry.tallies[which].entries[number];
    if (note && !e->note)
        e->note = xstrdup(note);
}

static void add_tally(struct shard *sum, enum tally which, uint32_t number,
                      const struct tally_row *row)
{
    struct tally_row *into = shard_tally(sum, which, number);
    into->passes += row->passes;
    into->fails += row->fails;
}

static void merge_tally(struct totals *t, struct totals_source *source,
                        const struct registry *names, const struct shard *delta,
                        enum tally which)
{
    const struct tally_rows *rows = &delta->tallies[which];
    for (uint32_t i = 0; i < rows->capacity; i++) {
        const struct tally_row *row = &rows->rows[i];
        if (!row->passes && !row->fails)
            continue;
        uint32_t ours =
            translate(&source->tallies[which], &source->tally_capacity[which],
                      i, &names->tallies[which], our_tally, t, (int)which);
        keep_note(t, which, ours, names->tallies[which].entries[i].note);
        add_tally(&t->sum, which, ours, row);
        if (t->plan->wants_intervals)
            add_tally(&t->interval, which, ours, row);
    }
}

static void merge_step_vus(struct totals *t, struct totals_source *source,
                           const struct shard *delta)
{
    for (size_t i = 0; i < delta->step_count; i++) {
        uint64_t vus = delta->steps[i].vus;
        if (vus <= source->step_vus[i])
            continue;
        t->sum.steps[i].vus += vus - source->step_vus[i];
        source->step_vus[i] = vus;
    }
}

struct feed {
    const struct run_plan *plan;
    const struct shard *delta;
};

/* With tags the samples were fed one by one; without, they are the metric's. */
static void feed_window(struct sliding_window *window, uint32_t selector,
                        void *arg)
{
    const struct feed *feed = arg;
    const struct selector *s = &feed->plan->selectors[selector];
    if (s->term_count) {
        metric_merge(&window->tick, &feed->delta->selectors[selector]);
        return;
    }
    metric_merge(&window->tick, &feed->delta->metrics[s->metric]);
    derive_metric(&window->tick, s->metric, feed->delta);
}

void totals_merge(struct totals *t, uint32_t worker, struct registry *names,
                  const struct shard *delta)
{
    struct totals_source *source = &t->sources[worker];
    pthread_mutex_lock(&names->lock);
    merge_requests(t, source, names, delta);
    for (int i = 0; i < TALLIES; i++)
        merge_tally(t, source, names, delta, (enum tally)i);
    pthread_mutex_unlock(&names->lock);
    traffic_merge(&t->warm_tick, &delta->warm_up);
    if (t->log)
        interval_log_merge(t->log, delta);
    shard_merge_fixed(&t->sum, delta);
    derive_metrics(&t->sum, delta);
    if (t->has_level) {
        shard_merge_fixed(&t->level, delta);
        derive_metrics(&t->level, delta);
    }
    if (t->plan->wants_intervals) {
        shard_merge_fixed(&t->interval, delta);
        derive_metrics(&t->interval, delta);
    }
    merge_step_vus(t, source, delta);
    struct feed feed = {t->plan, delta};
    each_window(t, feed_window, &feed);
}

struct user_count {
    const struct run_plan *plan;
    double of[2]; /* vus, vus_max */
    int64_t at_ns;
};

static void add_users(struct shard *s, const struct user_count *users)
{
    metric_add(&s->metrics[BUILTIN_VUS], users->of[0], users->at_ns);
    metric_add(&s->metrics[BUILTIN_VUS_MAX], users->of[1], users->at_ns);
}

static void count_in_window(struct sliding_window *window, uint32_t selector,
                            void *arg)
{
    const struct user_count *users = arg;
    const struct selector *s = &users->plan->selectors[selector];
    if (!s->term_count && s->metric >= BUILTIN_VUS &&
        s->metric <= BUILTIN_VUS_MAX)
        metric_add(&window->tick, users->of[s->metric - BUILTIN_VUS],
                   users->at_ns);
}

void totals_count_users(struct totals *t, uint64_t vus, uint64_t vus_max,
                        int64_t now_ns)
{
    struct user_count users = {t->plan, {(double)vus, (double)vus_max}, now_ns};
    add_users(&t->sum, &users);
    if (t->has_level)
        add_users(&t->level, &users);
    each_window(t, count_in_window, &users);
}

static void move_traffic(struct traffic *from, struct traffic *to)
{
    traffic_merge(to, from);
    traffic_reset(from);
}

static void drop_tick(struct sliding_window *window, uint32_t selector,
                      void *arg)
{
    (void)selector, (void)arg;
    sliding_window_drop_tick(window);
}

void totals_begin_stage(struct totals *t, int64_t since_start_ns,
                        int64_t warm_up_ns)
{
    if (t->log)
        interval_log_begin_stage(t->log, &t->registry, since_start_ns,
                                 warm_up_ns);
    move_traffic(&t->tick, &t->before);
    each_window(t, drop_tick, NULL);
    t->window_from_ns = 0;
    t->warm_from_ns = -warm_up_ns;
    t->has_stage = true;
}

void totals_end(struct totals *t, int64_t now_ns)
{
    if (t->log)
        interval_log_end(t->log, &t->registry, now_ns);
    move_traffic(&t->tick, t->has_stage ? &t->after : &t->before);
}

void totals_begin_level(struct totals *t)
{
    t->has_level = true;
    shard_reset(&t->level);
}

void totals_begin_interval(struct totals *t)
{
    shard_reset(&t->interval);
}

struct tick {
    int64_t from_ns;
    int64_t to_ns;
};

static void close_tick(struct sliding_window *window, uint32_t selector,
                       void *arg)
{
    const struct tick *tick = arg;
    (void)selector;
    sliding_window_close_tick(window, tick->from_ns, tick->to_ns);
}

void totals_close_window(struct totals *t, int64_t now_ns, struct crowd crowd)
{
    double span_s = (double)(now_ns - t->window_from_ns) / NS_PER_S;
    if (span_s <= 0)
        return;
    if (t->log)
        interval_log_tick(t->log, &t->registry, now_ns);
    series_add(&t->series, t->window_from_ns, now_ns, crowd, &t->tick);
    struct tick tick = {t->window_from_ns, now_ns};
    each_window(t, close_tick, &tick);
    t->last_rps = (double)t->tick.requests / span_s;
    traffic_reset(&t->tick);
    t->window_from_ns = now_ns;
}

/* The tick that ends the warm-up comes a little after the stage's start. */
void totals_close_warm_window(struct totals *t, int64_t now_ns,
                              struct crowd crowd)
{
    int64_t to_ns = now_ns < 0 ? now_ns : 0;
    if (to_ns <= t->warm_from_ns)
        return;
    series_add(&t->warm_up, t->warm_from_ns, to_ns, crowd, &t->warm_tick);
    traffic_reset(&t->warm_tick);
    t->warm_from_ns = to_ns;
}

void totals_end_stage(struct totals *t)
{
    size_t before = t->series.count;
    if (t->log)
        interval_log_end_stage(t->log, &t->registry, t->window_from_ns);
    series_add_late(&t->warm_up, &t->warm_tick);
    series_finish(&t->series);
    if (t->series.count == before)
        return;
    const struct window *last = &t->series.windows[before - 2];
    t->last_rps = (double)last->requests * NS_PER_S /
                  (double)(last->to_ns - last->from_ns);
}

void totals_recent(const struct totals *t, int64_t span_ns,
                   struct histogram *into)
{
    for (size_t i = t->series.count; i-- > 0;) {
        const struct window *w = &t->series.windows[i];
        if (w->to_ns <= t->window_from_ns - span_ns)
            break;
        window_durations(w, into);
    }
}

bool totals_window_value(const struct totals *t, size_t selector,
                         enum metric_aggregation how, double percentile,
                         double *value)
{
    return t->windows && t->windows[selector].span.width_ns &&
           sliding_window_aggregate(&t->windows[selector], how, percentile,
                                    value);
}
