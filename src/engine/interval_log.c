#include "engine/interval_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/clock.h"
#include "engine/derive.h"
#include "engine/plan.h"
#include "engine/registry.h"
#include "io/coding.h"
#include "stats/hdr.h"

/* --------------------------------------------------------------- open, close
 */

static void add_header(struct buffer *out, int64_t started_ms)
{
    char date[64];
    time_t at = (time_t)(started_ms / 1000);
    struct tm utc;
    gmtime_r(&at, &utc);
    strftime(date, sizeof date, "%a %b %d %H:%M:%S UTC %Y", &utc);
    buffer_printf(out,
                  "#[Histogram log format version 1.3]\n"
                  "#[StartTime: %.3f (seconds since epoch), %s]\n"
                  "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                  "\"Interval_Compressed_Histogram\"\n",
                  (double)started_ms / 1000, date);
}

bool interval_log_open(struct interval_log *l, const struct run_plan *plan,
                       const char *path, int64_t started_ms, struct error *err)
{
    *l = (struct interval_log){.plan = plan, .ticks_per_window = 1};
    l->is_own = strcmp(path, "-") != 0;
    l->fd = l->is_own
                ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)
                : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (l->fd < 0)
        return error_set(err, "%s", strerror(errno));
    struct shard_shape shape = plan_shape(plan);
    shard_init(&l->window, &shape);
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
    add_header(&l->text, started_ms);
    return true;
}

/* A file of ours, not standard output or a device. */
static bool is_file(const struct interval_log *l)
{
    struct stat about;
    return l->is_own && fstat(l->fd, &about) == 0 && S_ISREG(about.st_mode);
}

/* What was written of the last window goes again: each line is whole. */
static void give_up(struct interval_log *l, int cause)
{
    error_set(&l->problem, "%s", strerror(cause));
    if (is_file(l) && ftruncate(l->fd, l->size) != 0)
        error_wrap(&l->problem, "%s; and what was written is no use",
                   strerror(errno));
    close(l->fd);
    l->fd = -1;
}

bool interval_log_close(struct interval_log *l, struct error *err)
{
    if (l->fd >= 0 && is_file(l) && fsync(l->fd) != 0)
        give_up(l, errno);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
    shard_fini(&l->window);
    buffer_fini(&l->text);
    buffer_fini(&l->bytes);
    buffer_fini(&l->packed);
    return !*l->problem.text || error_set(err, "%s", l->problem.text);
}

/* -------------------------------------------------------------------- merge */

void interval_log_merge_request(struct interval_log *l, uint32_t number,
                                const struct request_row *row)
{
    struct request_row *into = shard_request(&l->window, number);
    into->count += row->count;
    histogram_merge(&into->duration, &row->duration);
    histogram_merge(&into->failed_duration, &row->failed_duration);
}

void interval_log_merge(struct interval_log *l, const struct shard *delta)
{
    shard_merge_fixed(&l->window, delta);
    derive_metrics(&l->window, delta);
}

/* ------------------------------------------------------------------- series */

/* Its name, percent-encoded where a reader would take it apart. */
static void add_encoded(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == ',' || c == '%' || c == 0x7f)
            buffer_printf(out, "%%%02X", c);
        else
            buffer_add_char(out, (char)c);
    }
}

struct label {
    const char *metric;
    const char *tag; /* NULL: the whole run */
    const char *value;
    size_t value_length;
};

static void add_tag(struct buffer *out, const struct label *label)
{
    buffer_add_text(out, "Tag=");
    add_encoded(out, label->metric, strlen(label->metric));
    if (!label->tag)
        return;
    buffer_add_char(out, '{');
    add_encoded(out, label->tag, strlen(label->tag));
    buffer_add_char(out, ':');
    add_encoded(out, label->value, label->value_length);
    buffer_add_char(out, '}');
}

static double seconds(int64_t ns)
{
    return (double)ns / NS_PER_S;
}

/* The compressed form: wrapper and zlib's bytes, then base64. */
static void add_histogram(struct interval_log *l, const struct histogram *h)
{
    buffer_clear(&l->bytes);
    buffer_clear(&l->packed);
    hdr_encode(h, &l->bytes);
    buffer_reserve(&l->packed, HDR_WRAPPER_BYTES);
    l->packed.size = HDR_WRAPPER_BYTES;
    coding_deflate.apply(l->bytes.data, l->bytes.size, &l->packed);
    hdr_wrap(l->packed.data, l->packed.size - HDR_WRAPPER_BYTES);
    base64_add(&l->text, l->packed.data, l->packed.size);
}

