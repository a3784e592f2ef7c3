/* tunnel — a connection on which HTTP is over: what an exchange that switches
 * protocols hands over.
 *
 * Whoever wants it moves the wire away (wire_move). It belongs to the exchange,
 * and is gone with it. */
#pragma once

#include <stddef.h>

struct wire;

struct tunnel {
    struct wire *wire;
    const char *early; /* what came with the answer, behind its head */
    size_t early_bytes;
};
