#include "engine/record_request.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/builtin.h"
#include "engine/feed.h"
#include "engine/plan.h"
#include "engine/registry.h"
#include "engine/sample.h"
#include "engine/tagging.h"
#include "engine/vu.h"
#include "engine/worker.h"

static_assert((int)HTTP_PHASES == (int)SHARD_PHASES, "phases");
static_assert((int)HTTP_FAILURES <= (int)SHARD_FAILURES, "failures");
static_assert(BUILTIN_HTTP_REQ_RECEIVING - BUILTIN_HTTP_REQ_BLOCKED + 1 ==
                  (int)HTTP_PHASES,
              "phases in the order of enum http_phase");

static bool raises_the_tail(enum http_failure failure)
{
    return failure == HTTP_TIMEOUT || failure == HTTP_CUT_OFF;
}

/* Timeouts and cut-off requests count with their age: it can only raise the
 * percentiles, where leaving them out would flatter the server. */
static int64_t sample_duration_ns(const struct request_sample *s)
{
    const struct http_timings *t = &s->result->timings;
    return raises_the_tail(s->failure) ? t->ended_ns - t->started_ns
                                       : http_timings_duration_ns(t);
}

static bool counts_as_duration(const struct request_sample *s)
{
    return s->is_expected || raises_the_tail(s->failure);
}

static void fill_row(struct request_row *row, const struct request_sample *s,
                     int64_t duration_ns)
{
    row->count++;
    row->failed += !s->is_expected;
    row->sent_bytes += s->result->sent_bytes;
    row->received_bytes += s->result->received_bytes;
    if (s->result->cache) {
        row->cache_answers++;
        row->cache_hits += s->result->cache == HTTP_CACHE_HIT;
    }
    if (s->failure != HTTP_OK)
        row->failures[s->failure]++;
    else
        request_row_add_status(row, s->result->status);
    if (!counts_as_duration(s)) {
        feed_time(&row->failed_duration, duration_ns);
        return;
    }
    feed_time(&row->duration, duration_ns);
    for (int i = 0; i < HTTP_PHASES; i++)
        feed_time(&row->phases[i], s->result->timings.phase_ns[i]);
}

static void fill_warm_up(struct traffic *t, const struct request_sample *s,
                         int64_t duration_ns)
{
    t->requests++;
    t->failed += !s->is_expected;
    t->sent_bytes += s->result->sent_bytes;
    t->received_bytes += s->result->received_bytes;
    if (counts_as_duration(s))
        feed_time(&t->durations, duration_ns);
}

static void fill_step(struct shard *shard, const struct request_sample *s,
                      int64_t duration_ns)
{
    if (s->step == RECORD_NO_STEP)
        return;
    struct step_row *row = &shard->steps[s->step];
    row->count++;
    row->failed += !s->is_expected;
    if (counts_as_duration(s))
        feed_time(&row->duration, duration_ns);
}

static void note_error(struct worker *w, const struct request_sample *s)
{
    char class[32], example[512];
    int length;
    if (s->failure != HTTP_OK)
        length =
            snprintf(class, sizeof class, "%s", http_failure_name(s->failure));
    else
        length = snprintf(class, sizeof class, "status_%d", s->result->status);
    snprintf(example, sizeof example, "%s %.300s: %.150s", s->method, s->url,
             s->result->detail ? s->result->detail : class);
    feed_error(w, class, (size_t)length, example);
}

static void feed_request_selector(struct metric_cell *cell, uint32_t metric,
                                  const struct request_sample *s,
                                  int64_t duration_ns)
{
    bool in_trends = counts_as_duration(s);
    if (metric == BUILTIN_HTTP_REQS)
        metric_add_count(cell, 1);
    else if (metric == BUILTIN_HTTP_REQ_FAILED)
        metric_add_rate(cell, !s->is_expected, 1);
    else if (metric == BUILTIN_HTTP_CACHE_HITS)
        metric_add_rate(cell, s->result->cache == HTTP_CACHE_HIT,
                        s->result->cache != HTTP_CACHE_SILENT);
    else if (metric == BUILTIN_DATA_SENT)
        metric_add_count(cell, s->result->sent_bytes);
    else if (metric == BUILTIN_DATA_RECEIVED)
        metric_add_count(cell, s->result->received_bytes);
    else if (metric == BUILTIN_HTTP_REQ_FAILED_DURATION && !in_trends)
        metric_add_time(cell, duration_ns);
    else if (metric == BUILTIN_HTTP_REQ_DURATION && in_trends)
        metric_add_time(cell, duration_ns);
    else if (metric >= BUILTIN_HTTP_REQ_BLOCKED &&
             metric <= BUILTIN_HTTP_REQ_RECEIVING && in_trends)
        metric_add_time(
            cell,
            s->result->timings.phase_ns[metric - BUILTIN_HTTP_REQ_BLOCKED]);
}

