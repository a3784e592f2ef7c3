/* file — the bytes of a file. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct buffer;
struct error;

/* Appends all of it, a NUL behind it; false: `err` names the file and the
 * cause. */
bool file_read(const char *path, struct buffer *out,
               struct error *err) ATTR_NODISCARD;