static void add_rest(struct interval_log *l, int64_t to_ns,
                     const struct histogram *h)
{
    buffer_printf(
        &l->text, ",%.6f,%.6f,%.6f,", seconds(l->stage_ns + l->from_ns),
        seconds(to_ns - l->from_ns), h->count ? (double)h->max / NS_PER_MS : 0);
    add_histogram(l, h);
    buffer_add_char(&l->text, '\n');
}

/* Every window of the stage has a line, so that one sees where nothing came. */
static bool is_always_there(const struct interval_log *l,
                            const struct label *label)
{
    return l->has_stage && !l->is_over && !label->tag &&
           strcmp(label->metric, "http_req_duration") == 0;
}

static void add_line(struct interval_log *l, int64_t to_ns,
                     const struct label *label, const struct histogram *h)
{
    if (!h->count && !is_always_there(l, label))
        return;
    add_tag(&l->text, label);
    add_rest(l, to_ns, h);
}

static void add_metrics(struct interval_log *l, int64_t to_ns)
{
    for (size_t i = 0; i < l->window.metric_count; i++) {
        const struct metric_cell *c = &l->window.metrics[i];
        struct label label = {.metric = l->plan->metrics[i].name};
        if (c->kind == METRIC_TREND)
            add_line(l, to_ns, &label, &c->trend);
    }
}

static void add_names(struct interval_log *l, const struct registry *names,
                      int64_t to_ns)
{
    for (size_t i = 0; i < l->window.request_capacity; i++) {
        const struct request_row *row = &l->window.requests[i];
        if (!row->count)
            continue;
        const struct intern_entry *name = &names->names.entries[i];
        struct label label = {.metric = "http_req_duration",
                              .tag = "name",
                              .value = name->text,
                              .value_length = name->length};
        add_line(l, to_ns, &label, &row->duration);
        label.metric = "http_req_failed_duration";
        add_line(l, to_ns, &label, &row->failed_duration);
    }
}

/* Profiles number their steps from 1 each; {step:2} speaks of all of them. */
static void add_step(struct interval_log *l, uint32_t step, int64_t to_ns)
{
    struct histogram sum = {0};
    char digits[16];
    for (size_t i = 0; i < l->plan->profile_count; i++) {
        const struct profile *f = &l->plan->profiles[i];
        if (step <= f->step_count)
            histogram_merge(
                &sum, &l->window.steps[f->first_step + step - 1].duration);
    }
    int length = snprintf(digits, sizeof digits, "%" PRIu32, step);
    struct label label = {.metric = "http_req_duration",
                          .tag = "step",
                          .value = digits,
                          .value_length = (size_t)length};
    add_line(l, to_ns, &label, &sum);
    histogram_fini(&sum);
}

static void add_steps(struct interval_log *l, int64_t to_ns)
{
    uint32_t most = 0;
    for (size_t i = 0; i < l->plan->profile_count; i++)
        if (l->plan->profiles[i].step_count > most)
            most = l->plan->profiles[i].step_count;
    for (uint32_t step = 1; step <= most; step++)
        add_step(l, step, to_ns);
}

static void add_journeys(struct interval_log *l, int64_t to_ns)
{
    for (size_t i = 0; i < l->window.journey_count; i++) {
        const char *name = l->plan->journeys[i].name;
        struct label label = {.metric = "iteration_duration",
                              .tag = "journey",
                              .value = name,
                              .value_length = strlen(name)};
        add_line(l, to_ns, &label, &l->window.journeys[i].duration);
    }
}

/* ------------------------------------------------- what thresholds speak of */

static const char *key_of(const struct run_plan *p, const struct selector *s,
                          uint32_t term)
{
    return p->vocabulary.keys.entries[s->terms[term].key].text;
}

/* The tags in the order of their keys, so that each series has one name. */
static void add_selector_tag(struct buffer *out, const struct run_plan *p,
                             const struct selector *s)
{
    const char *last = "", *separator = "{";
    const char *metric = p->metrics[s->metric].name;
    buffer_add_text(out, "Tag=");
    add_encoded(out, metric, strlen(metric));
    for (uint32_t i = 0; i < s->term_count; i++) {
        uint32_t next = s->term_count;
        for (uint32_t k = 0; k < s->term_count; k++)
            if (strcmp(key_of(p, s, k), last) > 0 &&
                (next == s->term_count ||
                 strcmp(key_of(p, s, k), key_of(p, s, next)) < 0))
                next = k;
        if (next == s->term_count)
            break;
        last = key_of(p, s, next);
        const struct intern_entry *value =
            &p->vocabulary.values.entries[s->terms[next].value - 1];
        add_encoded(out, separator, strlen(separator));
        add_encoded(out, last, strlen(last));
        buffer_add_char(out, ':');
        add_encoded(out, value->text, value->length);
        separator = ",";
    }
    buffer_add_char(out, '}');
}

