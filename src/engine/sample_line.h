/* sample_line — a sample as a line of JSON.
 *
 * What is the same for many lines is put into JSON once: the scenario, the
 * journeys, the names of each worker. Knows no file. Single-threaded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct registry;
struct run_plan;
struct sample;

/* The names of one worker, as far as they were met. */
struct sample_names {
    struct buffer *texts; /* owned; empty = not met yet */
    size_t capacity;
};

struct sample_format {
    const struct run_plan *plan; /* borrowed */
    struct buffer head;          /* scenario and stage */
    struct buffer *journeys;     /* owned: one each */
    int64_t epoch_ns; /* the zero of the monotonic clock: since 1970 */
};

/* `now_ns` is what the monotonic clock shows when it is `wall_ms` since 1970.
 */
void sample_format_init(struct sample_format *f, const struct run_plan *plan,
                        int64_t now_ns, int64_t wall_ms);
void sample_format_fini(struct sample_format *f);
/* Appends the line; locks `registry` for a name that is met first. */
void sample_line(const struct sample_format *f, struct sample_names *names,
                 struct registry *registry, const struct sample *s,
                 struct buffer *out);
void sample_names_fini(struct sample_names *n);
