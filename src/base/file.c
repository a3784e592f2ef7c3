#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

static bool cannot_read(const char *path, int cause, struct error *err)
{
    return error_set(err, "%s: cannot read: %s", path, strerror(cause));
}

bool file_read(const char *path, struct buffer *out, struct error *err)
{
    enum { STEP_BYTES = 64 * 1024 };
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file)
        return cannot_read(path, errno, err);
    do {
        got = fread(buffer_reserve(out, STEP_BYTES), 1, STEP_BYTES, file);
        out->size += got;
    } while (got);
    int cause = ferror(file) ? errno : 0;
    fclose(file);
    return !cause || cannot_read(path, cause, err);
}
