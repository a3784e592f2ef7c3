#include "io/crypto.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/alloc.h"
#include "base/error.h"

static const char *const NAMES[CRYPTO_ALGORITHMS] = {
    [CRYPTO_MD5] = "MD5",
    [CRYPTO_SHA1] = "SHA1",
    [CRYPTO_SHA256] = "SHA256",
    [CRYPTO_SHA512] = "SHA512",
};

/* Looking an algorithm up takes OpenSSL 3 longer than a short digest, so each
 * is looked up once. */
struct crypto {
    EVP_MD_CTX *context;                  /* owned; for all digests */
    EVP_MD *digests[CRYPTO_ALGORITHMS];   /* owned; NULL until used */
    EVP_MAC *hmac;                        /* owned; NULL until used */
    EVP_MAC_CTX *macs[CRYPTO_ALGORITHMS]; /* owned; NULL until used */
};

struct crypto_key {
    EVP_PKEY *pkey; /* owned */
    bool is_private;
    bool is_ec; /* on P-256; else RSA */
};

/* r and s of a signature, as many bytes each as the order of P-256 has. */
enum { EC_NUMBER_BYTES = 32, EC_DER_MAX = 80 };

struct crypto *crypto_new(void)
{
    struct crypto *c = xcalloc(1, sizeof *c);
    c->context = EVP_MD_CTX_new();
    if (c->context)
        return c;
    free(c);
    return NULL;
}

void crypto_free(struct crypto *c)
{
    for (int i = 0; i < CRYPTO_ALGORITHMS; i++) {
        EVP_MD_free(c->digests[i]);
        EVP_MAC_CTX_free(c->macs[i]);
    }
    EVP_MAC_free(c->hmac);
    EVP_MD_CTX_free(c->context);
    free(c);
}

/* Nobody reads OpenSSL's queue of errors afterwards, and the connections of
 * this thread must find it empty. */
static bool checked(bool ok)
{
    if (!ok)
        ERR_clear_error();
    return ok;
}

static const EVP_MD *find_digest(struct crypto *c, enum crypto_algorithm a)
{
    if (!c->digests[a])
        c->digests[a] = EVP_MD_fetch(NULL, NAMES[a], NULL);
    return c->digests[a];
}

bool crypto_digest_begin(struct crypto *c, enum crypto_algorithm algorithm)
{
    const EVP_MD *md = find_digest(c, algorithm);
    return checked(md && EVP_DigestInit_ex2(c->context, md, NULL) == 1);
}

bool crypto_digest_add(struct crypto *c, const void *bytes, size_t size)
{
    return checked(EVP_DigestUpdate(c->context, bytes, size) == 1);
}

size_t crypto_digest_end(struct crypto *c, unsigned char *out)
{
    unsigned int length = 0;
    return checked(EVP_DigestFinal_ex(c->context, out, &length) == 1) ? length
                                                                      : 0;
}

size_t crypto_digest(struct crypto *c, enum crypto_algorithm algorithm,
                     const void *bytes, size_t size, unsigned char *out)
{
    return crypto_digest_begin(c, algorithm) &&
                   crypto_digest_add(c, bytes, size)
               ? crypto_digest_end(c, out)
               : 0;
}

static EVP_MAC_CTX *find_mac(struct crypto *c, enum crypto_algorithm a)
{
    if (c->macs[a])
        return c->macs[a];
    if (!c->hmac)
        c->hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *mac = c->hmac ? EVP_MAC_CTX_new(c->hmac) : NULL;
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(
                                   OSSL_MAC_PARAM_DIGEST, (char *)NAMES[a], 0),
                               OSSL_PARAM_construct_end()};
    if (mac && EVP_MAC_CTX_set_params(mac, parameters) != 1) {
        EVP_MAC_CTX_free(mac);
        mac = NULL;
    }
    c->macs[a] = mac;
    return mac;
}

size_t crypto_hmac(struct crypto *c, enum crypto_algorithm algorithm,
                   const void *key, size_t key_size, const void *bytes,
                   size_t size, unsigned char *out)
{
    size_t length = 0;
    EVP_MAC_CTX *mac = find_mac(c, algorithm);
    return checked(mac && EVP_MAC_init(mac, key, key_size, NULL) == 1 &&
                   EVP_MAC_update(mac, bytes, size) == 1 &&
                   EVP_MAC_final(mac, out, &length, CRYPTO_DIGEST_MAX) == 1)
               ? length
               : 0;
}

bool crypto_random(void *to, size_t size)
{
    return checked(size <= INT_MAX && RAND_bytes(to, (int)size) == 1);
}

