/* line_file — the lines of a file of any size, one after another.
 *
 * What is packed by gzip, in any number of members, is unpacked on the way.
 * Memory is bounded: a line beyond LINE_BYTES_MAX is left out and counted. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/line_pattern.h"

struct error;
struct line_file;

enum { LINE_BYTES_MAX = 64 * 1024, LINE_DIGEST_BYTES = 32 };

struct line_file_counts {
    uint64_t lines; /* those left out too */
    uint64_t bytes; /* of the file as it is */
    uint64_t too_long;
};

/* "-" is standard input. NULL: `err` has the cause without the name. */
struct line_file *line_file_open(const char *path,
                                 struct error *err) ATTR_NODISCARD;
/* NULL is nothing to do. */
void line_file_close(struct line_file *f);

enum line_status { LINE_READ, LINE_END, LINE_BROKEN };
/* The next line without its end, borrowed until the next call. Once it is
 * LINE_BROKEN, which `err` explains, it stays so. */
enum line_status line_file_next(struct line_file *f, struct line_slice *line,
                                struct error *err);

struct line_file_counts line_file_counts(const struct line_file *f);
/* SHA-256 of the bytes of the file so far; once, at the end. False if OpenSSL
 * does without. */
bool line_file_digest(struct line_file *f,
                      unsigned char out[LINE_DIGEST_BYTES]);
