/* regex — Perl-compatible regular expressions, by PCRE2, that always come to an
 * end.
 *
 * Patterns come from scripts, texts from servers: no text may hold a worker up,
 * so a match is given up when it takes too many steps or too long. Each regex
 * keeps the groups of its latest match, and is used by one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct error;
struct regex;

enum regex_status { REGEX_FOUND, REGEX_NONE, REGEX_GAVE_UP };

/* `flags` are of "imsxu": letters of either case, ^ and $ at every line, the
 * dot takes newlines, spaces and comments in the pattern, UTF-8. NULL: `err`
 * says what is wrong, and where. */
struct regex *regex_new(const char *pattern, size_t length, const char *flags,
                        struct error *err) ATTR_NODISCARD;
void regex_free(struct regex *re);
/* Looks for the first match that begins at `from` or behind it. */
enum regex_status regex_match(struct regex *re, const char *text, size_t length,
                              size_t from);
/* Groups in parentheses, the whole match not counted. */
size_t regex_group_count(const struct regex *re);
/* Where a group of the match begins and ends, 0 being the whole of it. False if
 * it took no part. */
bool regex_group(const struct regex *re, size_t group, size_t *from,
                 size_t *to);
/* Where to go on behind the match: further by one character if it was empty. */
size_t regex_next(const struct regex *re, const char *text, size_t length);
