/* json_write — text as JSON writes it. */
#pragma once

#include <stddef.h>

struct buffer;

/* What goes between the quotes of a string: bytes beyond ASCII as they are. */
void json_add_escaped(struct buffer *out, const char *text, size_t length);
/* A whole string. What is no UTF-8 becomes U+FFFD, byte by byte. */
void json_add_string(struct buffer *out, const char *text, size_t length);
