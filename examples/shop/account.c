#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "message.h"
#include "shop.h"

#define EMAIL_MAX_BYTES 254

/* Something before one @, and a dot inside what follows it; no blanks. */
static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    if (!at || at == text || strchr(at + 1, '@'))
        return false;

    const char *dot = strrchr(at, '.');
    if (!dot || dot == at + 1 || dot[1] == '\0')
        return false;
    for (const char *c = text; *c; c++) {
        if (isspace((unsigned char)*c) || iscntrl((unsigned char)*c))
            return false;
    }
    return strlen(text) <= EMAIL_MAX_BYTES;
}

/* Users are not stored: an address is a user, its hash the user's id. */
static bool user_of(const char *email, uint64_t *user)
{
    char lower[EMAIL_MAX_BYTES + 1];
    size_t bytes = strlen(email);
    for (size_t i = 0; i < bytes; i++)
        lower[i] = (char)tolower((unsigned char)email[i]);

    unsigned char digest[EVP_MAX_MD_SIZE];
    if (EVP_Digest(lower, bytes, digest, NULL, EVP_sha256(), NULL) != 1)
        return false;
    *user = 0;
    for (size_t i = 0; i < sizeof *user; i++)
        *user = (*user << 8) | digest[i];
    return true;
}

void user_id_format(uint64_t user, char out[USER_ID_BYTES])
{
    snprintf(out, USER_ID_BYTES, "u%016" PRIx64, user);
}

static void reply_token(struct shop *s, const struct request *q,
                        struct reply *r, const char *email)
{
    uint64_t user = 0;
    char id[USER_ID_BYTES];
    char token[JWT_MAX_BYTES];

    bool ok = user_of(email, &user);
    user_id_format(user, id);
    if (ok &&
        jwt_issue(&s->jwt, id, q->now_s, q->now_s + s->token_ttl_s, token))
        reply_json(r, 200,
                   json_pack("{s:s, s:s}", "token", token, "userId", id));
    else
        reply_error(r, 500, "cannot issue a token");
}

void shop_login(struct shop *s, const struct request *q, struct reply *r)
{
    json_t *body = json_loadb(q->body ? q->body : "", q->body_bytes, 0, NULL);
    const char *email = json_string_value(json_object_get(body, "email"));
    const json_t *password = json_object_get(body, "password");

    if (!json_is_object(body))
        reply_error(r, 400, "the body must be a JSON object");
    else if (!email || !is_email(email))
        reply_error(r, 400, "email must be an e-mail address");
    else if (password && !json_is_string(password))
        reply_error(r, 400, "password must be a string");
    else
        reply_token(s, q, r, email);
    json_decref(body);
}

bool shop_authenticate(struct shop *s, const struct request *q, struct reply *r,
                       uint64_t *user)
{
    char subject[JWT_SUBJECT_BYTES];

    if (q->authorization && strncasecmp(q->authorization, "Bearer ", 7) == 0 &&
        jwt_verify(&s->jwt, q->authorization + 7, q->now_s, subject)) {
        *user = strtoull(subject + 1, NULL, 16);
        return true;
    }
    reply_error(r, 401, "a valid bearer token is required");
    r->header = "WWW-Authenticate";
    r->header_value = "Bearer";
    return false;
}
