/* transport_curl — exchanges by libcurl: everything it can do, at its price. */
#pragma once

#include "io/transport.h"

extern const struct transport transport_curl;

bool transport_curl_global_init(struct error *err) ATTR_NODISCARD;
void transport_curl_global_fini(void);
