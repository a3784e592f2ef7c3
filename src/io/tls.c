#include "io/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "base/error.h"
#include "io/tls_settings.h"

struct tls {
    SSL_CTX *context;   /* owned */
    BIO_METHOD *method; /* owned: reads and writes our sockets */
    bool insecure;
};

struct tls_session {
    SSL *ssl; /* owned */
    int fd;   /* borrowed */
    bool is_shaken;
    bool is_broken;
    int error; /* errno of the socket, 0 if it has none */
    struct tls_ticket **ticket;
    char problem[200];
};

/* An SSL_SESSION, whose type stays in this file. */
static SSL_SESSION *session_of(struct tls_ticket *t)
{
    return (SSL_SESSION *)t;
}

/* --------------------------------------------------------------- the socket */

static int retry_later(BIO *bio, struct tls_session *s, int flag)
{
    if (errno == EAGAIN || errno == EINTR)
        BIO_set_flags(bio, flag | BIO_FLAGS_SHOULD_RETRY);
    else
        s->error = errno;
    return -1;
}

static int socket_write(BIO *bio, const char *bytes, int size)
{
    struct tls_session *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = send(s->fd, bytes, (size_t)size, MSG_NOSIGNAL);
    return n >= 0 ? (int)n : retry_later(bio, s, BIO_FLAGS_WRITE);
}

static int socket_read(BIO *bio, char *into, int size)
{
    struct tls_session *s = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t n = recv(s->fd, into, (size_t)size, 0);
    if (n == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return n >= 0 ? (int)n : retry_later(bio, s, BIO_FLAGS_READ);
}

static long socket_control(BIO *bio, int command, long number, void *arg)
{
    (void)number, (void)arg;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

/* -------------------------------------------------------------- the context */

static int on_new_ticket(SSL *ssl, SSL_SESSION *session)
{
    struct tls_session *s = SSL_get_app_data(ssl);
    if (!s->ticket)
        return 0;
    tls_ticket_free(*s->ticket);
    *s->ticket = (struct tls_ticket *)session;
    return 1; /* it is ours now */
}

static bool set_up(struct tls *t, const struct tls_settings *settings)
{
    static const unsigned char alpn[] = "\x08http/1.1";
    SSL_CTX *c = t->context;
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS |
                            SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c, 1); /* one recv for a record */
    SSL_CTX_set_verify(c, t->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
                       NULL);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_CLIENT |
                                          SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(c, on_new_ticket);
    return SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_alpn_protos(c, alpn, sizeof alpn - 1) == 0 &&
           (t->insecure || SSL_CTX_set_default_verify_paths(c) == 1) &&
           (!settings || tls_settings_apply(settings, c, false)) &&
           BIO_meth_set_write(t->method, socket_write) == 1 &&
           BIO_meth_set_read(t->method, socket_read) == 1 &&
           BIO_meth_set_ctrl(t->method, socket_control) == 1;
}

struct tls *tls_open(bool insecure, const struct tls_settings *settings,
                     struct error *err)
{
    struct tls *t = xcalloc(1, sizeof *t);
    t->insecure = insecure;
    t->context = SSL_CTX_new(TLS_client_method());
    t->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "io");
    if (t->context && t->method && set_up(t, settings))
        return t;
    char reason[160];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    error_set(err, "OpenSSL: %s", reason);
    tls_close(t);
    return NULL;
}

void tls_close(struct tls *t)
{
    SSL_CTX_free(t->context);
    BIO_meth_free(t->method);
    free(t);
}

void tls_ticket_free(struct tls_ticket *t)
{
    SSL_SESSION_free(session_of(t));
}

/* ----------------------------------------------------------------- sessions */

static void expect_host(SSL *ssl, const char *host, bool is_address)
{
    if (is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
        return;
    }
    SSL_set_tlsext_host_name(ssl, host);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host);
}

struct tls_session *tls_session_open(struct tls *t, int fd, const char *host,
                                     bool host_is_address,
                                     struct tls_ticket **ticket)
{
    struct tls_session *s = xcalloc(1, sizeof *s);
    BIO *bio = BIO_new(t->method);
    s->fd = fd;
    s->ticket = ticket;
    s->ssl = SSL_new(t->context);
    if (!s->ssl || !bio)
        abort();
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    SSL_set_app_data(s->ssl, s);
    SSL_set_connect_state(s->ssl);
    expect_host(s->ssl, host, host_is_address);
    if (ticket && *ticket)
        SSL_set_session(s->ssl, session_of(*ticket));
    return s;
}

/* Says goodbye where that is still possible; does not wait for an answer. */
void tls_session_close(struct tls_session *s)
{
    if (s->is_shaken && !s->is_broken) {
        s->ticket = NULL;
        ERR_clear_error();
        SSL_shutdown(s->ssl);
        ERR_clear_error();
    }
    SSL_free(s->ssl);
    free(s);
}

static void describe(struct tls_session *s)
{
    long verdict = SSL_get_verify_result(s->ssl);
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (verdict != X509_V_OK && !s->is_shaken)
        reason = X509_verify_cert_error_string(verdict);
    snprintf(s->problem, sizeof s->problem, "TLS: %s",
             reason ? reason : "the handshake failed");
}

static bool is_sudden_end(void)
{
    return ERR_GET_REASON(ERR_peek_error()) ==
           SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

/* What a call that returned `status` <= 0 means. */
static enum wire_status judge(struct tls_session *s, int status)
{
    switch (SSL_get_error(s->ssl, status)) {
    case SSL_ERROR_WANT_READ:
        return WIRE_WANT_READ;
    case SSL_ERROR_WANT_WRITE:
        return WIRE_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN:
        return WIRE_END;
    default:
        s->is_broken = true;
        describe(s);
        errno = s->error;
        return !s->error && is_sudden_end() ? WIRE_END : WIRE_FAILED;
    }
}

enum wire_status tls_shake_hands(struct tls_session *s)
{
    ERR_clear_error();
    int status = SSL_do_handshake(s->ssl);
    if (status != 1)
        return judge(s, status);
    s->is_shaken = true;
    return WIRE_OK;
}

enum wire_status tls_send(struct tls_session *s, const void *bytes, size_t size,
                          size_t *sent)
{
    ERR_clear_error();
    int status = SSL_write_ex(s->ssl, bytes, size, sent);
    return status == 1 ? WIRE_OK : judge(s, status);
}

enum wire_status tls_receive(struct tls_session *s, void *into, size_t size,
                             size_t *received)
{
    ERR_clear_error();
    int status = SSL_read_ex(s->ssl, into, size, received);
    return status == 1 ? WIRE_OK : judge(s, status);
}

bool tls_has_pending(const struct tls_session *s)
{
    return SSL_has_pending(s->ssl) == 1;
}

bool tls_ended_well(const struct tls_session *s)
{
    return !s->is_broken;
}

const char *tls_problem(const struct tls_session *s)
{
    return s->problem;
}
