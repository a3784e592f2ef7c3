#include "script/health_push.h"

#include "base/clock.h"
#include "engine/builtin.h"
#include "engine/run.h"
#include "io/http.h"
#include "script/fields.h"
#include "script/metrics_push.h"

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void set_arrivals(lua_State *L, const struct shard *s)
{
    const struct arrival_row *a = &s->arrivals;
    double dropped = s->metrics[BUILTIN_DROPPED_ITERATIONS].value;
    double all = (double)(a->handed_over - a->withdrawn) + dropped;
    if (all <= 0)
        return;
    set_number(L, "arrivals", all);
    set_number(L, "arrivals_dropped", dropped);
    set_number(L, "arrivals_dropped_share", dropped / all);
    set_number(L, "arrivals_missed_share",
               ratio(a->handed_over - a->in_time, a->handed_over));
    if (!a->send_lag.count)
        return;
    set_percentile(L, &a->send_lag, "send_lag_p50_ms", 50);
    set_percentile(L, &a->send_lag, "send_lag_p99_ms", 99);
}

/* Requests of which only a lower bound of their duration is known. */
static double censored_share(const struct shard *s)
{
    uint64_t censored = 0, all = 0;
    for (size_t i = 0; i < s->request_capacity; i++) {
        const struct request_row *row = &s->requests[i];
        censored += row->failures[HTTP_TIMEOUT] + row->failures[HTTP_CUT_OFF];
        all += row->count;
    }
    return ratio(censored, all);
}

void health_push(lua_State *L, const struct run *r, const struct shard *s,
                 const struct health *h)
{
    const struct health_row *own = &s->health;
    lua_newtable(L);
    set_number(L, "workers", r->worker_count);
    set_number(L, "busiest_worker", h->cpu);
    set_number(L, "cpu_wait_share", h->delay);
    set_number(L, "throttled_share", h->throttled);
    set_number(L, "steal_share", h->steal);
    set_number(L, "longest_turn_ms", (double)own->longest_turn_ns / NS_PER_MS);
    set_number(L, "slow_turns_share", ratio(own->slow_turns, own->turns));
    set_number(L, "longest_gc_ms", (double)own->longest_gc_ns / NS_PER_MS);
    set_count(L, "connections_without_port", own->exhausted);
    set_number(L, "clock_read_ns", (double)r->clock_cost_ns);
    set_number(L, "censored_share", censored_share(s));
    set_count(L, "clamped",
              s->metrics[BUILTIN_HTTP_REQ_DURATION].trend.clamped);
    set_arrivals(L, s);
}
