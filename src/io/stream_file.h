/* stream_file — a file that grows while the run lasts, packed or not.
 *
 * May be a pipe: nothing is waited for longer than its owner wants. After a
 * failure nothing is written any more. One thread at a time, but for
 * `stream_file_hurry`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct error;
struct stream_file;

/* Empties the file, or makes it; a name that ends in .gz is packed. NULL with
 * the cause: among others a pipe that nobody reads. */
struct stream_file *stream_file_open(const char *path,
                                     struct error *err) ATTR_NODISCARD;
/* False with the cause; then and afterwards. */
bool stream_file_write(struct stream_file *f, const char *bytes, size_t size,
                       struct error *err);
/* What was written can be read, all of it. */
bool stream_file_flush(struct stream_file *f, struct error *err);
/* The same, and the end of a piece: what may follow is packed anew. */
bool stream_file_end(struct stream_file *f, struct error *err);
/* Whoever reads a pipe has until this moment; INT64_MAX is as long as it takes.
 */
void stream_file_hurry(struct stream_file *f, int64_t until_ns);
/* NULL is nothing to do. */
void stream_file_close(struct stream_file *f);
