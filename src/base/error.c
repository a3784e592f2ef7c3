#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return 0;
}

int error_wrap(struct error *err, const char *format, ...)
{
    char cause[ERROR_TEXT_BYTES], purpose[ERROR_TEXT_BYTES / 2];
    memcpy(cause, err->text, sizeof cause);
    va_list args;
    va_start(args, format);
    vsnprintf(purpose, sizeof purpose, format, args);
    va_end(args);
    return error_set(err, "%s: %.250s", purpose, cause);
}
