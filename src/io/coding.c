#include "io/coding.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"

static const struct coding *const codings[] = {&coding_gzip, &coding_deflate,
                                               &coding_brotli, &coding_zstd};

static bool is_called(const char *name, const char *text, size_t length)
{
    return name && length == strlen(name) &&
           strncasecmp(text, name, length) == 0;
}

const struct coding *coding_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if (is_called(codings[i]->name, name, length) ||
            is_called(codings[i]->alias, name, length))
            return codings[i];
    return NULL;
}

size_t coding_room(const struct buffer *out, size_t max_bytes)
{
    enum { STEP_BYTES = 16 * 1024 };
    size_t left = max_bytes - out->size;
    return left < STEP_BYTES ? left + 1 : STEP_BYTES;
}
