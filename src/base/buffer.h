/* buffer — growable bytes.
 *
 * Owns its bytes; `buffer_clear` keeps the memory for the next use, and
 * `buffer_trim` gives back what one unusually large use left behind.
 * A zeroed struct is an empty buffer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct buffer {
    char *data; /* owned; NULL while nothing was ever added */
    size_t size;
    size_t capacity;
};

void buffer_fini(struct buffer *b);
void buffer_clear(struct buffer *b);
/* Frees the memory if it has grown beyond `keep` bytes. */
void buffer_trim(struct buffer *b, size_t keep);
/* Gives back what it does not use. */
void buffer_fit(struct buffer *b);
/* Room for `extra` more bytes; returns where they go. */
char *buffer_reserve(struct buffer *b, size_t extra);
void buffer_add(struct buffer *b, const void *bytes, size_t size);
void buffer_add_text(struct buffer *b, const char *text);
void buffer_add_char(struct buffer *b, char c);
void buffer_add_int(struct buffer *b, int64_t value);
void buffer_printf(struct buffer *b, const char *format, ...) ATTR_PRINTF(2, 3);
/* The bytes as a C string; valid until the next change. */
const char *buffer_text(struct buffer *b);
