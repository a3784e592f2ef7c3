/* public_suffix — names below which anybody may have a site: com, co.uk.
 *
 * From the list that libpsl was built with: no file is read, nothing is kept.
 * Any thread. */
#pragma once

#include <stdbool.h>

/* Whether `domain`, in lower case, is such a name; a name without a dot is. */
bool public_suffix_is(const char *domain);
