#include "engine/cookies.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "engine/set_cookie.h"
#include "io/public_suffix.h"

/* -------------------------------------------------------------------- places
 */

static bool to_lower(char *out, struct url_slice s)
{
    if (!s.length || s.length > COOKIE_HOST_MAX_BYTES)
        return false;
    for (size_t i = 0; i < s.length; i++)
        out[i] = (char)tolower((unsigned char)s.at[i]);
    out[s.length] = '\0';
    return true;
}

/* As in curl and browsers: Secure asks for nobody in between. */
static bool is_this_machine(const char *host)
{
    return strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
           strcmp(host, "::1") == 0;
}

bool cookie_place_of(struct cookie_place *p, const char *url)
{
    struct url_parts parts;
    struct url_origin origin;
    url_split(&parts, url, strlen(url));
    if (!url_origin_of(&origin, &parts) || !to_lower(p->host, origin.host))
        return false;
    p->is_address = origin.is_address;
    p->is_secure = origin.is_secure || is_this_machine(p->host);
    p->path = parts.path;
    return true;
}

/* 5.1.4: up to the last slash. */
static struct url_slice default_path(struct url_slice path)
{
    const char *slash = path.length ? memrchr(path.at, '/', path.length) : NULL;
    if (!slash || slash == path.at)
        return (struct url_slice){"/", 1};
    return (struct url_slice){path.at, (size_t)(slash - path.at)};
}

static bool path_matches(const struct cookie *c, struct url_slice path)
{
    if (!path.length)
        path = (struct url_slice){"/", 1};
    return path.length >= c->path_length &&
           memcmp(path.at, c->path, c->path_length) == 0 &&
           (path.length == c->path_length ||
            c->path[c->path_length - 1] == '/' ||
            path.at[c->path_length] == '/');
}

/* 5.1.3, for names in lower case. */
static bool domain_matches(const struct cookie_place *p, const char *domain)
{
    size_t host = strlen(p->host), length = strlen(domain);
    if (host == length)
        return strcmp(p->host, domain) == 0;
    return !p->is_address && host > length &&
           p->host[host - length - 1] == '.' &&
           strcmp(p->host + host - length, domain) == 0;
}

/* ------------------------------------------------------------------- cookies
 */

static const char *put_text(char **at, struct url_slice s)
{
    char *text = *at;
    memcpy(text, s.at, s.length);
    text[s.length] = '\0';
    *at += s.length + 1;
    return text;
}

static struct cookie *cookie_new(const struct cookie_wish *w)
{
    struct cookie *c = xmalloc(sizeof *c + w->domain.length + w->path.length +
                               w->name.length + w->value.length + 4);
    char *at = c->text;
    *c = (struct cookie){.refs = 1,
                         .is_host_only = w->is_host_only,
                         .is_secure = w->is_secure,
                         .expires_ms = w->expires_ms,
                         .path_length = w->path.length,
                         .name_length = w->name.length,
                         .value_length = w->value.length};
    c->domain = put_text(&at, w->domain);
    c->path = put_text(&at, w->path);
    c->name = put_text(&at, w->name);
    c->value = put_text(&at, w->value);
    return c;
}

static void cookie_unref(struct cookie *c)
{
    if (--c->refs == 0)
        free(c);
}

/* ---------------------------------------------------------------------- sets
 */

/* Sorted by domain, path and name, which together are one cookie. */
struct cookie_set {
    struct cookie **items; /* owned; each holds a reference */
    size_t count;
    size_t capacity;
};

static void set_empty(struct cookie_set *s)
{
    for (size_t i = 0; i < s->count; i++)
        cookie_unref(s->items[i]);
    s->count = 0;
}

static void set_reserve(struct cookie_set *s, size_t count)
{
    if (count <= s->capacity)
        return;
    while (s->capacity < count)
        s->capacity = s->capacity ? 2 * s->capacity : 4;
    s->items = xrealloc(s->items, s->capacity * sizeof *s->items);
}

static void set_copy(struct cookie_set *to, const struct cookie_set *from)
{
    set_empty(to);
    set_reserve(to, from->count);
    for (size_t i = 0; i < from->count; i++) {
        from->items[i]->refs++;
        to->items[i] = from->items[i];
    }
    to->count = from->count;
}

static void set_insert(struct cookie_set *s, size_t at, struct cookie *c)
{
    set_reserve(s, s->count + 1);
    memmove(s->items + at + 1, s->items + at,
            (s->count - at) * sizeof *s->items);
    s->items[at] = c;
    s->count++;
}

static void set_remove(struct cookie_set *s, size_t at)
{
    cookie_unref(s->items[at]);
    s->count--;
    memmove(s->items + at, s->items + at + 1,
            (s->count - at) * sizeof *s->items);
}

