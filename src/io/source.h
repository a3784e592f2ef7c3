/* source — the local addresses that connections leave from.
 *
 * One address has at most 64,511 ports for one target; a range of addresses,
 * dealt out to users in turn, has as many for each. Immutable after parsing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/resolver.h"

struct error;

enum { SOURCE_TEXT_BYTES = ADDRESS_TEXT_BYTES };

struct source {
    union address first;
    uint32_t count; /* 0: whatever the kernel chooses */
};

/* "10.0.0.1", "10.0.0.1-10.0.0.9" or one IPv6 address; NULL is no range.
 * Errors: no address, an empty or huge range. */
bool source_parse(struct source *s, const char *text,
                  struct error *err) ATTR_NODISCARD;
/* Whether this machine has the first and the last address. */
bool source_check(const struct source *s, struct error *err) ATTR_NODISCARD;
/* The address of the n-th user. Precondition: count > 0. */
union address source_of(const struct source *s, uint32_t n);
