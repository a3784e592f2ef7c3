#include "io/source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

enum { COUNT_MAX = 65536 };

static bool parse_v4(const char *text, size_t length, uint32_t *number)
{
    char copy[INET_ADDRSTRLEN];
    struct in_addr address;
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET, copy, &address) != 1)
        return false;
    *number = ntohl(address.s_addr);
    return true;
}

static bool parse_v6(struct source *s, const char *text)
{
    s->first.v6.sin6_family = AF_INET6;
    s->count = 1;
    return inet_pton(AF_INET6, text, &s->first.v6.sin6_addr) == 1;
}

static bool parse_range(struct source *s, const char *text)
{
    uint32_t first, last;
    size_t length = strcspn(text, "-");
    if (!parse_v4(text, length, &first))
        return false;
    last = first;
    if (text[length] &&
        !parse_v4(text + length + 1, strlen(text + length + 1), &last))
        return false;
    if (last < first || last - first >= COUNT_MAX)
        return false;
    s->first.v4.sin_family = AF_INET;
    s->first.v4.sin_addr.s_addr = htonl(first);
    s->count = last - first + 1;
    return true;
}

bool source_parse(struct source *s, const char *text, struct error *err)
{
    memset(s, 0, sizeof *s);
    if (!text || parse_range(s, text) || parse_v6(s, text))
        return true;
    memset(s, 0, sizeof *s);
    return error_set(err,
                     "'%s' is no address like 10.0.0.1 and no range like "
                     "10.0.0.1-10.0.0.9 of at most %d",
                     text, COUNT_MAX);
}

static bool can_bind(const union address *a, struct error *err)
{
    char text[SOURCE_TEXT_BYTES];
    int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, &a->any, address_bytes(a)) == 0;
    if (!bound)
        error_set(err, "connections cannot leave from %s: %s",
                  address_text(a, text), strerror(errno));
    if (fd >= 0)
        close(fd);
    return bound;
}

bool source_check(const struct source *s, struct error *err)
{
    if (!s->count)
        return true;
    union address last = source_of(s, s->count - 1);
    return can_bind(&s->first, err) && can_bind(&last, err);
}

union address source_of(const struct source *s, uint32_t n)
{
    union address a = s->first;
    if (a.any.sa_family == AF_INET)
        a.v4.sin_addr.s_addr =
            htonl(ntohl(a.v4.sin_addr.s_addr) + n % s->count);
    return a;
}