static int compare(const struct cookie *a, const struct cookie *b)
{
    int order = strcmp(a->domain, b->domain);
    if (!order)
        order = strcmp(a->path, b->path);
    return order ? order : strcmp(a->name, b->name);
}

/* Where the cookie is, or would be. */
static size_t set_place(const struct cookie_set *s, const struct cookie *c)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(s->items[middle], c) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where the cookies of a domain begin. */
static size_t set_domain(const struct cookie_set *s, const char *domain)
{
    const struct cookie first = {.domain = domain, .path = "", .name = ""};
    return set_place(s, &first);
}

static size_t domain_end(const struct cookie_set *s, size_t from)
{
    size_t end = from;
    while (end < s->count &&
           strcmp(s->items[end]->domain, s->items[from]->domain) == 0)
        end++;
    return end;
}

/* The first to go: one that expired, else the oldest. */
static size_t choose_victim(const struct cookie_set *s, size_t from, size_t to,
                            int64_t now_ms)
{
    size_t oldest = from;
    for (size_t i = from; i < to; i++) {
        if (s->items[i]->expires_ms <= now_ms)
            return i;
        if (s->items[i]->born < s->items[oldest]->born)
            oldest = i;
    }
    return oldest;
}

/* ----------------------------------------------------------------------- jar
 */

struct cookies {
    struct cookie_set now;
    struct cookie_set marked;
    bool has_changed; /* since the mark */
    uint64_t births;
    const struct cookie **matches; /* owned: of the last cookies_for */
    size_t match_capacity;
};

struct cookies *cookies_new(void)
{
    return xcalloc(1, sizeof(struct cookies));
}

void cookies_free(struct cookies *jar)
{
    if (!jar)
        return;
    set_empty(&jar->now);
    set_empty(&jar->marked);
    free(jar->now.items);
    free(jar->marked.items);
    free(jar->matches);
    free(jar);
}

void cookies_mark(struct cookies *jar)
{
    set_copy(&jar->marked, &jar->now);
    jar->has_changed = false;
}

void cookies_rewind(struct cookies *jar)
{
    if (jar->has_changed)
        set_copy(&jar->now, &jar->marked);
    jar->has_changed = false;
}

static void make_room(struct cookies *jar, const char *domain, int64_t now_ms)
{
    struct cookie_set *s = &jar->now;
    size_t from = set_domain(s, domain), to = from;
    if (from < s->count && strcmp(s->items[from]->domain, domain) == 0)
        to = domain_end(s, from);
    if (to - from >= COOKIES_PER_DOMAIN_MAX)
        set_remove(s, choose_victim(s, from, to, now_ms));
    else if (s->count >= COOKIES_MAX)
        set_remove(s, choose_victim(s, 0, s->count, now_ms));
}

static void put(struct cookies *jar, const struct cookie_wish *w,
                int64_t now_ms)
{
    struct cookie_set *s = &jar->now;
    struct cookie *c = cookie_new(w);
    size_t at = set_place(s, c);
    bool is_known = at < s->count && compare(s->items[at], c) == 0;
    bool is_gone = w->expires_ms <= now_ms;
    c->born = is_known ? s->items[at]->born : ++jar->births;
    if (is_known)
        set_remove(s, at);
    jar->has_changed |= is_known || !is_gone;
    if (is_gone) {
        cookie_unref(c);
        return;
    }
    make_room(jar, c->domain, now_ms);
    set_insert(s, set_place(s, c), c);
}

/* 5.3, steps 4 to 6. `domain` has room for any name. */
static bool choose_domain(const struct cookie_place *from,
                          const struct set_cookie *c, char *domain,
                          bool *is_host_only)
{
    memcpy(domain, from->host, sizeof from->host);
    *is_host_only = !c->domain.length;
    if (*is_host_only)
        return true;
    if (!to_lower(domain, c->domain) || !domain_matches(from, domain))
        return false;
    if (!from->is_address && public_suffix_is(domain)) {
        *is_host_only = true;
        return strcmp(domain, from->host) == 0;
    }
    return true;
}

void cookies_receive(struct cookies *jar, const struct cookie_place *from,
                     const struct set_cookie *c, int64_t now_ms)
{
    char domain[COOKIE_HOST_MAX_BYTES + 1];
    struct cookie_wish w = {.path = c->path.length ? c->path
                                                   : default_path(from->path),
                            .name = c->name,
                            .value = c->value,
                            .is_secure = c->is_secure,
                            .expires_ms = c->expires_ms};
    if (w.path.length > COOKIE_ATTRIBUTE_MAX_BYTES ||
        !choose_domain(from, c, domain, &w.is_host_only))
        return;
    w.domain = (struct url_slice){domain, strlen(domain)};
    put(jar, &w, now_ms);
}

