#include "jwt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base64url.h"

#define DIGEST_BYTES 32
#define DIGEST_CHARS BASE64URL_CHARS(DIGEST_BYTES)
#define CLAIMS_BYTES 160

/* {"alg":"HS256","typ":"JWT"} and the dot. Only tokens issued here are
 * accepted, so the header must be this one to the byte; that leaves no room
 * for "alg":"none". */
static const char HEADER[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
#define HEADER_CHARS (sizeof HEADER - 1)

static bool set_key(EVP_MAC_CTX *mac)
{
    unsigned char key[DIGEST_BYTES];
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };

    bool ok = RAND_bytes(key, sizeof key) == 1 &&
              EVP_MAC_init(mac, key, sizeof key, params) == 1;
    OPENSSL_cleanse(key, sizeof key);
    return ok;
}

bool jwt_open(struct jwt *j)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    j->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (j->mac && set_key(j->mac))
        return true;
    jwt_close(j);
    return false;
}

void jwt_close(struct jwt *j)
{
    EVP_MAC_CTX_free(j->mac);
    j->mac = NULL;
}

/* Writes DIGEST_CHARS characters and a NUL. A NULL key starts over with the
 * key in place, see EVP_MAC_init(3), and spares a fetch per token. */
static bool sign(struct jwt *j, const char *text, size_t chars, char *out)
{
    unsigned char digest[DIGEST_BYTES];
    size_t bytes = 0;

    if (EVP_MAC_init(j->mac, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(j->mac, (const unsigned char *)text, chars) != 1 ||
        EVP_MAC_final(j->mac, digest, &bytes, sizeof digest) != 1 ||
        bytes != sizeof digest)
        return false;
    base64url_encode(digest, bytes, out);
    return true;
}

bool jwt_issue(struct jwt *j, const char *subject, int64_t now_s,
               int64_t expires_s, char out[JWT_MAX_BYTES])
{
    char claims[CLAIMS_BYTES];
    int bytes =
        snprintf(claims, sizeof claims,
                 "{\"sub\":\"%s\",\"iat\":%" PRId64 ",\"exp\":%" PRId64 "}",
                 subject, now_s, expires_s);
    if (bytes < 0 || (size_t)bytes >= sizeof claims)
        return false;

    memcpy(out, HEADER, HEADER_CHARS);
    base64url_encode(claims, (size_t)bytes, out + HEADER_CHARS);
    size_t chars = HEADER_CHARS + BASE64URL_CHARS((size_t)bytes);
    out[chars] = '.';
    return sign(j, out, chars, out + chars + 1);
}

static bool signature_holds(struct jwt *j, const char *token, const char *dot)
{
    char expected[DIGEST_CHARS + 1];

    return strlen(dot + 1) == DIGEST_CHARS &&
           sign(j, token, (size_t)(dot - token), expected) &&
           CRYPTO_memcmp(expected, dot + 1, DIGEST_CHARS) == 0;
}

static bool read_claims(const char *text, size_t chars, int64_t now_s,
                        char subject[JWT_SUBJECT_BYTES])
{
    char claims[CLAIMS_BYTES];
    size_t bytes = 0;
    if (!base64url_decode(text, chars, claims, sizeof claims, &bytes))
        return false;

    json_t *root = json_loadb(claims, bytes, 0, NULL);
    const char *sub = json_string_value(json_object_get(root, "sub"));
    int64_t exp = json_integer_value(json_object_get(root, "exp"));
    bool ok = sub && strlen(sub) < JWT_SUBJECT_BYTES && exp > now_s;
    if (ok)
        memcpy(subject, sub, strlen(sub) + 1);
    json_decref(root);
    return ok;
}

bool jwt_verify(struct jwt *j, const char *token, int64_t now_s,
                char subject[JWT_SUBJECT_BYTES])
{
    if (strlen(token) >= JWT_MAX_BYTES ||
        strncmp(token, HEADER, HEADER_CHARS) != 0)
        return false;

    const char *claims = token + HEADER_CHARS;
    const char *dot = strchr(claims, '.');
    return dot && signature_holds(j, token, dot) &&
           read_claims(claims, (size_t)(dot - claims), now_s, subject);
}
