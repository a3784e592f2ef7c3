/* sample_log — writes down every request of a run, beside it.
 *
 * Owns the file, a ring for each worker and the thread that empties them into
 * the file. A worker never waits for it: what finds no room in a ring is
 * dropped and counted, and what cannot be written is counted as well. All
 * functions are for the control thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

struct run_plan;
struct sample_log;
struct worker;

struct sample_report {
    uint64_t written;   /* lines */
    uint64_t failed;    /* that could not be written */
    uint64_t dropped;   /* that found no room */
    struct error cause; /* of the first that failed; empty if none has */
};

/* See stream_file_open. */
struct sample_log *sample_log_open(const char *path,
                                   struct error *err) ATTR_NODISCARD;
/* Counts from nothing, and gives each worker its ring. Before they record
 * anything; `now_ns` and `wall_ms` are the same moment. */
void sample_log_begin(struct sample_log *log, const struct run_plan *plan,
                      struct worker *workers, int64_t now_ns, int64_t wall_ms);
/* Writes the rest; whoever reads a pipe has until `until_ns`. The workers must
 * be gone, or, with `are_lost`, keep their rings for ever. */
void sample_log_end(struct sample_log *log, int64_t until_ns, bool are_lost);
/* Of the run under way, or the last. */
struct sample_report sample_log_report(struct sample_log *log);
/* After sample_log_end, if it began. NULL is nothing to do. */
void sample_log_close(struct sample_log *log);
