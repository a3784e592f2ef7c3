/* procfile — a line of the kernel's files in /proc and /sys. */
#pragma once

#include <stddef.h>

/* What stands behind `start` in the first line that begins so, in `line`, cut
 * to `size`; NULL without such a line or file. */
char *procfile_line(const char *path, const char *start, char *line,
                    size_t size);
