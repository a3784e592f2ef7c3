/* base64 — RFC 4648, the standard alphabet with padding. */
#pragma once

#include <stddef.h>

struct buffer;

void base64_add(struct buffer *out, const void *bytes, size_t size);
