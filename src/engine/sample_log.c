#include "engine/sample_log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "engine/plan.h"
#include "engine/sample.h"
#include "engine/sample_line.h"
#include "engine/worker.h"
#include "io/stream_file.h"

enum {
    RING_SLOTS = 32 * 1024, /* 4.5 MB a worker */
    LINES_AT_ONCE = 1024
};
static const int64_t REST_NS = 20 * NS_PER_MS;

/* What the thread has of one worker. */
struct source {
    struct sample_ring ring;
    struct registry *registry; /* borrowed from the worker */
    struct sample_names names;
};

struct sample_log {
    struct stream_file *file; /* owned */
    struct sample_format format;
    struct source *sources; /* owned: one a worker */
    uint32_t source_count;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    bool is_ending;
    struct sample_report report; /* but for `dropped` */
    /* The thread's own: */
    struct buffer lines;
    uint64_t unsettled; /* lines that may still be in a buffer */
    int64_t settled_ns;
};

/* --------------------------------------------------------------- the thread */

/* What was not flushed yet is safe now, or lost. */
static void settle(struct sample_log *log, bool is_safe,
                   const struct error *cause)
{
    pthread_mutex_lock(&log->lock);
    if (is_safe)
        log->report.written += log->unsettled;
    else
        log->report.failed += log->unsettled;
    if (!is_safe && !*log->report.cause.text)
        log->report.cause = *cause;
    pthread_mutex_unlock(&log->lock);
    log->unsettled = 0;
}

static void write_lines(struct sample_log *log, size_t count)
{
    struct error cause;
    log->unsettled += count;
    if (!stream_file_write(log->file, log->lines.data, log->lines.size, &cause))
        settle(log, false, &cause);
    buffer_clear(&log->lines);
}

/* So many as waited when it looked. */
static size_t empty_ring(struct sample_log *log, struct source *s)
{
    size_t count = sample_ring_count(&s->ring);
    for (size_t done = 0; done < count;) {
        size_t left = count - done;
        size_t now = left < LINES_AT_ONCE ? left : LINES_AT_ONCE;
        for (size_t i = 0; i < now; i++)
            sample_line(&log->format, &s->names, s->registry,
                        sample_ring_at(&s->ring, i), &log->lines);
        sample_ring_take(&s->ring, now);
        write_lines(log, now);
        done += now;
    }
    return count;
}

static size_t empty_rings(struct sample_log *log)
{
    size_t count = 0;
    for (uint32_t i = 0; i < log->source_count; i++)
        count += empty_ring(log, &log->sources[i]);
    return count;
}

/* Once a second what was written can be read. */
static void flush_when_due(struct sample_log *log, int64_t now_ns)
{
    struct error cause;
    if (!log->unsettled || now_ns - log->settled_ns < NS_PER_S)
        return;
    settle(log, stream_file_flush(log->file, &cause), &cause);
    log->settled_ns = now_ns;
}

/* False once the run is over. */
static bool rest(struct sample_log *log)
{
    int64_t due_ns = clock_now_ns() + REST_NS;
    struct timespec due = {.tv_sec = due_ns / NS_PER_S,
                           .tv_nsec = due_ns % NS_PER_S};
    pthread_mutex_lock(&log->lock);
    if (!log->is_ending)
        pthread_cond_timedwait(&log->changed, &log->lock, &due);
    bool goes_on = !log->is_ending;
    pthread_mutex_unlock(&log->lock);
    return goes_on;
}

static void *run_thread(void *arg)
{
    struct sample_log *log = arg;
    struct error cause = {0};
    while (rest(log)) {
        empty_rings(log);
        flush_when_due(log, clock_now_ns());
    }
    while (empty_rings(log))
        ;
    settle(log, stream_file_end(log->file, &cause), &cause);
    return NULL;
}

/* -------------------------------------------------------------- begin, end */

/* Without a thread all will be written at the end, as far as it fits. */
static void start_thread(struct sample_log *log)
{
    log->has_thread = thread_start(&log->thread, run_thread, log) == 0;
    if (!log->has_thread)
        log_line(LOG_WARN, "cannot start the thread that writes samples");
}

void sample_log_begin(struct sample_log *log, const struct run_plan *plan,
                      struct worker *workers, int64_t now_ns, int64_t wall_ms)
{
    log->report = (struct sample_report){0};
    log->is_ending = false;
    log->settled_ns = now_ns;
    sample_format_init(&log->format, plan, now_ns, wall_ms);
    stream_file_hurry(log->file, INT64_MAX);
    log->source_count = plan->workers;
    log->sources = xcalloc(plan->workers, sizeof *log->sources);
    for (uint32_t i = 0; i < plan->workers; i++) {
        sample_ring_init(&log->sources[i].ring, RING_SLOTS);
        log->sources[i].registry = &workers[i].registry;
        workers[i].samples = &log->sources[i].ring;
    }
    start_thread(log);
}

static void stop_thread(struct sample_log *log, int64_t until_ns)
{
    pthread_mutex_lock(&log->lock);
    log->is_ending = true;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->lock);
    stream_file_hurry(log->file, until_ns);
    if (log->has_thread)
        pthread_join(log->thread, NULL);
    else
        run_thread(log);
    log->has_thread = false;
}

static uint64_t count_dropped(const struct sample_log *log)
{
    uint64_t dropped = 0;
    for (uint32_t i = 0; i < log->source_count; i++)
        dropped += atomic_load(&log->sources[i].ring.dropped);
    return dropped;
}

void sample_log_end(struct sample_log *log, int64_t until_ns, bool are_lost)
{
    stop_thread(log, until_ns);
    log->report.dropped = count_dropped(log);
    for (uint32_t i = 0; i < log->source_count; i++)
        sample_names_fini(&log->sources[i].names);
    for (uint32_t i = 0; i < log->source_count && !are_lost; i++)
        sample_ring_fini(&log->sources[i].ring);
    if (!are_lost)
        free(log->sources);
    log->sources = NULL;
    log->source_count = 0;
    sample_format_fini(&log->format);
}

struct sample_report sample_log_report(struct sample_log *log)
{
    pthread_mutex_lock(&log->lock);
    struct sample_report r = log->report;
    pthread_mutex_unlock(&log->lock);
    if (log->source_count)
        r.dropped = count_dropped(log);
    return r;
}

/* -------------------------------------------------------------- open, close */

struct sample_log *sample_log_open(const char *path, struct error *err)
{
    struct stream_file *file = stream_file_open(path, err);
    if (!file)
        return NULL;
    struct sample_log *log = xcalloc(1, sizeof *log);
    pthread_condattr_t attr;
    log->file = file;
    pthread_mutex_init(&log->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* that of clock.h */
    pthread_cond_init(&log->changed, &attr);
    pthread_condattr_destroy(&attr);
    return log;
}

void sample_log_close(struct sample_log *log)
{
    if (!log)
        return;
    stream_file_close(log->file);
    buffer_fini(&log->lines);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->lock);
    free(log);
}
