/* transport_h1 — HTTP/1.1 over TCP and TLS, made to be cheap: the hot path.
 *
 * Declines what it does not do, for curl to take: CONNECT, credentials within
 * the address, and hosts that are no plain name or IP address. */
#pragma once

#include "io/transport.h"

extern const struct transport transport_h1;