void cookies_put(struct cookies *jar, const struct cookie_wish *c,
                 int64_t now_ms)
{
    char domain[COOKIE_HOST_MAX_BYTES + 1];
    struct cookie_wish w = *c;
    if (!to_lower(domain, c->domain))
        return;
    w.domain.at = domain;
    put(jar, &w, now_ms);
}

void cookies_clear(struct cookies *jar, const char *name)
{
    struct cookie_set *s = &jar->now;
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (name && strcmp(s->items[i]->name, name) != 0)
            s->items[kept++] = s->items[i];
        else
            cookie_unref(s->items[i]);
    }
    jar->has_changed |= kept < s->count;
    s->count = kept;
}

/* ------------------------------------------------------------------- matches
 */

static void add_match(struct cookies *jar, size_t *count,
                      const struct cookie *c)
{
    if (*count == jar->match_capacity) {
        jar->match_capacity = *count ? 2 * *count : 8;
        jar->matches =
            xrealloc(jar->matches, jar->match_capacity * sizeof *jar->matches);
    }
    jar->matches[(*count)++] = c;
}

static void match_domain(struct cookies *jar, size_t *count,
                         const struct cookie_place *to, const char *domain,
                         int64_t now_ms)
{
    const struct cookie_set *s = &jar->now;
    for (size_t i = set_domain(s, domain);
         i < s->count && strcmp(s->items[i]->domain, domain) == 0; i++) {
        const struct cookie *c = s->items[i];
        if (c->expires_ms > now_ms &&
            (domain == to->host || !c->is_host_only) &&
            (to->is_secure || !c->is_secure) && path_matches(c, to->path))
            add_match(jar, count, c);
    }
}

/* Its own cookies and those of every name above it. */
static void match_place(struct cookies *jar, size_t *count,
                        const struct cookie_place *to, int64_t now_ms)
{
    const char *domain = to->host;
    while (domain) {
        match_domain(jar, count, to, domain, now_ms);
        const char *dot = to->is_address ? NULL : strchr(domain, '.');
        domain = dot ? dot + 1 : NULL;
    }
}

static int by_age(const void *a, const void *b)
{
    const struct cookie *const *x = a, *const *y = b;
    return ((*x)->born > (*y)->born) - ((*x)->born < (*y)->born);
}

/* 5.4: longer paths first, then the older. */
static int by_path_and_age(const void *a, const void *b)
{
    const struct cookie *const *x = a, *const *y = b;
    if ((*x)->path_length != (*y)->path_length)
        return (*x)->path_length < (*y)->path_length ? 1 : -1;
    return by_age(a, b);
}

size_t cookies_for(struct cookies *jar, const struct cookie_place *to,
                   int64_t now_ms, const struct cookie *const **list)
{
    size_t count = 0;
    if (to)
        match_place(jar, &count, to, now_ms);
    for (size_t i = 0; !to && i < jar->now.count; i++)
        if (jar->now.items[i]->expires_ms > now_ms)
            add_match(jar, &count, jar->now.items[i]);
    if (count > 1)
        qsort(jar->matches, count, sizeof *jar->matches,
              to ? by_path_and_age : by_age);
    *list = jar->matches;
    return count;
}

/* ---------------------------------------------------------------------- text
 */

void cookie_text_add(struct buffer *text, const char *name, size_t name_length,
                     const char *value, size_t value_length)
{
    if (text->size)
        buffer_add(text, "; ", 2);
    buffer_add(text, name, name_length);
    buffer_add_char(text, '=');
    buffer_add(text, value, value_length);
}

/* Where the pair of that name begins; NULL if there is none. */
static const char *find_pair(const struct buffer *text, const char *name,
                             size_t length)
{
    const char *at = text->data, *end = text->size ? at + text->size : NULL;
    while (at && at < end) {
        if ((size_t)(end - at) > length && at[length] == '=' &&
            memcmp(at, name, length) == 0)
            return at;
        const char *stop = memchr(at, ';', (size_t)(end - at));
        at = stop ? stop + 2 : NULL;
    }
    return NULL;
}

bool cookie_text_has(const struct buffer *text, const char *name, size_t length)
{
    return find_pair(text, name, length) != NULL;
}

void cookie_text_remove(struct buffer *text, const char *name, size_t length)
{
    const char *pair = find_pair(text, name, length);
    if (!pair)
        return;
    size_t at = (size_t)(pair - text->data);
    const char *stop = memchr(pair, ';', text->size - at);
    size_t next = stop ? (size_t)(stop + 2 - text->data) : text->size;
    if (!stop && at) /* the separator before the last one goes with it */
        at -= 2;
    memmove(text->data + at, text->data + next, text->size - next);
    text->size -= next - at;
}