/* --------------------------------------------------------------------- keys */

/* Without it, OpenSSL asks at the terminal. */
static int no_password(char *to, int size, int writing, void *arg)
{
    (void)to, (void)size, (void)writing, (void)arg;
    return -1;
}

static EVP_PKEY *read_pem(const char *pem, size_t size, bool is_private)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)size);
    EVP_PKEY *pkey = NULL;
    if (bio && is_private)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    else if (bio)
        pkey = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return pkey;
}

static bool is_p256(const EVP_PKEY *pkey)
{
    char group[32];
    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

struct crypto_key *crypto_key_read(const char *pem, size_t size,
                                   struct error *err)
{
    bool is_private = true;
    EVP_PKEY *pkey = NULL;
    if (size <= INT_MAX) {
        pkey = read_pem(pem, size, true);
        is_private = pkey != NULL;
        if (!pkey)
            pkey = read_pem(pem, size, false);
    }
    bool is_ec = pkey && is_p256(pkey);
    if (!pkey || !(is_ec || EVP_PKEY_is_a(pkey, "RSA"))) {
        error_set(err, pkey ? "the key is neither RSA nor EC on P-256"
                            : "this is no key in PEM, or an encrypted one");
        EVP_PKEY_free(pkey);
        return NULL;
    }
    struct crypto_key *key = xcalloc(1, sizeof *key);
    *key = (struct crypto_key){
        .pkey = pkey, .is_private = is_private, .is_ec = is_ec};
    return key;
}

void crypto_key_free(struct crypto_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

bool crypto_key_is_private(const struct crypto_key *key)
{
    return key->is_private;
}

const char *crypto_key_algorithm(const struct crypto_key *key)
{
    return key->is_ec ? "ES256" : "RS256";
}

size_t crypto_signature_max(const struct crypto_key *key)
{
    int size = EVP_PKEY_get_size(key->pkey);
    return size > 0 ? (size_t)size : 0;
}

/* OpenSSL's signatures are in DER, those of RFC 7518 are r and s. */
static size_t to_numbers(unsigned char *signature, size_t size)
{
    const unsigned char *at = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    bool ok = pair &&
              BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature,
                           EC_NUMBER_BYTES) == EC_NUMBER_BYTES &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + EC_NUMBER_BYTES,
                           EC_NUMBER_BYTES) == EC_NUMBER_BYTES;
    ECDSA_SIG_free(pair);
    return ok ? 2 * EC_NUMBER_BYTES : 0;
}

static size_t to_der(const unsigned char *numbers, size_t size,
                     unsigned char der[EC_DER_MAX])
{
    ECDSA_SIG *pair = size == 2 * EC_NUMBER_BYTES ? ECDSA_SIG_new() : NULL;
    BIGNUM *r = pair ? BN_bin2bn(numbers, EC_NUMBER_BYTES, NULL) : NULL;
    BIGNUM *s =
        pair ? BN_bin2bn(numbers + EC_NUMBER_BYTES, EC_NUMBER_BYTES, NULL)
             : NULL;
    int length = 0;
    if (r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        length = i2d_ECDSA_SIG(pair, &der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return length > 0 ? (size_t)length : 0;
}

size_t crypto_sign(struct crypto *c, const struct crypto_key *key,
                   const void *bytes, size_t size, unsigned char *out)
{
    size_t length = crypto_signature_max(key);
    bool ok = key->is_private &&
              EVP_DigestSignInit_ex(c->context, NULL, NAMES[CRYPTO_SHA256],
                                    NULL, NULL, key->pkey, NULL) == 1 &&
              EVP_DigestSign(c->context, out, &length, bytes, size) == 1;
    EVP_MD_CTX_reset(c->context);
    if (!checked(ok))
        return 0;
    return key->is_ec ? to_numbers(out, length) : length;
}

bool crypto_verify(struct crypto *c, const struct crypto_key *key,
                   const void *bytes, size_t size,
                   const unsigned char *signature, size_t signature_size)
{
    unsigned char der[EC_DER_MAX];
    if (key->is_ec) {
        signature_size = to_der(signature, signature_size, der);
        signature = der;
    }
    bool ok = signature_size &&
              EVP_DigestVerifyInit_ex(c->context, NULL, NAMES[CRYPTO_SHA256],
                                      NULL, NULL, key->pkey, NULL) == 1 &&
              EVP_DigestVerify(c->context, signature, signature_size, bytes,
                               size) == 1;
    EVP_MD_CTX_reset(c->context);
    return checked(ok);
}
