#include "base/json.h"

#include <string.h>

enum { DEPTH_MAX = 512 };

static const char *skip_value(const char *at, const char *end, int depth);

static const char *skip_space(const char *at, const char *end)
{
    while (at < end &&
           (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* `at` is the opening quote; returns what follows the closing one, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\')
            at++;
        else if ((unsigned char)*at < 0x20)
            return NULL;
    }
    return NULL;
}

static const char *skip_digits(const char *at, const char *end)
{
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > first ? at : NULL;
}

static const char *skip_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    bool leading_zero = at < end && *at == '0';
    at = leading_zero ? at + 1 : skip_digits(at, end);
    if (at && at < end && *at == '.')
        at = skip_digits(at + 1, end);
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = skip_digits(at, end);
    }
    return at;
}

static const char *skip_word(const char *at, const char *end, const char *word)
{
    size_t length = strlen(word);
    bool same = (size_t)(end - at) >= length && memcmp(at, word, length) == 0;
    return same ? at + length : NULL;
}

/* A member's name and colon; returns where its value starts, or NULL. */
static const char *skip_name(const char *at, const char *end)
{
    if (at == end || *at != '"' || !(at = skip_string(at, end)))
        return NULL;
    at = skip_space(at, end);
    return at < end && *at == ':' ? skip_space(at + 1, end) : NULL;
}

/* After an element: the start of the next one, or past the closing bracket with
 * `*over` set. */
static const char *skip_comma(const char *at, const char *end, char close,
                              bool *over)
{
    at = skip_space(at, end);
    if (at == end)
        return NULL;
    *over = *at == close;
    if (*over)
        return at + 1;
    return *at == ',' ? skip_space(at + 1, end) : NULL;
}

static const char *skip_container(const char *at, const char *end, char close,
                                  int depth)
{
    bool over = false, named = close == '}';
    at = skip_space(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    while (at && !over) {
        if (named)
            at = skip_name(at, end);
        if (at)
            at = skip_value(at, end, depth + 1);
        if (at)
            at = skip_comma(at, end, close, &over);
    }
    return at;
}

static const char *skip_value(const char *at, const char *end, int depth)
{
    if (at == end || depth > DEPTH_MAX)
        return NULL;
    switch (*at) {
    case '{':
        return skip_container(at, end, '}', depth);
    case '[':
        return skip_container(at, end, ']', depth);
    case '"':
        return skip_string(at, end);
    case 't':
        return skip_word(at, end, "true");
    case 'f':
        return skip_word(at, end, "false");
    case 'n':
        return skip_word(at, end, "null");
    default:
        return skip_number(at, end);
    }
}

bool json_value(const char *at, const char *end, struct json_slice *value)
{
    at = skip_space(at, end);
    const char *after = skip_value(at, end, 0);
    if (!after)
        return false;
    *value = (struct json_slice){at, (size_t)(after - at)};
    return true;
}

bool json_document(const char *text, size_t length, struct json_slice *value)
{
    const char *end = text + length;
    return json_value(text, end, value) &&
           skip_space(value->at + value->length, end) == end;
}

static bool name_is(const char *quoted, const char *after, const char *name,
                    size_t length)
{
    return (size_t)(after - quoted) == length + 2 &&
           memcmp(quoted + 1, name, length) == 0;
}

/* Moves to the value of a member; `at` is the opening brace. */
static const char *enter_member(const char *at, const char *end,
                                const char *name, size_t length)
{
    bool over = false;
    at = skip_space(at + 1, end);
    while (at && !over) {
        const char *quoted = at;
        at = skip_name(at, end);
        if (at && name_is(quoted, skip_string(quoted, end), name, length))
            return at;
        if (at)
            at = skip_value(at, end, 0);
        if (at)
            at = skip_comma(at, end, '}', &over);
    }
    return NULL;
}

/* Moves to the n-th element, from 1; `at` is the opening bracket. */
static const char *enter_element(const char *at, const char *end, size_t n)
{
    bool over = false;
    at = skip_space(at + 1, end);
    if (at < end && *at == ']')
        return NULL;
    while (at && !over && n-- > 1) {
        at = skip_value(at, end, 0);
        if (at)
            at = skip_comma(at, end, ']', &over);
    }
    return over ? NULL : at;
}

/* "[12]" at `*path`: moves behind it; 0 if it is not an index from 1. */
static size_t read_index(const char **path)
{
    size_t n = 0;
    const char *p = *path + 1;
    while (*p >= '0' && *p <= '9' && n < 100000000)
        n = n * 10 + (size_t)(*p++ - '0');
    if (*p != ']')
        return 0;
    *path = p + 1;
    return n;
}

bool json_find(const char *text, size_t length, const char *path,
               struct json_slice *value)
{
    const char *end = text + length, *at = skip_space(text, end);
    while (at && *path) {
        if (*path == '[') {
            size_t n = read_index(&path);
            at = n && at < end && *at == '[' ? enter_element(at, end, n) : NULL;
        } else {
            path += *path == '.';
            size_t name = strcspn(path, ".[");
            at = at < end && *at == '{' ? enter_member(at, end, path, name)
                                        : NULL;
            path += name;
        }
    }
    return at && json_value(at, end, value);
}

bool json_each(struct json_slice array,
               void (*visit)(struct json_slice element, void *arg), void *arg)
{
    const char *end = array.at + array.length, *at = array.at;
    bool over = false;
    if (!array.length || *at != '[')
        return false;
    at = skip_space(at + 1, end);
    if (at < end && *at == ']')
        return true;
    while (at && !over) {
        struct json_slice element;
        if (!json_value(at, end, &element))
            return false;
        visit(element, arg);
        at = skip_comma(element.at + element.length, end, ']', &over);
    }
    return at != NULL;
}
