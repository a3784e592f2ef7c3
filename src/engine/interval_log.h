/* interval_log — the histograms of each window, written to a file as it closes:
 * the interval log of HdrHistogram, a line a window and series.
 *
 *   Tag=http_req_duration{name:GET%20/},12.000000,1.000000,8.126,HISTFAAAA…
 *
 * Series are all trends, http_req_duration and http_req_failed_duration of each
 * request name, http_req_duration of each step, iteration_duration of each
 * journey, and what thresholds with other tags speak of. Times are seconds
 * since StartTime, values ns, Interval_Max ms. What happens before, in and
 * after the stage comes after a line "#[setup]", "#[stage: from 1.5]" (seconds,
 * too), "#[teardown]".
 *
 * Control thread only. Owns the file and what was measured since the last
 * window. A window goes out whole or not at all, and the windows get wider (a
 * second for the first hour, two for the next two, …), so that even days stay
 * a file one can use. When the disk is full it says so and writes no more; the
 * run goes on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "base/error.h"
#include "stats/shard.h"

struct registry;
struct run_plan;

/* So many windows have one width, the next so many twice that. */
enum { INTERVAL_LOG_WINDOWS = 3600 };

struct interval_log {
    const struct run_plan *plan; /* borrowed */
    int fd;           /* owned; -1 once nothing is written any more */
    bool is_own;      /* not standard output */
    bool has_stage;   /* it has begun */
    bool is_over;     /* the stage, too */
    int64_t stage_ns; /* since the log began; 0 until it has */
    int64_t from_ns;  /* of the window under way, since the stage began */
    uint32_t ticks;   /* in it */
    uint32_t ticks_per_window;
    uint32_t windows;    /* of this width */
    int64_t size;        /* bytes in the file */
    struct shard window; /* what was measured since the last one */
    struct buffer text;
    struct buffer bytes;
    struct buffer packed;
    struct error problem; /* why it is not whole; empty if it is */
};

/* Makes the file anew; "-" is standard output. `plan` must outlive it. Not to
 * be closed on failure. */
bool interval_log_open(struct interval_log *l, const struct run_plan *plan,
                       const char *path, int64_t started_ms,
                       struct error *err) ATTR_NODISCARD;
/* Syncs and closes the file; false: `err` says why it is not whole. */
bool interval_log_close(struct interval_log *l, struct error *err);

/* One request row of a worker, by our number; then all else of its shard. */
void interval_log_merge_request(struct interval_log *l, uint32_t number,
                                const struct request_row *row);
void interval_log_merge(struct interval_log *l, const struct shard *delta);

/* The stage begins so long after the log did, a warm-up included. Until then
 * times are since the log began, afterwards since the stage did. */
void interval_log_begin_stage(struct interval_log *l,
                              const struct registry *names,
                              int64_t since_start_ns, int64_t warm_up_ns);
/* About a second of the stage is over. */
void interval_log_tick(struct interval_log *l, const struct registry *names,
                       int64_t now_ns);
/* The stage is over. */
void interval_log_end_stage(struct interval_log *l,
                            const struct registry *names, int64_t now_ns);
/* All is over. */
void interval_log_end(struct interval_log *l, const struct registry *names,
                      int64_t now_ns);
