/* trace — a request and its answer as text, for people who debug.
 *
 * In the manner of curl -v: `>` what was sent, `<` what came back. Credentials
 * are masked, bodies shortened and made printable. Kept for the first failures
 * of each class, or logged at once; nothing of it runs unless asked for.
 * Worker's thread; the list is read by the control thread after the run. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct fetch;
struct fetch_result;

enum {
    TRACE_BODY_MAX_BYTES = 2048,
    TRACE_CLASSES_MAX = 50, /* more are not kept */
};

struct trace_sample {
    char *class; /* owned: failure class or status_N */
    char *text;  /* owned */
};

/* The first so many failures of each class. */
struct trace_samples {
    struct trace_sample *items; /* owned */
    size_t count;
    size_t capacity;
};

void trace_samples_fini(struct trace_samples *s);
/* Appends the exchange as text. */
void trace_describe(struct buffer *out, const struct fetch *f,
                    const struct fetch_result *result);
/* Keeps it or logs it, as the plan wants. */
void trace_note(struct fetch *f, const struct fetch_result *result);
