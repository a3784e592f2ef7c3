/* fuzz_cookies — whatever a server may say in Set-Cookie and Location.
 *
 * Lines of text: cookies; references behind '>', which lead to the next
 * address;
 * '!' marks the jar, '<' goes back. Whatever is kept must fit into a header and
 * into the limits; wherever a redirect leads must be an address. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "engine/cookies.h"
#include "engine/redirect.h"
#include "engine/set_cookie.h"

static const int64_t NOW_MS = INT64_C(1700000000000);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void check_jar(struct cookies *jar, const char *url)
{
    struct cookie_place to;
    const struct cookie *const *list;
    must(cookies_for(jar, NULL, NOW_MS, &list) <= COOKIES_MAX, "too many");
    if (!cookie_place_of(&to, url))
        return;
    struct buffer text = {0};
    size_t count = cookies_for(jar, &to, NOW_MS, &list);
    for (size_t i = 0; i < count; i++) {
        const struct cookie *c = list[i];
        must(c->name_length + c->value_length <= COOKIE_MAX_BYTES, "too long");
        must(cookie_value_is_valid(c->value, c->value_length), "a value");
        must(c->name_length && !strpbrk(c->name, ";=\r\n"), "a name");
        cookie_text_add(&text, c->name, c->name_length, c->value,
                        c->value_length);
    }
    for (size_t i = 0; i < count; i++)
        cookie_text_remove(&text, list[i]->name, list[i]->name_length);
    must(text.size == 0, "something is left of the text");
    buffer_fini(&text);
}

static void follow(struct buffer *url, const char *line, size_t length)
{
    struct buffer next = {0};
    struct cookie_place place;
    if (redirect_locate(&next, buffer_text(url), line, length)) {
        struct url_parts parts;
        struct url_origin origin;
        url_split(&parts, next.data, next.size);
        must(url_origin_of(&origin, &parts), "no address");
        must(!strpbrk(next.data, " \t\r\n"), "no address to send");
        if (cookie_place_of(&place, next.data)) {
            buffer_clear(url);
            buffer_add(url, next.data, next.size);
        }
    }
    buffer_fini(&next);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    struct cookies *jar = cookies_new();
    struct buffer url = {0};
    buffer_add_text(&url, "http://www.shop.test/a/b?c");
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        struct cookie_place from;
        struct set_cookie c;
        if (*at == '>')
            follow(&url, at + 1, (size_t)(stop - at - 1));
        else if (*at == '!')
            cookies_mark(jar);
        else if (*at == '<')
            cookies_rewind(jar);
        else if (set_cookie_parse(&c, at, (size_t)(stop - at), NOW_MS) &&
                 cookie_place_of(&from, buffer_text(&url)))
            cookies_receive(jar, &from, &c, NOW_MS);
        at = stop < end ? stop + 1 : end;
    }
    check_jar(jar, buffer_text(&url));
    buffer_fini(&url);
    cookies_free(jar);
    return 0;
}
