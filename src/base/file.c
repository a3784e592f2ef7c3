#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
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

static bool sync_file(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    int cause = errno;
    close(fd);
    errno = cause;
    return ok;
}

/* The rename itself lasts once the folder is written. Not all file systems can
 * do that, and nothing is lost then that could be helped. */
static void sync_folder_of(const char *path)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    (void)sync_file(slash ? folder : ".", O_RDONLY | O_DIRECTORY);
    free(folder);
}

bool file_replace(const char *from, const char *to, struct error *err)
{
    if (!sync_file(from, O_WRONLY) || rename(from, to) != 0)
        return error_set(err, "%s", strerror(errno));
    sync_folder_of(to);
    return true;
}
