#include "engine/record.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/registry.h"
#include "engine/sample.h"
#include "engine/vu.h"
#include "engine/worker.h"

static_assert((int)HTTP_PHASES == (int)SHARD_PHASES, "phases");
static_assert((int)HTTP_FAILURES <= (int)SHARD_FAILURES, "failures");
static_assert(BUILTIN_HTTP_REQ_RECEIVING - BUILTIN_HTTP_REQ_BLOCKED + 1 ==
                  (int)HTTP_PHASES,
              "phases in the order of enum http_phase");

/* -------------------------------------------------------------------- tags */

static void set_tag(const struct run_plan *plan, struct tag_set *tags, int key,
                    const char *value, size_t length)
{
    if (key >= 0)
        tags->value[key] = tag_value_find(&plan->vocabulary, value, length);
}

void record_set_tag(const struct worker *w, struct tag_set *tags,
                    const char *key, size_t key_length, const char *value,
                    size_t value_length)
{
    const struct run_plan *plan = worker_plan(w);
    if (plan->selector_count)
        set_tag(plan, tags, tag_key_find(&plan->vocabulary, key, key_length),
                value, value_length);
}

void record_set_builtin_tag(const struct worker *w, struct tag_set *tags,
                            int builtin, const char *value, size_t length)
{
    const struct run_plan *plan = worker_plan(w);
    set_tag(plan, tags, plan->tag_keys[builtin], value, length);
}

static void set_pairs(const struct worker *w, struct tag_set *tags,
                      const struct tag_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        record_set_tag(w, tags, pairs->pairs[i].key,
                       strlen(pairs->pairs[i].key), pairs->pairs[i].value,
                       strlen(pairs->pairs[i].value));
}

void record_tag_user(struct vu *vu)
{
    const struct run_plan *plan = worker_plan(vu->worker);
    vu->tags = (struct tag_set){0};
    record_set_builtin_tag(vu->worker, &vu->tags, TAG_STAGE, plan->stage,
                           strlen(plan->stage));
    set_pairs(vu->worker, &vu->tags, &plan->tags);
    if (vu->pool)
        set_pairs(vu->worker, &vu->tags, &vu->pool->profile->tags);
}

void record_tag_journey(struct vu *vu)
{
    const char *name = worker_plan(vu->worker)->journeys[vu->journey].name;
    record_set_builtin_tag(vu->worker, &vu->tags, TAG_JOURNEY, name,
                           strlen(name));
}

static void set_number_tag(const struct run_plan *plan, struct tag_set *tags,
                           int key, unsigned number)
{
    char digits[16];
    if (key < 0)
        return;
    int length = snprintf(digits, sizeof digits, "%u", number);
    set_tag(plan, tags, key, digits, (size_t)length);
}

void record_tag_step(const struct vu *vu, struct tag_set *tags)
{
    const struct run_plan *plan = worker_plan(vu->worker);
    set_number_tag(plan, tags, plan->tag_keys[TAG_STEP],
                   vu->pool->step - vu->pool->profile->first_step + 1);
}

/* ----------------------------------------------------------------- warm-up */

static bool is_warm_up(const struct worker *w, int64_t at_ns)
{
    return at_ns < w->counts_from_ns;
}

/* An iteration belongs to the moment for which it was planned. */
static bool is_warming(const struct vu *vu)
{
    if (vu->arrival.number)
        return vu->arrival.due_ns <= vu->worker->counts_from_ns &&
               vu->worker->counts_from_ns;
    return is_warm_up(vu->worker, vu->part_started_ns);
}

/* ---------------------------------------------------------------- requests */

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

static void add_time(struct histogram *h, int64_t ns)
{
    histogram_record(h, ns, HISTOGRAM_MAX_TIME_NS);
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
        add_time(&row->failed_duration, duration_ns);
        return;
    }
    add_time(&row->duration, duration_ns);
    for (int i = 0; i < HTTP_PHASES; i++)
        add_time(&row->phases[i], s->result->timings.phase_ns[i]);
}

