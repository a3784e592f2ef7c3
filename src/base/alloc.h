/* alloc — memory that is always there.
 *
 * The xmalloc family never returns NULL: a load generator without memory has
 * already spoiled its measurement, so it says so and exits with code 70. */
#pragma once

#include <stddef.h>

#include "base/attr.h"

void *xmalloc(size_t size) ATTR_RETURNS_NONNULL;
void *xcalloc(size_t count, size_t size) ATTR_RETURNS_NONNULL;
void *xrealloc(void *block, size_t size) ATTR_RETURNS_NONNULL;
char *xstrdup(const char *text) ATTR_RETURNS_NONNULL;
/* A copy of `size` bytes with a NUL behind them. */
char *xmemdup(const void *bytes, size_t size) ATTR_RETURNS_NONNULL;

/* Grows `*array` of `item_size` elements so that index `needed - 1` exists;
 * new elements are zero. Amortised O(1): capacity at least doubles. */
void array_reserve(void **array, size_t *capacity, size_t needed,
                   size_t item_size);
