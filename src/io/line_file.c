#include "io/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "io/crypto.h"

enum {
    WINDOW_GZIP = 15 + 16,
    RAW_BYTES = 256 * 1024,                 /* read at a time */
    TEXT_BYTES = LINE_BYTES_MAX + RAW_BYTES /* a long line, and what follows */
};

struct line_file {
    int fd; /* owned, unless standard input */
    bool is_packed;
    bool is_unpacking; /* within a member */
    bool has_ended;    /* no bytes are left to read */
    bool has_failed;
    bool skips; /* the rest of a line that is too long */
    struct error cause;
    struct crypto *crypto; /* owned; NULL: no digest */
    struct line_file_counts counts;
    z_stream zip;      /* its input is what of `raw` was not taken yet */
    size_t start, end; /* of what in `text` was not given out yet */
    size_t searched;   /* from `start` on, without a line's end */
    unsigned char raw[RAW_BYTES];
    char text[TEXT_BYTES];
};

static enum line_status fail(struct line_file *f, const char *why)
{
    f->has_failed = true;
    error_set(&f->cause, "%s", why);
    return LINE_BROKEN;
}

/* ------------------------------------------------------------------ bytes */

static bool read_raw(struct line_file *f)
{
    ssize_t count;
    do
        count = read(f->fd, f->raw, RAW_BYTES);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        fail(f, strerror(errno));
        return false;
    }
    f->has_ended = count == 0;
    f->zip.next_in = f->raw;
    f->zip.avail_in = (unsigned)count;
    f->counts.bytes += (uint64_t)count;
    if (f->crypto)
        crypto_digest_add(f->crypto, f->raw, (size_t)count);
    return true;
}

static bool begins_with(const struct line_file *f, const char *magic,
                        size_t length)
{
    return f->zip.avail_in >= length &&
           memcmp(f->zip.next_in, magic, length) == 0;
}

/* Packers that lload does not undo. */
static const char *other_packer(const struct line_file *f)
{
    static const struct {
        const char *magic, *name;
    } packers[] = {
        {"\x28\xB5\x2F\xFD", "it is packed by zstd: zstdcat FILE | lload …"},
        {"BZh", "it is packed by bzip2: bzcat FILE | lload … -"},
        {"\xFD"
         "7zXZ",
         "it is packed by xz: xzcat FILE | lload … -"},
        {"PK\x03\x04", "it is an archive of zip: unzip it first"}};
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++)
        if (begins_with(f, packers[i].magic, strlen(packers[i].magic)))
            return packers[i].name;
    return NULL;
}

/* What kind of file it is, from its first bytes. */
static bool begin(struct line_file *f)
{
    if (!read_raw(f))
        return false;
    const char *packer = other_packer(f);
    if (packer) {
        fail(f, packer);
        return false;
    }
    f->is_packed = begins_with(f, "\x1F\x8B", 2);
    if (f->is_packed && inflateInit2(&f->zip, WINDOW_GZIP) != Z_OK)
        abort();
    f->is_unpacking = f->is_packed;
    return true;
}

static void copy(struct line_file *f)
{
    size_t room = TEXT_BYTES - f->end;
    size_t count = f->zip.avail_in < room ? f->zip.avail_in : room;
    memcpy(f->text + f->end, f->zip.next_in, count);
    f->zip.next_in += count;
    f->zip.avail_in -= (unsigned)count;
    f->end += count;
}

static bool unpack(struct line_file *f)
{
    if (!f->is_unpacking && *f->zip.next_in != 0x1F) {
        f->zip.avail_in = 0; /* what pads the end of a tape, as gzip(1) does */
        return true;
    }
    if (!f->is_unpacking)
        inflateReset(&f->zip);
    f->is_unpacking = true;
    f->zip.next_out = (unsigned char *)f->text + f->end;
    f->zip.avail_out = (unsigned)(TEXT_BYTES - f->end);
    int status = inflate(&f->zip, Z_NO_FLUSH);
    f->end = TEXT_BYTES - f->zip.avail_out;
    if (status == Z_STREAM_END)
        f->is_unpacking = false;
    else if (status != Z_OK && status != Z_BUF_ERROR)
        fail(f, "its gzip data is broken");
    return !f->has_failed;
}

