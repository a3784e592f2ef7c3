#include "io/control_guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/resolver.h"

enum { HOST_BYTES = 64 }; /* longer than any address, and than "localhost" */

static const struct control_refusal foreign_host = {
    403, "{ \"error\": \"the Host header is neither localhost nor the address "
         "that lload listens on; use that address in the URL\" }\n"};
static const struct control_refusal from_a_page = {
    403, "{ \"error\": \"requests of web pages (with an Origin header) are "
         "refused; use a program such as curl\" }\n"};
static const struct control_refusal not_json = {
    415, "{ \"error\": \"the Content-Type must be application/json; with curl, "
         "send the body with --json\" }\n"};

/* Takes "name", "name:port", "[v6]" and "[v6]:port" apart; false for else. */
static bool copy_name(const char *host, char name[HOST_BYTES])
{
    bool in_brackets = *host == '[';
    const char *start = host + in_brackets;
    size_t length = strcspn(start, in_brackets ? "]" : ":");
    const char *rest = start + length;
    if (length == 0 || length >= HOST_BYTES || (in_brackets && *rest != ']'))
        return false;
    rest += in_brackets;
    if (*rest == ':')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest)
        return false;
    memcpy(name, start, length);
    name[length] = '\0';
    return true;
}

static bool is_wildcard(const union address *a)
{
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

static bool is_same_host(const union address *a, const union address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr);
}

static bool is_our_host(const char *host, const union address *bound)
{
    char name[HOST_BYTES];
    if (!host || !copy_name(host, name))
        return false;
    if (strcasecmp(name, "localhost") == 0)
        return true;
    struct addresses *named = addresses_parse(name, 0);
    bool ours = named && named->count == 1 &&
                (is_wildcard(bound) || is_same_host(&named->list[0], bound));
    addresses_unref(named);
    return ours;
}

static bool is_write(const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    const size_t length = sizeof json - 1;
    return strncasecmp(content_type, json, length) == 0 &&
           strchr("; \t", content_type[length]) != NULL; /* or its end */
}

const struct control_refusal *
control_guard_check(const struct control_head *head, const union address *bound)
{
    if (head->origin)
        return &from_a_page;
    if (!is_our_host(head->host, bound))
        return &foreign_host;
    if (is_write(head->method) && head->content_type &&
        !is_json(head->content_type))
        return &not_json;
    return NULL;
}
