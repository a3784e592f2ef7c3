/* file — the bytes of a file, and a file in another's place. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct buffer;
struct error;

/* Appends all of it, a NUL behind it; false: `err` names the file and the
 * cause. */
bool file_read(const char *path, struct buffer *out,
               struct error *err) ATTR_NODISCARD;
/* Puts the finished file `from` in the place of `to`, in the same folder: after
 * a power failure, too, `to` is the old file or the new one. False: `err` has
 * the cause, and `to` is what it was. */
bool file_replace(const char *from, const char *to,
                  struct error *err) ATTR_NODISCARD;
