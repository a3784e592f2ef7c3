#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "unit.h"

static void add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    assert_int_equal(1, X509_add_ext(x, e, -1));
    X509_EXTENSION_free(e);
}

X509 *certificate_make(EVP_PKEY *key, const char *subject, long valid_from_s,
                       long valid_to_s)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), valid_from_s);
    X509_gmtime_adj(X509_getm_notAfter(x), valid_to_s);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *)subject, -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    add_extension(x, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

SSL_CTX *certificate_context(X509 *certificate, EVP_PKEY *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    assert_non_null(context);
    assert_int_equal(1, SSL_CTX_use_certificate(context, certificate));
    assert_int_equal(1, SSL_CTX_use_PrivateKey(context, key));
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"t", 1);
    return context;
}
