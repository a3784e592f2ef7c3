/* count_mallocs — preloaded, says at the end how often memory was asked for.
 *
 * Counts malloc, calloc and realloc of the program and of all libraries but
 * LuaJIT, which has an allocator of its own. Written to file descriptor 2. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static atomic_ulong calls;

void *malloc(size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_realloc(block, size);
}

__attribute__((destructor)) static void report(void)
{
    fprintf(stderr, "allocations: %lu\n", atomic_load(&calls));
}
