/* error — why something failed, in words for the user.
 *
 * Written by whoever knows the cause, wrapped once by whoever knows the
 * purpose. Lives on the caller's stack. */
#pragma once

#include "base/attr.h"

enum { ERROR_TEXT_BYTES = 512 };

struct error {
    char text[ERROR_TEXT_BYTES];
};

/* Always returns false, so that `return error_set(...)` reads well. */
int error_set(struct error *err, const char *format, ...) ATTR_PRINTF(2, 3);
/* Puts "purpose: " before what is there. */
int error_wrap(struct error *err, const char *format, ...) ATTR_PRINTF(2, 3);
