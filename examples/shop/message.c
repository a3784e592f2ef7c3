#include "message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"

static const char JSON_TYPE[] = "application/json";
static char OUT_OF_MEMORY[] = "{\"error\":\"out of memory\"}";

static void set_owned(struct reply *r, unsigned status, char *body)
{
    *r = (struct reply){
        .status = body ? status : 500,
        .body = body ? body : OUT_OF_MEMORY,
        .body_is_owned = body != NULL,
        .content_type = JSON_TYPE,
    };
    r->body_bytes = strlen(r->body);
}

void reply_error(struct reply *r, unsigned status, const char *text)
{
    size_t room = strlen(text) + sizeof "{\"error\":\"\"}";
    char *body = malloc(room);
    if (body)
        snprintf(body, room, "{\"error\":\"%s\"}", text);
    set_owned(r, status, body);
}

void reply_json(struct reply *r, unsigned status, json_t *value)
{
    char *body = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(12));
    json_decref(value);
    set_owned(r, status, body);
}

void reply_text(struct reply *r, unsigned status, const struct text *text)
{
    *r = (struct reply){
        .status = status,
        .body = text->chars,
        .body_bytes = text->bytes,
        .content_type = JSON_TYPE,
    };
}

void reply_free(struct reply *r)
{
    if (r->body_is_owned)
        free(r->body);
    r->body = NULL;
}

bool parse_number(const char *text, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits] != '\0')
        return false;
    *out = strtoull(text, NULL, 10);
    return true;
}
