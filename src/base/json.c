#include "base/json.h"

#include <ctype.h>
#include <string.h>

enum {
    DEPTH_MAX = 512,
    UNIT_BYTES = 6,       /* of an escape like \u00e9 */
    REPLACEMENT = 0xfffd, /* U+FFFD: for half of a pair alone */
    UTF8_MAX = 4
};

static const char *skip_value(const char *at, const char *end, int depth);

static const char *skip_space(const char *at, const char *end)
{
    while (at < end &&
           (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* The four hexadecimal digits of a \u escape at `at`; -1 if it is none. */
static int read_unit(const char *at, const char *end)
{
    int unit = 0;
    if (end - at < UNIT_BYTES || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < UNIT_BYTES; i++) {
        if (!isxdigit((unsigned char)at[i]))
            return -1;
        int digit = at[i] <= '9' ? at[i] - '0' : (at[i] | ' ') - 'a' + 10;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* `at` is a backslash; returns what follows the escape, or NULL. */
static const char *skip_escape(const char *at, const char *end)
{
    if (end - at < 2)
        return NULL;
    if (at[1] == 'u')
        return read_unit(at, end) < 0 ? NULL : at + UNIT_BYTES;
    return at[1] && strchr("\"\\/bfnrt", at[1]) ? at + 2 : NULL;
}

/* `at` is the opening quote; returns what follows the closing one, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    at++;
    while (at && at < end && *at != '"') {
        if ((unsigned char)*at < 0x20)
            return NULL;
        at = *at == '\\' ? skip_escape(at, end) : at + 1;
    }
    return at && at < end ? at + 1 : NULL;
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

static bool is_high(int unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(int unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

/* The character of the \u escape at `*at`, or of a pair of them; moves on. */
static int take_unit(const char **at, const char *end)
{
    int unit = read_unit(*at, end);
    *at += UNIT_BYTES;
    if (!is_high(unit))
        return is_low(unit) ? REPLACEMENT : unit;
    int low = read_unit(*at, end);
    if (!is_low(low))
        return REPLACEMENT;
    *at += UNIT_BYTES;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static size_t put_utf8(char *to, int c)
{
    static const int lead[] = {0, 0xc0, 0xe0, 0xf0};
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    for (size_t i = more; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(lead[more] | c);
    return more + 1;
}

/* A character of a string, or a byte of one, as bytes in `to`; moves on. */
static size_t take_character(const char **at, const char *end, char *to)
{
    static const char letters[] = "bfnrt", stand_for[] = "\b\f\n\r\t";
    if (**at != '\\') {
        *to = *(*at)++;
        return 1;
    }
    char letter = (*at)[1];
    if (letter == 'u')
        return put_utf8(to, take_unit(at, end));
    const char *known = strchr(letters, letter);
    *to = known ? stand_for[known - letters] : letter;
    *at += 2;
    return 1;
}

/* Whether the string from quote to quote says `name`; it is a whole one. */
static bool name_is(const char *quoted, const char *after, const char *name,
                    size_t length)
{
    const char *at = quoted + 1, *end = after - 1;
    while (at < end) {
        char bytes[UTF8_MAX];
        size_t count = take_character(&at, end, bytes);
        if (count > length || memcmp(bytes, name, count) != 0)
            return false;
        name += count;
        length -= count;
    }
    return length == 0;
}

/* Finds the last member of that name, as a decoder that builds a table would;
 * `at` is the opening brace. Returns what follows the closing one, or NULL. */
static const char *find_member(const char *at, const char *end,
                               const char *name, size_t length,
                               struct json_slice *found)
{
    bool over = false;
    at = skip_space(at + 1, end);
    if (at < end && *at == '}')
        return at + 1;
    while (at && !over) {
        const char *quoted = at, *value = skip_name(at, end);
        at = value ? skip_value(value, end, 1) : NULL;
        if (at && name_is(quoted, skip_string(quoted, end), name, length))
            *found = (struct json_slice){value, (size_t)(at - value)};
        if (at)
            at = skip_comma(at, end, '}', &over);
    }
    return at;
}

/* Finds the n-th element, from 1; `at` is the opening bracket. Returns what
 * follows the closing one, or NULL. */
static const char *find_element(const char *at, const char *end, size_t n,
                                struct json_slice *found)
{
    bool over = false;
    at = skip_space(at + 1, end);
    if (at < end && *at == ']')
        return at + 1;
    while (at && !over) {
        const char *value = at;
        at = skip_value(value, end, 1);
        if (at && --n == 0)
            *found = (struct json_slice){value, (size_t)(at - value)};
        if (at)
            at = skip_comma(at, end, ']', &over);
    }
    return at;
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

/* One step of the path, which it moves behind it. Containers are read to their
 * end, so that a path finds nothing in broken text. */
static bool step(struct json_slice in, const char **path,
                 struct json_slice *found)
{
    const char *end = in.at + in.length, *at = skip_space(in.at, end);
    char open = at < end ? *at : '\0';
    *found = (struct json_slice){0};
    if (**path == '[') {
        size_t n = read_index(path);
        at = n && open == '[' ? find_element(at, end, n, found) : NULL;
    } else {
        *path += **path == '.';
        size_t name = strcspn(*path, ".[");
        at = open == '{' ? find_member(at, end, *path, name, found) : NULL;
        *path += name;
    }
    return at && skip_space(at, end) == end && found->at;
}

bool json_find(const char *text, size_t length, const char *path,
               struct json_slice *value)
{
    if (!*path)
        return json_document(text, length, value);
    struct json_slice in = {text, length};
    do {
        if (!step(in, &path, value))
            return false;
        in = *value;
    } while (*path);
    return true;
}

const char *json_lone_surrogate(const char *at, const char *end)
{
    while (at < end && (at = memchr(at, '\\', (size_t)(end - at)))) {
        const char *escape = at;
        int unit = read_unit(at, end);
        if (unit < 0)
            at += 2;
        else if (take_unit(&at, end) == REPLACEMENT && unit != REPLACEMENT)
            return escape;
    }
    return NULL;
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
