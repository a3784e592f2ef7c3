/* tls_settings — what a scenario says about TLS, read from its files once.
 *
 * Authorities to trust, a certificate of our own, versions and ciphers; the
 * same for every transport. Not changed once open: any thread. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "io/http.h"

struct error;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct tls_settings;

/* `err` names the file and the cause. Needs nothing of `from` afterwards. */
struct tls_settings *tls_settings_open(const struct http_tls *from,
                                       struct error *err) ATTR_NODISCARD;
void tls_settings_close(struct tls_settings *s); /* NULL is nothing to do */
/* To a context of a client that has no certificate yet. Authorities are the
 * caller's own business if `own_store`. */
bool tls_settings_apply(const struct tls_settings *s,
                        struct ssl_ctx_st *context,
                        bool own_store) ATTR_NODISCARD;
