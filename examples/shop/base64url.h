/* base64url — RFC 4648 section 5 without padding, as JWTs use it.
 *
 * Pure functions on the caller's memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Characters that `bytes` bytes encode to, without a terminator. */
#define BASE64URL_CHARS(bytes) (((bytes)*4 + 2) / 3)

/* Writes BASE64URL_CHARS(bytes) characters and a NUL. */
void base64url_encode(const void *data, size_t bytes, char *out);

/* Decodes into at most `room` bytes and sets *out_bytes; false on a character
 * outside the alphabet, an impossible length, or too little room. */
bool base64url_decode(const char *text, size_t chars, void *out, size_t room,
                      size_t *out_bytes);