static void fill_warm_up(struct traffic *t, const struct request_sample *s,
                         int64_t duration_ns)
{
    t->requests++;
    t->failed += !s->is_expected;
    t->sent_bytes += s->result->sent_bytes;
    t->received_bytes += s->result->received_bytes;
    if (counts_as_duration(s))
        add_time(&t->durations, duration_ns);
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
        add_time(&row->duration, duration_ns);
}

static void count_error(struct worker *w, const char *class, size_t length,
                        const char *example)
{
    uint32_t row = registry_tally(worker_registry(w), TALLY_ERRORS, class,
                                  length, example);
    shard_tally(worker_shard(w), TALLY_ERRORS, row)->fails++;
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
    count_error(w, class, (size_t)length, example);
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
    const struct run_plan *plan = worker_plan(w);
    const struct intern_entry *name =
        &worker_registry(w)->names.entries[s->name];
    set_tag(plan, tags, plan->tag_keys[TAG_NAME], name->text, name->length);
    set_tag(plan, tags, plan->tag_keys[TAG_METHOD], s->method,
            strlen(s->method));
    set_number_tag(plan, tags, plan->tag_keys[TAG_STATUS],
                   s->failure == HTTP_OK ? (unsigned)s->result->status : 0);
    const char *proto = http_proto_name(s->result->proto);
    set_tag(plan, tags, plan->tag_keys[TAG_PROTO], proto, strlen(proto));
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
    if (is_warm_up(w, s->result->timings.started_ns)) {
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

/* --------------------------------------------------------------- selectors */

static void feed_selectors(struct worker *w, uint32_t metric, double value,
                           const struct tag_set *tags)
{
    const struct run_plan *plan = worker_plan(w);
    for (size_t i = 0; i < plan->selector_count; i++)
        if (plan->selectors[i].metric == metric &&
            plan->selectors[i].term_count &&
            selector_matches(&plan->selectors[i], tags))
            metric_add(&worker_shard(w)->selectors[i], value, clock_now_ns());
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
    if (is_warm_up(w, s->result->timings.started_ns))
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

/* -------------------------------------------------------------- iterations */

static struct tag_set tags_with_step(const struct vu *vu)
{
    struct tag_set tags = vu->tags;
    if (vu->pool)
        record_tag_step(vu, &tags);
    return tags;
}

void record_lag(struct vu *vu, int64_t now_ns)
{
    struct worker *w = vu->worker;
    if (!vu->arrival.number || is_warming(vu))
        return;
    int64_t lag_ns = now_ns - vu->arrival.due_ns;
    metric_add_time(&worker_shard(w)->metrics[BUILTIN_ITERATION_LAG], lag_ns);
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tags_with_step(vu);
    feed_selectors(w, BUILTIN_ITERATION_LAG, (double)lag_ns / NS_PER_MS, &tags);
}

static void record_response_time(struct vu *vu, int64_t now_ns)
{
    struct worker *w = vu->worker;
    if (!vu->arrival.number)
        return;
    int64_t response_ns = now_ns - vu->arrival.due_ns;
    metric_add_time(&worker_shard(w)->metrics[BUILTIN_ITERATION_RESPONSE_TIME],
                    response_ns);
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tags_with_step(vu);
    feed_selectors(w, BUILTIN_ITERATION_RESPONSE_TIME,
                   (double)response_ns / NS_PER_MS, &tags);
}

static void feed_iteration(struct vu *vu, enum journey_outcome outcome,
                           double duration_ms)
{
    struct worker *w = vu->worker;
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tags_with_step(vu);
    if (outcome != OUTCOME_CUT_OFF) {
        feed_selectors(w, BUILTIN_ITERATIONS, 1, &tags);
        feed_selectors(w, BUILTIN_ITERATION_DURATION, duration_ms, &tags);
    }
    if (outcome == OUTCOME_FAILED)
        feed_selectors(w, BUILTIN_ITERATIONS_FAILED, 1, &tags);
    if (outcome == OUTCOME_ERROR)
        feed_selectors(w, BUILTIN_ITERATION_ERRORS, 1, &tags);
}

/* on_start and its kin have no row of their own; their errors count too. */
static void record_other_part(struct vu *vu, enum journey_outcome outcome)
{
    struct shard *shard = worker_shard(vu->worker);
    if (outcome == OUTCOME_ERROR)
        metric_add_count(&shard->metrics[BUILTIN_ITERATION_ERRORS], 1);
    if (outcome == OUTCOME_FAILED)
        metric_add_count(&shard->metrics[BUILTIN_ITERATIONS_FAILED], 1);
}

void record_part(struct vu *vu, enum journey_outcome outcome, int64_t now_ns)
{
    if (is_warming(vu) || outcome == OUTCOME_RETIRED)
        return;
    if (vu->part != PART_ITERATION) {
        record_other_part(vu, outcome);
        return;
    }
    struct journey_row *row = &worker_shard(vu->worker)->journeys[vu->journey];
    int64_t duration_ns = now_ns - vu->part_started_ns;
    row->failed += outcome == OUTCOME_FAILED;
    row->errors += outcome == OUTCOME_ERROR;
    if (outcome == OUTCOME_CUT_OFF) {
        row->cut_off++;
    } else {
        row->iterations++;
        add_time(&row->duration, duration_ns);
    }
    feed_iteration(vu, outcome, (double)duration_ns / NS_PER_MS);
    record_response_time(vu, now_ns);
}

/* --------------------------------------------------------------- arrivals */

void record_arrival(struct pool *p, int64_t due_ns, int64_t now_ns,
                    enum arrival_fate fate)
{
    struct arrival_row *row = &worker_shard(p->worker)->arrivals;
    if (p->warmup_ns && due_ns <= p->start_ns)
        return;
    row->handed_over++;
    row->waited += fate == ARRIVAL_WAITED;
    row->in_time += fate != ARRIVAL_TOO_LATE;
    if (fate != ARRIVAL_WAITED)
        add_time(&row->send_lag, now_ns - due_ns);
}

void record_withdrawn(struct pool *p, int64_t due_ns)
{
    if (!p->warmup_ns || due_ns > p->start_ns)
        worker_shard(p->worker)->arrivals.withdrawn++;
    record_dropped(p, due_ns, 1);
}

static void feed_dropped(struct pool *p, uint64_t count)
{
    struct vu nobody = {.worker = p->worker, .pool = p};
    record_tag_user(&nobody);
    struct tag_set tags = tags_with_step(&nobody);
    feed_selectors(p->worker, BUILTIN_DROPPED_ITERATIONS, (double)count, &tags);
}

void record_dropped(struct pool *p, int64_t due_ns, uint64_t count)
{
    struct worker *w = p->worker;
    if (!count || (p->warmup_ns && due_ns <= p->start_ns))
        return;
    metric_add_count(&worker_shard(w)->metrics[BUILTIN_DROPPED_ITERATIONS],
                     count);
    if (worker_plan(w)->selector_count)
        feed_dropped(p, count);
}

/* ----------------------------------------------------- checks, reasons, own */

void record_reason(struct vu *vu, const char *reason, size_t length)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    uint32_t row =
        registry_tally(worker_registry(w), TALLY_REASONS, reason, length, NULL);
    shard_tally(worker_shard(w), TALLY_REASONS, row)->fails++;
}

void record_script_error(struct vu *vu, const char *message, size_t length,
                         const char *traceback)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    uint32_t row = registry_tally(worker_registry(w), TALLY_SCRIPT, message,
                                  length, traceback);
    shard_tally(worker_shard(w), TALLY_SCRIPT, row)->fails++;
}

void record_check(struct vu *vu, const char *name, size_t length, bool pass,
                  const char *why)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    uint32_t number =
        registry_tally(worker_registry(w), TALLY_CHECKS, name, length, why);
    struct tally_row *row = shard_tally(worker_shard(w), TALLY_CHECKS, number);
    row->passes += pass;
    row->fails += !pass;
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tags_with_step(vu);
    record_set_builtin_tag(w, &tags, TAG_CHECK, name, length);
    feed_selectors(w, BUILTIN_CHECKS, pass, &tags);
}

