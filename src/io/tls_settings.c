#include "io/tls_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"

struct tls_settings {
    SSL_CTX *example; /* owned: has certificate, chain, key and authorities */
    bool has_ca;
    bool has_certificate;
    int min_version; /* OpenSSL's numbers; 0: any */
    int max_version;
    struct buffer ciphers; /* of TLS 1.2; "" for the usual ones */
    struct buffer suites;  /* of TLS 1.3 */
};

/* -------------------------------------------------------------------- files */

static bool cannot(struct error *err, const char *path, const char *why)
{
    ERR_clear_error();
    return error_set(err, "%s: %s", path, why);
}

/* NULL: `err` says why. */
static BIO *open_file(const char *path, struct error *err)
{
    BIO *bio = BIO_new_file(path, "r");
    if (!bio)
        error_set(err, "%s: cannot read: %s", path, strerror(errno));
    ERR_clear_error();
    return bio;
}

static bool can_open(const char *path, struct error *err)
{
    BIO *bio = open_file(path, err);
    BIO_free(bio);
    return bio != NULL;
}

static bool read_authorities(SSL_CTX *c, const char *path, struct error *err)
{
    return can_open(path, err) &&
           (SSL_CTX_load_verify_file(c, path) == 1 ||
            cannot(err, path, "holds no certificate in PEM form"));
}

static bool read_certificate(SSL_CTX *c, const char *path, struct error *err)
{
    return can_open(path, err) &&
           (SSL_CTX_use_certificate_chain_file(c, path) == 1 ||
            cannot(err, path, "holds no certificate in PEM form"));
}

struct password {
    const char *text; /* NULL if there is none */
    bool was_asked;
};

/* See pem_password_cb(3). */
static int give_password(char *into, int size, int is_writing, void *arg)
{
    struct password *p = arg;
    (void)is_writing;
    p->was_asked = true;
    size_t length = p->text ? strlen(p->text) : 0;
    if (!length || length > (size_t)size)
        return -1;
    memcpy(into, p->text, length);
    return (int)length;
}

static EVP_PKEY *read_key(const char *path, const char *password,
                          struct error *err)
{
    struct password p = {.text = password};
    BIO *bio = open_file(path, err);
    if (!bio)
        return NULL;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, give_password, &p);
    BIO_free(bio);
    if (!key)
        cannot(err, path,
               !p.was_asked ? "holds no private key in PEM form"
               : password   ? "key_password does not open it"
                            : "is encrypted; give its key_password");
    return key;
}

static bool use_key(SSL_CTX *c, const struct http_tls *from, struct error *err)
{
    const char *path = from->key ? from->key : from->cert;
    EVP_PKEY *key = read_key(path, from->key_password, err);
    if (!key)
        return false;
    bool fits = X509_check_private_key(SSL_CTX_get0_certificate(c), key) == 1 &&
                SSL_CTX_use_PrivateKey(c, key) == 1;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return fits || error_set(err, "%s: is not the key of the certificate %s",
                             path, from->cert);
}

/* ------------------------------------------------------------------ ciphers */

/* Names that begin with TLS_ are suites of TLS 1.3; each version keeps its
 * usual ones when none is named. */
static void split_ciphers(struct tls_settings *s, const char *at)
{
    while (*at) {
        size_t length = strcspn(at, ":, ");
        struct buffer *list =
            strncmp(at, "TLS_", 4) == 0 ? &s->suites : &s->ciphers;
        if (length && list->size)
            buffer_add_char(list, ':');
        buffer_add(list, at, length);
        at += length + (at[length] != '\0');
    }
    buffer_text(&s->suites);
    buffer_text(&s->ciphers);
}

static bool use_ciphers(const struct tls_settings *s, SSL_CTX *c)
{
    return (!s->ciphers.size ||
            SSL_CTX_set_cipher_list(c, s->ciphers.data) == 1) &&
           (!s->suites.size ||
            SSL_CTX_set_ciphersuites(c, s->suites.data) == 1);
}

/* ----------------------------------------------------------------- settings */

static int number_of(enum http_tls_version version)
{
    static const int numbers[] = {[HTTP_TLS_ANY] = 0,
                                  [HTTP_TLS_1_2] = TLS1_2_VERSION,
                                  [HTTP_TLS_1_3] = TLS1_3_VERSION};
    return numbers[version];
}

static bool read_all(struct tls_settings *s, const struct http_tls *from,
                     struct error *err)
{
    s->min_version = number_of(from->min_version);
    s->max_version = number_of(from->max_version);
    s->has_ca = from->ca != NULL;
    s->has_certificate = from->cert != NULL;
    if (from->ciphers)
        split_ciphers(s, from->ciphers);
    if (from->ca && !read_authorities(s->example, from->ca, err))
        return error_wrap(err, "ca");
    if (from->cert && !read_certificate(s->example, from->cert, err))
        return error_wrap(err, "cert");
    if (from->cert && !use_key(s->example, from, err))
        return error_wrap(err, from->key ? "key" : "cert");
    if (!use_ciphers(s, s->example)) {
        ERR_clear_error();
        return error_set(err, "ciphers: none is known in \"%s\"",
                         from->ciphers);
    }
    return true;
}

struct tls_settings *tls_settings_open(const struct http_tls *from,
                                       struct error *err)
{
    struct tls_settings *s = xcalloc(1, sizeof *s);
    s->example = SSL_CTX_new(TLS_client_method());
    if (!s->example)
        abort();
    if (read_all(s, from, err))
        return s;
    tls_settings_close(s);
    return NULL;
}

void tls_settings_close(struct tls_settings *s)
{
    if (!s)
        return;
    SSL_CTX_free(s->example);
    buffer_fini(&s->ciphers);
    buffer_fini(&s->suites);
    free(s);
}

static bool use_certificate(const struct tls_settings *s, SSL_CTX *c)
{
    STACK_OF(X509) *chain = NULL;
    return SSL_CTX_get0_chain_certs(s->example, &chain) == 1 &&
           SSL_CTX_use_cert_and_key(c, SSL_CTX_get0_certificate(s->example),
                                    SSL_CTX_get0_privatekey(s->example), chain,
                                    1) == 1;
}

bool tls_settings_apply(const struct tls_settings *s, SSL_CTX *c,
                        bool own_store)
{
    if (s->has_ca && !own_store)
        SSL_CTX_set1_cert_store(c, SSL_CTX_get_cert_store(s->example));
    return (!s->min_version ||
            SSL_CTX_set_min_proto_version(c, s->min_version) == 1) &&
           (!s->max_version ||
            SSL_CTX_set_max_proto_version(c, s->max_version) == 1) &&
           use_ciphers(s, c) && (!s->has_certificate || use_certificate(s, c));
}

void http_tls_fini(struct http_tls *tls)
{
    free(tls->ca);
    free(tls->cert);
    free(tls->key);
    free(tls->key_password);
    free(tls->ciphers);
    *tls = (struct http_tls){0};
}

bool http_tls_check(const struct http_tls *tls, struct error *err)
{
    struct tls_settings *s = tls_settings_open(tls, err);
    tls_settings_close(s);
    return s != NULL;
}