static bool is_only_tag(const struct run_plan *p, const struct selector *s,
                        const char *key)
{
    return s->term_count == 1 && strcmp(key_of(p, s, 0), key) == 0;
}

/* It has a line already, as a name, a step or a journey. */
static bool is_written(const struct run_plan *p, const struct selector *s)
{
    if (s->metric == BUILTIN_HTTP_REQ_DURATION)
        return is_only_tag(p, s, "name") || is_only_tag(p, s, "step");
    if (s->metric == BUILTIN_HTTP_REQ_FAILED_DURATION)
        return is_only_tag(p, s, "name");
    return s->metric == BUILTIN_ITERATION_DURATION &&
           is_only_tag(p, s, "journey");
}

static bool is_same(const struct selector *a, const struct selector *b)
{
    return a->metric == b->metric && a->term_count == b->term_count &&
           memcmp(a->terms, b->terms, a->term_count * sizeof *a->terms) == 0;
}

static bool is_repeated(const struct run_plan *p, size_t selector)
{
    for (size_t i = 0; i < selector; i++)
        if (is_same(&p->selectors[i], &p->selectors[selector]))
            return true;
    return false;
}

static void add_selectors(struct interval_log *l, int64_t to_ns)
{
    for (size_t i = 0; i < l->window.selector_count; i++) {
        const struct metric_cell *c = &l->window.selectors[i];
        const struct selector *s = &l->plan->selectors[i];
        if (c->kind != METRIC_TREND || !c->trend.count || !s->term_count ||
            is_written(l->plan, s) || is_repeated(l->plan, i))
            continue;
        add_selector_tag(&l->text, l->plan, s);
        add_rest(l, to_ns, &c->trend);
    }
}

/* ------------------------------------------------------------------- windows
 */

static void write_out(struct interval_log *l)
{
    const char *at = l->text.data;
    size_t left = l->text.size;
    while (left && l->fd >= 0) {
        ssize_t put = write(l->fd, at, left);
        if (put < 0 && errno != EINTR)
            give_up(l, errno);
        if (put > 0) {
            at += put;
            left -= (size_t)put;
        }
    }
    if (l->fd >= 0)
        l->size += (int64_t)l->text.size;
    buffer_clear(&l->text);
}

/* Everything since the last window becomes one. */
static void cut(struct interval_log *l, const struct registry *names,
                int64_t to_ns, const char *comment)
{
    size_t before = l->text.size;
    buffer_add_text(&l->text, comment);
    size_t with_comment = l->text.size;
    if (l->fd >= 0) {
        add_metrics(l, to_ns);
        add_names(l, names, to_ns);
        add_steps(l, to_ns);
        add_journeys(l, to_ns);
        add_selectors(l, to_ns);
    }
    if (l->text.size == with_comment)
        l->text.size = before;
    write_out(l);
    shard_reset(&l->window);
    l->from_ns = to_ns;
    l->ticks = 0;
}

void interval_log_begin_stage(struct interval_log *l,
                              const struct registry *names,
                              int64_t since_start_ns, int64_t warm_up_ns)
{
    cut(l, names, since_start_ns - warm_up_ns, "#[setup]\n");
    buffer_printf(&l->text, "#[stage: from %.6f]\n", seconds(since_start_ns));
    l->has_stage = true;
    l->stage_ns = since_start_ns;
    l->from_ns = 0;
}

void interval_log_tick(struct interval_log *l, const struct registry *names,
                       int64_t now_ns)
{
    if (++l->ticks < l->ticks_per_window)
        return;
    cut(l, names, now_ns, "");
    if (++l->windows < INTERVAL_LOG_WINDOWS)
        return;
    l->windows = 0;
    l->ticks_per_window *= 2;
}

void interval_log_end_stage(struct interval_log *l,
                            const struct registry *names, int64_t now_ns)
{
    if (l->ticks)
        cut(l, names, now_ns, "");
}

void interval_log_end(struct interval_log *l, const struct registry *names,
                      int64_t now_ns)
{
    const char *comment = l->has_stage ? "#[teardown]\n" : "#[setup]\n";
    l->is_over = true;
    cut(l, names, now_ns, comment);
}
