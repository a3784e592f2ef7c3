#include "script/windows_push.h"

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "script/fields.h"
#include "script/metrics_push.h"

/* ------------------------------------------------------------------ windows */

static void set_counts(lua_State *L, uint64_t requests, uint64_t failed,
                       uint64_t sent_bytes, uint64_t received_bytes)
{
    set_count(L, "requests", requests);
    set_count(L, "failed", failed);
    set_count(L, "sent", sent_bytes);
    set_count(L, "received", received_bytes);
}

static double window_span_s(const struct window *w)
{
    return (double)(w->to_ns - w->from_ns) / NS_PER_S;
}

static void push_window(lua_State *L, const struct window *w)
{
    struct histogram h = {0};
    window_durations(w, &h);
    lua_createtable(L, 0, 15);
    set_number(L, "t_s", (double)w->from_ns / NS_PER_S);
    set_number(L, "to_s", (double)w->to_ns / NS_PER_S);
    set_count(L, "vus", w->vus);
    set_number(L, "in_flight", window_in_flight(w));
    set_counts(L, w->requests, w->failed, w->sent_bytes, w->received_bytes);
    set_per_second(L, "rps", w->requests, window_span_s(w));
    set_number(L, "errors",
               w->requests ? (double)w->failed / (double)w->requests : 0);
    if (h.count) {
        set_percentile(L, &h, "p50", 50);
        set_percentile(L, &h, "p95", 95);
        set_percentile(L, &h, "p99", 99);
        set_percentile(L, &h, "max", 100);
    }
    histogram_fini(&h);
}

/* Arrivals that the plan has in a window, over all profiles that have any. */
static void set_offered(lua_State *L, const struct run_plan *plan,
                        const struct window *w)
{
    double arrivals = 0;
    bool is_open = false;
    for (size_t i = 0; i < plan->profile_count; i++) {
        const struct profile *f = &plan->profiles[i];
        if (f->kind != PROFILE_ARRIVALS || f->is_manual)
            continue;
        is_open = true;
        arrivals += arrivals_expected(&f->arrivals, w->to_ns - f->start_ns) -
                    arrivals_expected(&f->arrivals, w->from_ns - f->start_ns);
    }
    if (is_open && window_span_s(w) > 0)
        set_number(L, "offered", arrivals / window_span_s(w));
}

static void push_windows(lua_State *L, const struct run *r)
{
    const struct series *s = &r->totals.series;
    lua_newtable(L);
    for (size_t i = 0; i < s->count; i++) {
        push_window(L, &s->windows[i]);
        set_offered(L, r->plan, &s->windows[i]);
        append(L);
    }
}

static void push_warm_up_windows(lua_State *L, const struct run *r)
{
    const struct series *s = &r->totals.warm_up;
    lua_newtable(L);
    for (size_t i = 0; i < s->count; i++) {
        push_window(L, &s->windows[i]);
        append(L);
    }
}

static void add_part(lua_State *L, const char *part, const struct traffic *t)
{
    if (!t->requests)
        return;
    lua_createtable(L, 0, 5);
    set_text(L, "part", part);
    set_counts(L, t->requests, t->failed, t->sent_bytes, t->received_bytes);
    append(L);
}

/* The requests that no window has: of setup and teardown. */
static void push_outside(lua_State *L, const struct run *r)
{
    lua_newtable(L);
    add_part(L, "setup", &r->totals.before);
    add_part(L, "teardown", &r->totals.after);
}

void windows_set(lua_State *L, const struct run *r)
{
    push_windows(L, r);
    lua_setfield(L, -2, "windows");
    push_warm_up_windows(L, r);
    lua_setfield(L, -2, "warmup_windows");
    push_outside(L, r);
    lua_setfield(L, -2, "outside");
}

/* ------------------------------------------------------------------- ranges */

struct range {
    struct histogram durations;
    int64_t from_ns;
    int64_t to_ns;
    uint64_t requests;
    uint64_t failed;
    uint64_t vus; /* the most */
};

/* Windows whose middle lies within. */
static struct range merge_range(const struct run *r, double from_s, double to_s)
{
    struct range merged = {.from_ns = -1};
    const struct series *s = &r->totals.series;
    for (size_t i = 0; i < s->count; i++) {
        const struct window *w = &s->windows[i];
        double middle_s = (double)(w->from_ns + w->to_ns) / 2 / NS_PER_S;
        if (middle_s < from_s || middle_s >= to_s)
            continue;
        merged.from_ns = merged.from_ns < 0 ? w->from_ns : merged.from_ns;
        merged.to_ns = w->to_ns;
        merged.requests += w->requests;
        merged.failed += w->failed;
        merged.vus = w->vus > merged.vus ? w->vus : merged.vus;
        window_durations(w, &merged.durations);
    }
    return merged;
}

void range_push(lua_State *L, const struct run *r, double from_s, double to_s)
{
    struct range m = merge_range(r, from_s, to_s);
    double span_s = (double)(m.to_ns - m.from_ns) / NS_PER_S;
    if (!m.requests || span_s <= 0) {
        histogram_fini(&m.durations);
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 9);
    set_number(L, "from_s", (double)m.from_ns / NS_PER_S);
    set_number(L, "to_s", (double)m.to_ns / NS_PER_S);
    set_count(L, "requests", m.requests);
    set_count(L, "failed", m.failed);
    set_per_second(L, "rps", m.requests, span_s);
    set_number(L, "error_rate", (double)m.failed / (double)m.requests);
    set_count(L, "vus", m.vus);
    set_number(L, "in_flight", m.durations.sum / NS_PER_S / span_s);
    set_trend(L, "duration", &m.durations);
    histogram_fini(&m.durations);
}
