#include "engine/fetch_cookies.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "engine/answer_headers.h"
#include "engine/cookies.h"
#include "engine/fetch.h"
#include "engine/plan.h"
#include "engine/set_cookie.h"
#include "engine/trail.h"
#include "engine/vu.h"
#include "engine/worker.h"

void fetch_take_cookies(struct fetch *f, const char *at, const char *end)
{
    struct vu *vu = f->vu;
    struct cookie_place from;
    struct set_cookie c;
    int64_t now_ms = clock_wall_ms();
    if (worker_plan(vu->worker)->cookies == COOKIES_NONE ||
        !cookie_place_of(&from, f->request.url))
        return;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length;
        if (!stop)
            stop = end;
        const char *value =
            ANSWER_HEADER_VALUE(at, stop, "Set-Cookie", &length);
        if (value && set_cookie_parse(&c, value, length, now_ms)) {
            if (!vu->cookies)
                vu->cookies = cookies_new();
            cookies_receive(vu->cookies, &from, &c, now_ms);
            if (f->cookies)
                cookie_text_remove(f->cookies, c.name.at, c.name.length);
        }
        at = stop + (stop < end);
    }
}

/* Those of the user that go there, but for names the request has itself. */
static void add_cookies_of_user(struct fetch *f, struct buffer *text)
{
    struct cookie_place to;
    const struct cookie *const *list;
    if (!f->vu->cookies || !cookie_place_of(&to, f->request.url))
        return;
    size_t count = cookies_for(f->vu->cookies, &to, clock_wall_ms(), &list);
    for (size_t i = 0; i < count; i++)
        if (!f->cookies ||
            !cookie_text_has(f->cookies, list[i]->name, list[i]->name_length))
            cookie_text_add(text, list[i]->name, list[i]->name_length,
                            list[i]->value, list[i]->value_length);
}

static bool has_cookie_line(const char *lines)
{
    const char *at = lines;
    while (at && *at) {
        if (strncasecmp(at, "Cookie:", 7) == 0)
            return true;
        at = strchr(at, '\n');
        at += at != NULL;
    }
    return false;
}

/* A Cookie header of the script stands for itself. */
void fetch_carry_cookies(struct fetch *f)
{
    struct trail *t = trail_of(f);
    struct buffer *text = &t->cookies;
    buffer_clear(text);
    add_cookies_of_user(f, text);
    if (f->cookies && f->cookies->size) {
        if (text->size)
            buffer_add(text, "; ", 2);
        buffer_add(text, f->cookies->data, f->cookies->size);
    }
    if (!text->size || has_cookie_line(f->request.headers))
        return;
    buffer_clear(&t->sent);
    if (f->request.headers)
        buffer_add_text(&t->sent, f->request.headers);
    buffer_add_text(&t->sent, "Cookie: ");
    buffer_add(&t->sent, text->data, text->size);
    buffer_add(&t->sent, "\r\n", 2);
    f->request.headers = buffer_text(&t->sent);
}
