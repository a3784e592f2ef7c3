/* crypto — digests, HMAC, signatures and real randomness, by OpenSSL.
 *
 * What costs to set up is kept between calls: one struct for each thread (or
 * Lua state) that uses it, made when it is first needed. Knows no encodings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct crypto;
struct crypto_key; /* RSA or EC on P-256: a private key, or a public one */
struct error;

enum crypto_algorithm {
    CRYPTO_MD5,
    CRYPTO_SHA1,
    CRYPTO_SHA256,
    CRYPTO_SHA512,
    CRYPTO_ALGORITHMS
};
enum { CRYPTO_DIGEST_MAX = 64 };

/* NULL: OpenSSL has no memory left. */
struct crypto *crypto_new(void) ATTR_NODISCARD;
void crypto_free(struct crypto *c);

/* These write at most CRYPTO_DIGEST_MAX bytes and return how many; 0 if this
 * OpenSSL does without the algorithm. */
size_t crypto_digest(struct crypto *c, enum crypto_algorithm algorithm,
                     const void *bytes, size_t size, unsigned char *out);
/* The same of bytes that come one after another: begin, add, end. False, or 0,
 * if this OpenSSL does without the algorithm. */
bool crypto_digest_begin(struct crypto *c, enum crypto_algorithm algorithm);
bool crypto_digest_add(struct crypto *c, const void *bytes, size_t size);
size_t crypto_digest_end(struct crypto *c, unsigned char *out);
/* RFC 2104. A key of any length, 0 included. */
size_t crypto_hmac(struct crypto *c, enum crypto_algorithm algorithm,
                   const void *key, size_t key_size, const void *bytes,
                   size_t size, unsigned char *out);
bool crypto_random(void *to, size_t size) ATTR_NODISCARD;

/* From PEM: PKCS #8, PKCS #1, SEC 1, or a SubjectPublicKeyInfo. Encrypted keys
 * are refused, nobody is asked for a password. NULL: `err` says why. */
struct crypto_key *crypto_key_read(const char *pem, size_t size,
                                   struct error *err) ATTR_NODISCARD;
void crypto_key_free(struct crypto_key *key);
bool crypto_key_is_private(const struct crypto_key *key);
/* What JWT calls its signatures (RFC 7518): RS256, which is RSASSA-PKCS1-v1_5
 * with SHA-256, or ES256, ECDSA with SHA-256, r and s of 32 bytes each. */
const char *crypto_key_algorithm(const struct crypto_key *key);
/* At least as much as a signature takes while it is made. */
size_t crypto_signature_max(const struct crypto_key *key);
/* Returns the size of the signature; 0 if the key cannot sign. */
size_t crypto_sign(struct crypto *c, const struct crypto_key *key,
                   const void *bytes, size_t size, unsigned char *out);
bool crypto_verify(struct crypto *c, const struct crypto_key *key,
                   const void *bytes, size_t size,
                   const unsigned char *signature, size_t signature_size);
