/* duration — reads "500us", "50ms", "2s", "1m", "1h" as nanoseconds.
 *
 * Knows the units and nothing else. A fraction ("1.5s") is allowed; a bare
 * number is not, except 0, because nobody agrees on what its unit is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The longest duration any option takes; keeps sums far from overflow. */
#define DURATION_MAX_NS (INT64_C(24) * 3600 * 1000000000)

/* False, with *out_ns untouched, if the text is not a duration in 0..24h. */
bool duration_parse(const char *text, int64_t *out_ns);
