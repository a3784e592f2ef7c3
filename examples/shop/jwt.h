/* jwt — issues and checks the shop's tokens: JWT, HS256, claims sub, iat, exp.
 *
 * Owns the signing key, drawn anew at each start: a token does not outlive the
 * process. Knows neither users nor HTTP; wall-clock time is an argument. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#define JWT_MAX_BYTES 512
#define JWT_SUBJECT_BYTES 64

struct jwt {
    EVP_MAC_CTX *mac; /* owned: HMAC-SHA256 with the key set */
};

/* False if OpenSSL has no randomness or no HMAC to give. */
bool jwt_open(struct jwt *j);
void jwt_close(struct jwt *j);

/* `subject` is shorter than JWT_SUBJECT_BYTES and needs no JSON escapes. */
bool jwt_issue(struct jwt *j, const char *subject, int64_t now_s,
               int64_t expires_s, char out[JWT_MAX_BYTES]);

/* True, with the subject, if this process signed the token and it has not
 * expired at now_s. */
bool jwt_verify(struct jwt *j, const char *token, int64_t now_s,
                char subject[JWT_SUBJECT_BYTES]);
