#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_INTERNAL = 70, FIRST_CAPACITY = 8 };

ATTR_NORETURN static void out_of_memory(size_t size)
{
    fprintf(stderr, "lload: out of memory (%zu bytes wanted)\n", size);
    _Exit(EXIT_INTERNAL);
}

void *xmalloc(size_t size)
{
    void *block = malloc(size ? size : 1);
    if (!block)
        out_of_memory(size);
    return block;
}

void *xcalloc(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size ? size : 1);
    if (!block)
        out_of_memory(size);
    return block;
}

void *xrealloc(void *block, size_t size)
{
    void *grown = realloc(block, size ? size : 1);
    if (!grown)
        out_of_memory(size);
    return grown;
}

char *xstrdup(const char *text)
{
    return xmemdup(text, strlen(text));
}

char *xmemdup(const void *bytes, size_t size)
{
    char *copy = xmalloc(size + 1);
    if (size)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

void array_reserve(void **array, size_t *capacity, size_t needed,
                   size_t item_size)
{
    if (needed <= *capacity)
        return;
    size_t grown = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    if (grown < needed)
        grown = needed;
    *array = xrealloc(*array, grown * item_size);
    memset((char *)*array + *capacity * item_size, 0,
           (grown - *capacity) * item_size);
    *capacity = grown;
}
