/* log — lines for people, on standard error, never on standard output.
 *
 * Any thread may log; a line is written at once and whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);
void log_line(enum log_level level, const char *format, ...) ATTR_PRINTF(2, 3);
/* What a live display on the terminal must erase before a line and may redraw
 * after it; NULL when there is none. */
void log_set_live(const char *erase);