void record_metric(const struct vu *vu, uint32_t metric, double value,
                   const struct tag_set *tags)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    metric_add(&worker_shard(w)->metrics[metric], value, clock_now_ns());
    feed_selectors(w, metric, value, tags);
}

/* -------------------------------------------------------------- WebSockets */

void record_sample(struct worker *w, enum builtin_metric metric, double value,
                   const struct tag_set *tags, int64_t at_ns)
{
    if (is_warm_up(w, at_ns))
        return;
    metric_add(&worker_shard(w)->metrics[metric], value, at_ns);
    feed_selectors(w, metric, value, tags);
}

void record_failure(struct worker *w, const char *class, const char *example,
                    int64_t at_ns)
{
    if (!is_warm_up(w, at_ns))
        count_error(w, class, strlen(class), example);
}

/* ----------------------------------------------------------------- derived */

static void add_trend(struct metric_cell *cell, const struct histogram *h)
{
    histogram_merge(&cell->trend, h);
    cell->samples += h->count;
}

static void derive_request(struct metric_cell *cell, uint32_t metric,
                           const struct request_row *row)
{
    if (metric == BUILTIN_HTTP_REQS)
        metric_add_count(cell, row->count);
    else if (metric == BUILTIN_HTTP_REQ_FAILED)
        metric_add_rate(cell, row->failed, row->count);
    else if (metric == BUILTIN_HTTP_CACHE_HITS)
        metric_add_rate(cell, row->cache_hits, row->cache_answers);
    else if (metric == BUILTIN_DATA_SENT)
        metric_add_count(cell, row->sent_bytes);
    else if (metric == BUILTIN_DATA_RECEIVED)
        metric_add_count(cell, row->received_bytes);
    else if (metric == BUILTIN_HTTP_REQ_DURATION)
        add_trend(cell, &row->duration);
    else if (metric == BUILTIN_HTTP_REQ_FAILED_DURATION)
        add_trend(cell, &row->failed_duration);
    else if (metric >= BUILTIN_HTTP_REQ_BLOCKED &&
             metric <= BUILTIN_HTTP_REQ_RECEIVING)
        add_trend(cell, &row->phases[metric - BUILTIN_HTTP_REQ_BLOCKED]);
}

