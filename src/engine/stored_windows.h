/* stored_windows — an interval log, as interval_log writes it, read back.
 *
 * Opening reads where each line is, not what it holds: histograms are decoded
 * when somebody asks for their series, and those of the series asked for last
 * are kept in a compact form, within a limit. So the memory it takes depends on
 * the number of lines, not on the size of the file.
 *
 * A log is hostile until shown otherwise: every line, number, code and length
 * is checked, and nothing unpacks to more than the largest histogram. Owns the
 * stream. Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "base/intern.h"
#include "stats/histogram.h"
#include "stats/packed_bins.h"

struct error;

enum {
    STORED_LINE_BYTES = 1024 * 1024, /* a full histogram takes 600 kB */
    STORED_SERIES = 100000,
    STORED_CACHE_BYTES = 64 * 1024 * 1024
};

struct stored_window {
    double from_s; /* since the stage began */
    double to_s;
    bool is_outside; /* of setup or teardown, not of the stage */
};

struct stored_line {
    uint32_t series;
    uint32_t window;
    int64_t at;      /* where its histogram is in the file */
    uint32_t bytes;  /* of base64 */
    uint32_t number; /* of the line */
};

struct stored_windows {
    FILE *file;       /* owned */
    char *path;       /* owned; for messages */
    double started_s; /* since 1970; 0 if the log does not say */
    struct intern series;
    struct stored_window *windows; /* owned; in their order */
    size_t window_count;
    size_t window_capacity;
    uint32_t *stage; /* owned: numbers of the windows of the stage */
    size_t stage_count;
    size_t stage_capacity;
    struct stored_line *lines; /* owned; by series, then by window */
    size_t line_count;
    size_t line_capacity;
    size_t *first_line; /* owned: of each series, and one behind the last */
    struct packed_bins *packed; /* owned: of each line once decoded */
    size_t packed_bytes;
    struct buffer text;
    struct buffer bytes;
};

/* False: `err` says what is wrong with which line. */
bool stored_windows_open(struct stored_windows *w, const char *path,
                         struct error *err) ATTR_NODISCARD;
/* The same for a stream, which it owns from now on, also on failure. */
bool stored_windows_read(struct stored_windows *w, FILE *file, const char *path,
                         struct error *err) ATTR_NODISCARD;
void stored_windows_close(struct stored_windows *w);

/* Adds the histograms of a series in all windows that begin in [from_s, to_s)
 * to `into`; false if one of them is broken. */
bool stored_windows_merge(struct stored_windows *w, uint32_t series,
                          double from_s, double to_s, struct histogram *into,
                          struct error *err) ATTR_NODISCARD;
/* The same of one window of the stage, counted from 0. */
bool stored_windows_merge_one(struct stored_windows *w, uint32_t series,
                              size_t stage_window, struct histogram *into,
                              struct error *err) ATTR_NODISCARD;