static void tag_request(struct worker *w, struct tag_set *tags,
                        const struct request_sample *s)
{
    const struct intern_entry *name =
        &worker_registry(w)->names.entries[s->name];
    tagging_set_builtin(w, tags, TAG_NAME, name->text, name->length);
    tagging_set_builtin(w, tags, TAG_METHOD, s->method, strlen(s->method));
    tagging_set_number(w, tags, TAG_STATUS,
                       s->failure == HTTP_OK ? (unsigned)s->result->status : 0);
    const char *proto = http_proto_name(s->result->proto);
    tagging_set_builtin(w, tags, TAG_PROTO, proto, strlen(proto));
}

static void feed_request_selectors(struct worker *w,
                                   const struct request_sample *s,
                                   int64_t duration_ns)
{
    const struct run_plan *plan = worker_plan(w);
    if (!plan->selector_count)
        return;
    struct tag_set tags = *s->tags;
    tag_request(w, &tags, s);
    for (size_t i = 0; i < plan->selector_count; i++)
        if (plan->selectors[i].metric <= BUILTIN_DATA_RECEIVED &&
            plan->selectors[i].term_count &&
            selector_matches(&plan->selectors[i], &tags))
            feed_request_selector(&worker_shard(w)->selectors[i],
                                  plan->selectors[i].metric, s, duration_ns);
}

/* For whoever wants every single one. */
static void write_down(struct worker *w, const struct request_sample *s,
                       int64_t duration_ns)
{
    struct sample *to = sample_ring_next(w->samples);
    if (!to)
        return;
    *to = (struct sample){
        .started_ns = s->result->timings.started_ns,
        .duration_ns = duration_ns,
        .sent_bytes = s->result->sent_bytes,
        .received_bytes = s->result->received_bytes,
        .iteration = s->vu->iteration,
        .name = s->name,
        .vu = s->vu->id,
        .step = s->step,
        .journey = s->vu->journey,
        .status = (uint16_t)(s->failure == HTTP_OK ? s->result->status : 0),
        .failure = (uint8_t)s->failure,
        .proto = (uint8_t)s->result->proto,
        .part = (uint8_t)s->vu->part,
        .is_expected = s->is_expected};
    memcpy(to->phase_ns, s->result->timings.phase_ns, sizeof to->phase_ns);
    strncpy(to->method, s->method, sizeof to->method - 1);
    sample_ring_put(w->samples);
}

void record_request(struct worker *w, const struct request_sample *s)
{
    struct shard *shard = worker_shard(w);
    int64_t duration_ns = sample_duration_ns(s);
    if (feed_is_warm_up(w, s->result->timings.started_ns)) {
        fill_warm_up(&shard->warm_up, s, duration_ns);
        return;
    }
    fill_row(shard_request(shard, s->name), s, duration_ns);
    fill_step(shard, s, duration_ns);
    shard->connections += s->result->connections;
    if (!s->is_expected)
        note_error(w, s);
    feed_request_selectors(w, s, duration_ns);
    if (w->samples)
        write_down(w, s, duration_ns);
}

/* ----------------------------------------------------------------- streams */

static void add_of_stream(struct worker *w, uint32_t metric, double value,
                          const struct tag_set *tags)
{
    metric_add(&worker_shard(w)->metrics[metric], value, clock_now_ns());
    if (tags)
        feed_selectors(w, metric, value, tags);
}

void record_stream_events(struct worker *w, const struct request_sample *s,
                          uint64_t count, int64_t first_ns)
{
    struct tag_set tags = *s->tags;
    bool is_asked_for = worker_plan(w)->selector_count > 0;
    if (feed_is_warm_up(w, s->result->timings.started_ns))
        return;
    if (is_asked_for)
        tag_request(w, &tags, s);
    if (count)
        add_of_stream(w, BUILTIN_HTTP_STREAM_EVENTS, (double)count,
                      is_asked_for ? &tags : NULL);
    if (first_ns >= 0)
        add_of_stream(w, BUILTIN_HTTP_STREAM_FIRST_EVENT,
                      (double)first_ns / NS_PER_MS,
                      is_asked_for ? &tags : NULL);
}
