/* unit — what every unit test includes: cmocka, and memory of exact size. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* A copy that ends where the text ends, so that the address sanitizer sees a
 * read of even one byte beyond it. Free it. */
static inline char *exact_copy(const char *bytes, size_t size)
{
    char *copy = malloc(size);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}
