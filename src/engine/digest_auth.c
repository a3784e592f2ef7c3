#include "engine/digest_auth.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/url.h"

/* ---------------------------------------------------------------- challenges
 */

struct reader {
    const char *at;
    const char *end;
};

static bool is_token_char(char c)
{
    return c > ' ' && c != '\x7f' && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static void skip(struct reader *r, const char *chars)
{
    while (r->at < r->end && *r->at && strchr(chars, *r->at))
        r->at++;
}

static struct digest_text read_token(struct reader *r)
{
    struct digest_text t = {r->at, 0};
    while (r->at < r->end && is_token_char(*r->at))
        r->at++;
    t.length = (size_t)(r->at - t.at);
    return t;
}

static struct digest_text read_value(struct reader *r)
{
    if (r->at == r->end || *r->at != '"')
        return read_token(r);
    struct digest_text t = {++r->at, 0};
    while (r->at < r->end && *r->at != '"')
        r->at += *r->at == '\\' && r->at + 1 < r->end ? 2 : 1;
    t.length = (size_t)(r->at - t.at);
    r->at += r->at < r->end;
    return t;
}

static bool is_text(struct digest_text t, const char *word)
{
    return t.at && t.length == strlen(word) &&
           strncasecmp(t.at, word, t.length) == 0;
}

/* What goes back into a header line. */
static bool is_clean(struct digest_text t)
{
    for (size_t i = 0; i < t.length; i++)
        if ((unsigned char)t.at[i] < ' ' || t.at[i] == '\x7f')
            return false;
    return true;
}

static void take_field(struct digest_challenge *c, struct digest_text name,
                       struct digest_text value)
{
    const struct {
        const char *name;
        struct digest_text *text;
    } fields[] = {{"realm", &c->realm},   {"nonce", &c->nonce},
                  {"opaque", &c->opaque}, {"algorithm", &c->algorithm},
                  {"qop", &c->qop},       {"userhash", &c->userhash}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (is_text(name, fields[i].name))
            *fields[i].text = value;
}

static bool offers_auth(struct digest_text list)
{
    struct reader r = {list.at, list.at + list.length};
    while (r.at < r.end) {
        skip(&r, " \t,");
        struct digest_text word = read_token(&r);
        if (is_text(word, "auth"))
            return true;
        r.at += !word.length && r.at < r.end;
    }
    return false;
}

/* Finds out what it wants; false if we cannot give it. */
static bool understand(struct digest_challenge *c)
{
    static const struct {
        const char *name;
        enum crypto_algorithm hash;
        bool is_session;
    } known[] = {{"MD5", CRYPTO_MD5, false},
                 {"MD5-sess", CRYPTO_MD5, true},
                 {"SHA-256", CRYPTO_SHA256, false},
                 {"SHA-256-sess", CRYPTO_SHA256, true}};
    size_t i = 0, count = sizeof known / sizeof *known;
    while (c->algorithm.at && i < count &&
           !is_text(c->algorithm, known[i].name))
        i++;
    if (i == count || !c->realm.at || !c->nonce.at || !is_clean(c->realm) ||
        !is_clean(c->nonce) || !is_clean(c->opaque))
        return false;
    c->hash = known[i].hash;
    c->is_session = known[i].is_session;
    c->has_auth = c->qop.at && offers_auth(c->qop);
    return c->has_auth || !c->qop.at;
}

/* The fields up to the next scheme, if there is one. */
static bool read_challenge(struct reader *r, struct digest_challenge *c)
{
    *c = (struct digest_challenge){0};
    for (;;) {
        skip(r, " \t,");
        const char *before = r->at;
        struct digest_text name = read_token(r);
        skip(r, " \t");
        if (!name.length || r->at == r->end || *r->at != '=') {
            r->at = name.length ? before : r->at;
            return understand(c);
        }
        r->at++;
        skip(r, " \t");
        take_field(c, name, read_value(r));
    }
}

static bool is_better(const struct digest_challenge *a,
                      const struct digest_challenge *b, bool found)
{
    return !found || (a->hash == CRYPTO_SHA256 && b->hash == CRYPTO_MD5);
}

/* A list of challenges of any scheme, some of them ours. */
static bool read_value_line(struct reader r, struct digest_challenge *best,
                            bool found)
{
    while (r.at < r.end) {
        struct digest_challenge c;
        skip(&r, " \t,\r");
        struct digest_text scheme = read_token(&r);
        if (!scheme.length) {
            r.at += r.at < r.end;
        } else if (is_text(scheme, "Digest") && read_challenge(&r, &c) &&
                   is_better(&c, best, found)) {
            *best = c;
            found = true;
        } else if (r.at < r.end && *r.at == '=') { /* a field of another */
            r.at++;
            skip(&r, " \t");
            read_value(&r);
        }
    }
    return found;
}

bool digest_auth_find(struct digest_challenge *c, const char *headers,
                      size_t size)
{
    static const char name[] = "WWW-Authenticate:";
    const char *at = headers, *end = headers + size;
    bool found = false;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        if ((size_t)(stop - at) > sizeof name - 1 &&
            strncasecmp(at, name, sizeof name - 1) == 0)
            found = read_value_line((struct reader){at + sizeof name - 1, stop},
                                    c, found);
        at = stop + 1;
    }
    return found;
}

/* ------------------------------------------------------------------- answers
 */

enum { HEX_BYTES = 2 * CRYPTO_DIGEST_MAX + 1 };

struct answerer {
    struct crypto *crypto;
    const struct digest_challenge *challenge;
    struct buffer text; /* what is hashed */
};

static void add_unquoted(struct buffer *out, struct digest_text t)
{
    for (size_t i = 0; i < t.length; i++) {
        i += t.at[i] == '\\' && i + 1 < t.length;
        buffer_add_char(out, t.at[i]);
    }
}

/* The hash of what is in `text`, in hex; empties it. */
static void hash(struct answerer *a, char hex[HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[CRYPTO_DIGEST_MAX];
    size_t size = crypto_digest(a->crypto, a->challenge->hash,
                                buffer_text(&a->text), a->text.size, bytes);
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * size] = '\0';
    buffer_clear(&a->text);
}

static void hash_texts(struct answerer *a, char hex[HEX_BYTES],
                       const char *first, const char *second)
{
    buffer_add_text(&a->text, first);
    buffer_add_char(&a->text, ':');
    buffer_add_text(&a->text, second);
    hash(a, hex);
}

static void hash_secret(struct answerer *a, const struct digest_request *r,
                        size_t user_bytes, char hex[HEX_BYTES])
{
    const struct digest_challenge *c = a->challenge;
    buffer_add(&a->text, r->credentials, user_bytes + 1);
    add_unquoted(&a->text, c->realm);
    buffer_add_text(&a->text, r->credentials + user_bytes);
    hash(a, hex);
    if (!c->is_session)
        return;
    buffer_add_text(&a->text, hex);
    buffer_add_char(&a->text, ':');
    add_unquoted(&a->text, c->nonce);
    buffer_add_char(&a->text, ':');
    buffer_add_text(&a->text, r->cnonce);
    hash(a, hex);
}

static void hash_response(struct answerer *a, const struct digest_request *r,
                          const char *secret, const char *what,
                          char hex[HEX_BYTES])
{
    const struct digest_challenge *c = a->challenge;
    buffer_add_text(&a->text, secret);
    buffer_add_char(&a->text, ':');
    add_unquoted(&a->text, c->nonce);
    if (c->has_auth)
        buffer_printf(&a->text, ":00000001:%s:auth", r->cnonce);
    buffer_add_char(&a->text, ':');
    buffer_add_text(&a->text, what);
    hash(a, hex);
}

/* The path and query of the URL, as it is sent. */
static void add_target(struct buffer *out, const char *url)
{
    const char *path = url_path(url);
    if (*path != '/')
        buffer_add_char(out, '/');
    buffer_add(out, path, strcspn(path, "#"));
}

static void add_escaped(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, text[i]);
    }
}