/* Adds to `text`, which has room; false at the end of the file or for a
 * failure. */
static bool fill(struct line_file *f)
{
    size_t before = f->end;
    while (f->end == before) {
        if (!f->zip.avail_in && (f->has_ended || !read_raw(f)))
            return false;
        if (f->has_ended) {
            if (f->is_unpacking)
                fail(f, "it ends within its gzip data");
            return false;
        }
        if (!f->is_packed)
            copy(f);
        else if (!unpack(f))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ lines */

static void make_room(struct line_file *f)
{
    memmove(f->text, f->text + f->start, f->end - f->start);
    f->end -= f->start;
    f->start = 0;
    if (f->end < TEXT_BYTES)
        return;
    f->skips = true;
    f->end = f->searched = 0;
}

/* Where the line at `start` ends; false if there is none any more. */
static bool find_end(struct line_file *f, size_t *end)
{
    for (;;) {
        const char *from = f->text + f->start + f->searched;
        const char *stop = memchr(from, '\n', f->end - f->start - f->searched);
        if (stop) {
            *end = (size_t)(stop - f->text);
            return true;
        }
        f->searched = f->end - f->start;
        if (f->end == TEXT_BYTES)
            make_room(f);
        if (!fill(f)) {
            *end = f->end;
            return !f->has_failed && (f->end > f->start || f->skips);
        }
    }
}

/* Takes the line that ends there; false if it is left out. */
static bool take(struct line_file *f, size_t end, struct line_slice *line)
{
    line->at = f->text + f->start;
    line->length = end - f->start;
    f->start = end < f->end ? end + 1 : end;
    f->searched = 0;
    f->counts.lines++;
    bool is_too_long = f->skips || line->length > LINE_BYTES_MAX;
    f->skips = false;
    f->counts.too_long += is_too_long;
    if (line->length && line->at[line->length - 1] == '\r')
        line->length--;
    return !is_too_long;
}

enum line_status line_file_next(struct line_file *f, struct line_slice *line,
                                struct error *err)
{
    size_t end;
    while (!f->has_failed && find_end(f, &end))
        if (take(f, end, line))
            return LINE_READ;
    if (!f->has_failed)
        return LINE_END;
    *err = f->cause;
    return LINE_BROKEN;
}

struct line_file_counts line_file_counts(const struct line_file *f)
{
    return f->counts;
}

/* ------------------------------------------------------------------- life */

static int open_path(const char *path, struct error *err)
{
    struct stat s;
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        error_set(err, "%s", strerror(errno));
        return -1;
    }
    if (fstat(fd, &s) == 0 && S_ISDIR(s.st_mode)) {
        error_set(err, "it is a directory");
        close(fd);
        return -1;
    }
    return fd;
}

struct line_file *line_file_open(const char *path, struct error *err)
{
    int fd = open_path(path, err);
    if (fd < 0)
        return NULL;
    struct line_file *f = xcalloc(1, sizeof *f);
    f->fd = fd;
    f->crypto = crypto_new();
    if (f->crypto && !crypto_digest_begin(f->crypto, CRYPTO_SHA256)) {
        crypto_free(f->crypto);
        f->crypto = NULL;
    }
    if (begin(f))
        return f;
    *err = f->cause;
    line_file_close(f);
    return NULL;
}

void line_file_close(struct line_file *f)
{
    if (!f)
        return;
    if (f->fd != STDIN_FILENO)
        close(f->fd);
    if (f->is_packed)
        inflateEnd(&f->zip);
    if (f->crypto)
        crypto_free(f->crypto);
    free(f);
}

bool line_file_digest(struct line_file *f, unsigned char out[LINE_DIGEST_BYTES])
{
    unsigned char digest[CRYPTO_DIGEST_MAX];
    if (!f->crypto || crypto_digest_end(f->crypto, digest) != LINE_DIGEST_BYTES)
        return false;
    memcpy(out, digest, LINE_DIGEST_BYTES);
    return true;
}
