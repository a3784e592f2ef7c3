/* base64 — RFC 4648: the standard alphabet with padding, and the one for URLs
 * and file names without. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct buffer;

enum base64_kind { BASE64_STANDARD, BASE64_URL };

/* Room for what base64_write() writes at most, and for what base64_read()
 * does. */
size_t base64_encoded_max(size_t size);
size_t base64_decoded_max(size_t length);
/* Returns how many characters were written; there is no NUL. */
size_t base64_write(char *to, const void *bytes, size_t size,
                    enum base64_kind kind);
/* False for any other character, padding that is missing (URL: wrong), and
 * unused bits that are not 0, so that each value has one text only. */
bool base64_read(void *to, size_t *size, const char *text, size_t length,
                 enum base64_kind kind) ATTR_NODISCARD;
void base64_add(struct buffer *out, const void *bytes, size_t size);