/* `text` is as it stands between quotes. */
static void add_field(struct buffer *out, const char *name,
                      struct digest_text text)
{
    if (!text.at)
        return;
    buffer_printf(out, ", %s=\"", name);
    buffer_add(out, text.at, text.length);
    buffer_add_char(out, '"');
}

static void add_user(struct answerer *a, struct buffer *out,
                     const struct digest_request *r, size_t user_bytes)
{
    char hex[HEX_BYTES];
    buffer_add_text(out, "Authorization: Digest username=\"");
    if (is_text(a->challenge->userhash, "true")) {
        buffer_add(&a->text, r->credentials, user_bytes + 1);
        add_unquoted(&a->text, a->challenge->realm);
        hash(a, hex);
        buffer_add_text(out, hex);
        buffer_add_text(out, "\", userhash=true");
    } else {
        add_escaped(out, r->credentials, user_bytes);
        buffer_add_char(out, '"');
    }
}

void digest_auth_answer(struct buffer *out, const struct digest_challenge *c,
                        const struct digest_request *r, struct crypto *crypto)
{
    struct answerer a = {.crypto = crypto, .challenge = c};
    char secret[HEX_BYTES], what[HEX_BYTES], response[HEX_BYTES];
    struct buffer target = {0};
    size_t user_bytes = strcspn(r->credentials, ":");
    add_target(&target, r->url);
    hash_secret(&a, r, user_bytes, secret);
    hash_texts(&a, what, r->method, buffer_text(&target));
    hash_response(&a, r, secret, what, response);
    add_user(&a, out, r, user_bytes);
    add_field(out, "realm", c->realm);
    add_field(out, "nonce", c->nonce);
    add_field(out, "uri", (struct digest_text){target.data, target.size});
    if (c->algorithm.at)
        buffer_printf(out, ", algorithm=%.*s", (int)c->algorithm.length,
                      c->algorithm.at);
    if (c->has_auth)
        buffer_add_text(out, ", qop=auth, nc=00000001");
    if (c->has_auth || c->is_session)
        buffer_printf(out, ", cnonce=\"%s\"", r->cnonce);
    buffer_printf(out, ", response=\"%s\"", response);
    add_field(out, "opaque", c->opaque);
    buffer_add_text(out, "\r\n");
    buffer_fini(&a.text);
    buffer_fini(&target);
}
