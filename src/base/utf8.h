/* utf8 — is it UTF-8, in pieces as they come (RFC 3629)?
 *
 * Refuses overlong forms, surrogates and what is beyond U+10FFFF at the first
 * byte that shows it. A zeroed struct is between two characters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct utf8 {
    unsigned char left; /* bytes of the character that are still to come */
    unsigned char low;  /* the range of the next one */
    unsigned char high;
};

/* False: it is none, whatever may follow. */
bool utf8_feed(struct utf8 *u, const char *bytes, size_t size);

/* Whether it may end here. */
static inline bool utf8_is_whole(const struct utf8 *u)
{
    return u->left == 0;
}
