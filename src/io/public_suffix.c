#include "io/public_suffix.h"

#include <libpsl.h>
#include <string.h>

bool public_suffix_is(const char *domain)
{
    const psl_ctx_t *list = psl_builtin();
    if (!strchr(domain, '.'))
        return true;
    return list && psl_is_public_suffix(list, domain);
}
