/* fetch_cookies — the Cookie header of a request, and what its answer sets.
 *
 * The user's cookies (engine/cookies) and those of the request alone, which go
 * before. */
#pragma once

struct fetch;

/* Sets the header for where the request goes now; precondition: the user or the
 * request has cookies. */
void fetch_carry_cookies(struct fetch *f);
/* Keeps those of an answer's lines, from the first with a cookie on. */
void fetch_take_cookies(struct fetch *f, const char *at, const char *end);
