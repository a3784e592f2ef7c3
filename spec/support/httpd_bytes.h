/* httpd_bytes — growable bytes, and the ways the fixture server fills them.
 *
 * Knows JSON escapes, base64, the byte pattern of /bytes/N and zlib. Does not
 * know connections. The caller owns every `struct bytes`; memory that cannot
 * be had ends the process. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    char *data; /* owned; NULL while nothing was added */
    size_t len;
    size_t capacity;
};

enum compression {
    COMPRESSION_GZIP,
    COMPRESSION_ZLIB, /* what HTTP calls deflate */
    COMPRESSION_RAW   /* what some servers send as deflate */
};

void bytes_add(struct bytes *b, const void *data, size_t n);
void bytes_add_text(struct bytes *b, const char *text);
void bytes_addf(struct bytes *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A quoted JSON string; bytes from 0x80 on pass unchanged. */
void bytes_add_json(struct bytes *b, const char *text, size_t n);
void bytes_add_base64(struct bytes *b, const void *data, size_t n);

/* Bytes `from` to `from + n` of the pattern: byte i is i mod 251. */
void bytes_add_pattern(struct bytes *b, uint64_t from, size_t n);

void bytes_add_compressed(struct bytes *b, enum compression how,
                          const char *text);

/* A gzip file that inflates to `mebibytes` MiB of zeros. */
void bytes_add_bomb(struct bytes *b, unsigned mebibytes);

/* Forgets the first n bytes; moves what is left. */
void bytes_drop(struct bytes *b, size_t n);
void bytes_fini(struct bytes *b);

bool is_utf8(const char *text, size_t n);
