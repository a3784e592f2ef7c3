/* url — the parts of an address that a load test needs. RFC 3986. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;

/* "http://" or "https://" in any case of letters, followed by a host. */
bool url_is_absolute(const char *url);
/* "any://" in front: no path, whatever comes behind. */
bool url_has_scheme(const char *url);
/* Where the path begins in an absolute address: behind host and port. */
const char *url_path(const char *url);
/* Appends `text` with everything but unreserved characters as %XX. */
void url_add_encoded(struct buffer *out, const char *text, size_t length);
/* Appends `text` with every %XX undone; one that is broken stays as it is. In
 * queries and forms a + is a space. */
void url_add_decoded(struct buffer *out, const char *text, size_t length,
                     bool plus_is_space);
/* Appends a path or query as it stands, but spaces and bytes outside ASCII as
 * %XX; false at a control character, which no address may hold. */
bool url_add_literal(struct buffer *out, const char *text, size_t length);
