#include "io/http_cache.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct text {
    const char *at;
    const char *end;
};

static bool contains(struct text t, const char *word)
{
    size_t length = strlen(word);
    for (; (size_t)(t.end - t.at) >= length; t.at++)
        if (strncasecmp(t.at, word, length) == 0)
            return true;
    return false;
}

/* "HIT", but also what was served though it was stale. What Cloudflare does not
 * cache it calls DYNAMIC or BYPASS. */
static enum http_cache of_cloudflare(struct text value)
{
    static const char *const hits[] = {"HIT", "STALE", "UPDATING",
                                       "REVALIDATED"};
    for (size_t i = 0; i < sizeof hits / sizeof *hits; i++)
        if (contains(value, hits[i]))
            return HTTP_CACHE_HIT;
    return value.at < value.end ? HTTP_CACHE_MISS : HTTP_CACHE_SILENT;
}

/* "HIT", "Hit from cloudfront", "TCP_MEM_HIT from a1", "MISS, HIT": of several
 * caches one that had it is enough. */
static enum http_cache of_x_cache(struct text value)
{
    if (contains(value, "hit"))
        return HTTP_CACHE_HIT;
    return contains(value, "miss") ? HTTP_CACHE_MISS : HTTP_CACHE_SILENT;
}

/* How long it lay in a cache, in seconds. */
static enum http_cache of_age(struct text value)
{
    bool is_number = false, is_zero = true;
    for (; value.at < value.end; value.at++) {
        if (*value.at < '0' || *value.at > '9')
            return HTTP_CACHE_SILENT;
        is_number = true;
        is_zero = is_zero && *value.at == '0';
    }
    if (!is_number)
        return HTTP_CACHE_SILENT;
    return is_zero ? HTTP_CACHE_MISS : HTTP_CACHE_HIT;
}

/* The first of them that says something decides. */
static const struct {
    const char *name;
    size_t length;
    enum http_cache (*read)(struct text value);
} kinds[] = {{"cf-cache-status", 15, of_cloudflare},
             {"x-cache", 7, of_x_cache},
             {"age", 3, of_age}};

enum { KINDS = sizeof kinds / sizeof *kinds };

static struct text value_of(struct text line, size_t name_length)
{
    struct text v = {line.at + name_length + 1, line.end};
    while (v.at < v.end && (*v.at == ' ' || *v.at == '\t'))
        v.at++;
    while (v.end > v.at && strchr(" \t\r", v.end[-1]))
        v.end--;
    return v;
}

static void read_line(struct text line, enum http_cache found[KINDS])
{
    for (int i = 0; i < KINDS; i++) {
        size_t length = kinds[i].length;
        if ((size_t)(line.end - line.at) <= length || line.at[length] != ':' ||
            strncasecmp(line.at, kinds[i].name, length) != 0)
            continue;
        enum http_cache says = kinds[i].read(value_of(line, length));
        if (says > found[i])
            found[i] = says;
    }
}

enum http_cache http_cache_verdict(int status, const char *headers,
                                   size_t header_bytes)
{
    enum http_cache found[KINDS] = {HTTP_CACHE_SILENT};
    const char *end = headers + header_bytes;
    if (status == 304)
        return HTTP_CACHE_HIT;
    while (headers < end) {
        const char *newline = memchr(headers, '\n', (size_t)(end - headers));
        struct text line = {headers, newline ? newline : end};
        read_line(line, found);
        headers = newline ? newline + 1 : end;
    }
    for (int i = 0; i < KINDS; i++)
        if (found[i] != HTTP_CACHE_SILENT)
            return found[i];
    return HTTP_CACHE_SILENT;
}
