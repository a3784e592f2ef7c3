#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"

enum { BLOCK_BYTES = 64 * 1024 };

/* The size that is known beforehand is reserved at once, so that nothing is
 * copied; a pipe has none. */
static void reserve_all(FILE *file, struct buffer *out)
{
    struct stat about;
    if (fstat(fileno(file), &about) == 0 && about.st_size > 0)
        buffer_reserve(out, (size_t)about.st_size + BLOCK_BYTES);
}

static bool cannot_read(const char *path, int cause, struct error *err)
{
    return error_set(err, "%s: cannot read: %s", path, strerror(cause));
}

bool file_read(const char *path, struct buffer *out, struct error *err)
{
    size_t got;
    FILE *file = fopen(path, "rb");
    if (!file)
        return cannot_read(path, errno, err);
    reserve_all(file, out);
    do {
        got = fread(buffer_reserve(out, BLOCK_BYTES), 1, BLOCK_BYTES, file);
        out->size += got;
    } while (got);
    int cause = ferror(file) ? errno : 0;
    fclose(file);
    buffer_text(out);
    return !cause || cannot_read(path, cause, err);
}
