/* certificate — what a TLS server of a test shows: for localhost and 127.0.0.1,
 * signed by itself. */
#pragma once

#include <openssl/ssl.h>

/* Free it with X509_free. */
X509 *certificate_make(EVP_PKEY *key, const char *subject, long valid_from_s,
                       long valid_to_s);
/* The TLS context of a server that shows it; free it with SSL_CTX_free. */
SSL_CTX *certificate_context(X509 *certificate, EVP_PKEY *key);
