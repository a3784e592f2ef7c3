#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { SMALLEST = 128, INT64_DIGITS = 24 };

void buffer_fini(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}

void buffer_clear(struct buffer *b)
{
    b->size = 0;
}

void buffer_trim(struct buffer *b, size_t keep)
{
    if (b->capacity > keep)
        buffer_fini(b);
}

void buffer_fit(struct buffer *b)
{
    if (b->capacity > b->size + 1) {
        b->capacity = b->size + 1;
        b->data = xrealloc(b->data, b->capacity);
    }
}

static void grow(struct buffer *b, size_t needed)
{
    size_t grown = b->capacity ? b->capacity * 2 : SMALLEST;
    if (grown < needed)
        grown = needed;
    b->data = xrealloc(b->data, grown);
    b->capacity = grown;
}

char *buffer_reserve(struct buffer *b, size_t extra)
{
    if (extra >= b->capacity - b->size) /* one is for the NUL of a text */
        grow(b, b->size + extra + 1);
    return b->data + b->size;
}

void buffer_add(struct buffer *b, const void *bytes, size_t size)
{
    if (!size)
        return;
    memcpy(buffer_reserve(b, size), bytes, size);
    b->size += size;
}

void buffer_add_text(struct buffer *b, const char *text)
{
    buffer_add(b, text, strlen(text));
}

void buffer_add_char(struct buffer *b, char c)
{
    *buffer_reserve(b, 1) = c;
    b->size++;
}

void buffer_add_int(struct buffer *b, int64_t value)
{
    char digits[INT64_DIGITS];
    char *end = digits + sizeof digits, *at = end;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (value < 0)
        *--at = '-';
    buffer_add(b, at, (size_t)(end - at));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        vsnprintf(buffer_reserve(b, (size_t)length), (size_t)length + 1, format,
                  again);
        b->size += (size_t)length;
    }
    va_end(again);
}

const char *buffer_text(struct buffer *b)
{
    *buffer_reserve(b, 0) = '\0';
    return b->data;
}
