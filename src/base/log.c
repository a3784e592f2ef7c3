#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int current_level = LOG_INFO;
static const char *_Atomic live_erase;

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, level);
}

bool log_is_on(enum log_level level)
{
    return (int)level <= atomic_load(&current_level);
}

void log_set_live(const char *erase)
{
    atomic_store(&live_erase, erase);
}

/* What servers and scripts say must not move the cursor. */
static void blank_controls(char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t') ||
            *text == 0x7f)
            *text = '?';
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const labels[] = {"error", "warning", "info", "debug"};
    if (!log_is_on(level))
        return;
    const char *erase = atomic_load(&live_erase);
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    blank_controls(text);
    fprintf(stderr, "%slload: %s: %s\n", erase ? erase : "", labels[level],
            text);
}
