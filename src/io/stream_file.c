#include "io/stream_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

enum {
    WINDOW_GZIP = 15 + 16,
    MEMORY_LEVEL = 8,
    PACKED_BYTES = 64 * 1024, /* at a time */
    POLL_MS = 100
};

struct stream_file {
    int fd; /* owned */
    bool is_packed;
    bool has_failed;
    bool has_begun; /* a piece is under way */
    struct error cause;
    z_stream zip;
    atomic_int_least64_t until_ns;
    unsigned char packed[PACKED_BYTES];
};

/* ------------------------------------------------------------------ plain */

static bool fail(struct stream_file *f, const char *why)
{
    f->has_failed = true;
    return error_set(&f->cause, "%s", why);
}

/* A pipe is full: its reader has time until the owner is in a hurry. */
static bool wait_for_reader(struct stream_file *f)
{
    struct pollfd p = {.fd = f->fd, .events = POLLOUT};
    while (clock_now_ns() < atomic_load(&f->until_ns)) {
        int ready = poll(&p, 1, POLL_MS);
        if (ready > 0 || (ready < 0 && errno != EINTR))
            return true; /* the write says what is wrong */
    }
    return fail(f, "whoever reads it does not read on");
}

static bool put(struct stream_file *f, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t count = write(f->fd, at, size);
        if (count >= 0) {
            at += count;
            size -= (size_t)count;
        } else if (errno == EAGAIN) {
            if (!wait_for_reader(f))
                return false;
        } else if (errno != EINTR) {
            return fail(f, strerror(errno));
        }
    }
    return true;
}

/* ----------------------------------------------------------------- packed */

static bool pack(struct stream_file *f, const char *bytes, unsigned size,
                 int flush)
{
    f->zip.next_in = (unsigned char *)(uintptr_t)bytes;
    f->zip.avail_in = size;
    do {
        f->zip.next_out = f->packed;
        f->zip.avail_out = PACKED_BYTES;
        deflate(&f->zip, flush);
        if (!put(f, f->packed, PACKED_BYTES - f->zip.avail_out))
            return false;
    } while (!f->zip.avail_out);
    return true;
}

/* ------------------------------------------------------------------ public */

static bool report(const struct stream_file *f, bool done, struct error *err)
{
    if (!done)
        *err = f->cause;
    return done;
}

static bool add(struct stream_file *f, const char *bytes, size_t size)
{
    f->has_begun = true;
    if (!f->is_packed)
        return put(f, bytes, size);
    for (; size > INT_MAX; bytes += INT_MAX, size -= INT_MAX)
        if (!pack(f, bytes, INT_MAX, Z_NO_FLUSH))
            return false;
    return pack(f, bytes, (unsigned)size, Z_NO_FLUSH);
}

bool stream_file_write(struct stream_file *f, const char *bytes, size_t size,
                       struct error *err)
{
    return report(f, !f->has_failed && add(f, bytes, size), err);
}

bool stream_file_flush(struct stream_file *f, struct error *err)
{
    bool is_flush = f->is_packed && f->has_begun;
    return report(
        f, !f->has_failed && (!is_flush || pack(f, NULL, 0, Z_SYNC_FLUSH)),
        err);
}

static bool end_piece(struct stream_file *f)
{
    if (!f->is_packed || !f->has_begun)
        return true;
    bool done = pack(f, NULL, 0, Z_FINISH);
    deflateReset(&f->zip);
    f->has_begun = false;
    return done;
}

bool stream_file_end(struct stream_file *f, struct error *err)
{
    return report(f, !f->has_failed && end_piece(f), err);
}

void stream_file_hurry(struct stream_file *f, int64_t until_ns)
{
    atomic_store(&f->until_ns, until_ns);
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path), wanted = strlen(suffix);
    return length > wanted && strcmp(path + length - wanted, suffix) == 0;
}

static const char *cause_of(int error)
{
    return error == ENXIO ? "it is a pipe that nobody reads" : strerror(error);
}

struct stream_file *stream_file_open(const char *path, struct error *err)
{
    struct stream_file *f = xcalloc(1, sizeof *f);
    f->is_packed = has_suffix(path, ".gz");
    atomic_init(&f->until_ns, INT64_MAX);
    f->fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
    if (f->fd < 0)
        error_set(err, "cannot write %s: %s", path, cause_of(errno));
    else if (f->is_packed &&
             deflateInit2(&f->zip, Z_BEST_SPEED, Z_DEFLATED, WINDOW_GZIP,
                          MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        error_set(err, "zlib cannot start");
    else
        return f;
    if (f->fd >= 0)
        close(f->fd);
    free(f);
    return NULL;
}

void stream_file_close(struct stream_file *f)
{
    if (!f)
        return;
    if (f->is_packed)
        deflateEnd(&f->zip);
    close(f->fd);
    free(f);
}
