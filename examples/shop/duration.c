#include "duration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double unit_ns(const char *name)
{
    static const struct {
        const char *name;
        double ns;
    } UNITS[] = {{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                 {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};

    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        if (strcmp(name, UNITS[i].name) == 0)
            return UNITS[i].ns;
    }
    return 0;
}

bool duration_parse(const char *text, int64_t *out_ns)
{
    /* strtod would also take "-1", "inf" and "0x10". */
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0 || digits > 20)
        return false;

    char *unit = NULL;
    double value = strtod(text, &unit);
    if (unit != text + digits)
        return false;

    double scale = *unit == '\0' && value == 0 ? 1 : unit_ns(unit);
    if (scale == 0 || value * scale > (double)DURATION_MAX_NS)
        return false;
    *out_ns = llround(value * scale);
    return true;
}