static void derive_journey(struct metric_cell *cell, uint32_t metric,
                           const struct journey_row *row)
{
    if (metric == BUILTIN_ITERATIONS)
        metric_add_count(cell, row->iterations);
    else if (metric == BUILTIN_ITERATIONS_FAILED)
        metric_add_count(cell, row->failed);
    else if (metric == BUILTIN_ITERATION_ERRORS)
        metric_add_count(cell, row->errors);
    else if (metric == BUILTIN_ITERATION_DURATION)
        add_trend(cell, &row->duration);
}

static void derive_checks(struct metric_cell *cell,
                          const struct tally_rows *checks)
{
    for (size_t i = 0; i < checks->capacity; i++)
        metric_add_rate(cell, checks->rows[i].passes,
                        checks->rows[i].passes + checks->rows[i].fails);
}

void record_derive_metric(struct metric_cell *cell, uint32_t metric,
                          const struct shard *delta)
{
    for (size_t i = 0; i < delta->request_capacity; i++)
        if (delta->requests[i].count)
            derive_request(cell, metric, &delta->requests[i]);
    for (size_t i = 0; i < delta->journey_count; i++)
        derive_journey(cell, metric, &delta->journeys[i]);
    if (metric == BUILTIN_CHECKS)
        derive_checks(cell, &delta->tallies[TALLY_CHECKS]);
}

void record_derive(struct shard *totals, const struct shard *delta)
{
    for (uint32_t i = 0; i < BUILTIN_METRICS; i++)
        record_derive_metric(&totals->metrics[i], i, delta);
}
