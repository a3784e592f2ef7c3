#include "io/regex.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"

/* PCRE2 counts steps anew wherever a match could begin. What bounds all of them
 * together is the clock, which a callout before the pattern looks at. */
enum { STEPS_MAX = 1000000, HEAP_MAX_KB = 16 * 1024, LOOK_EVERY = 4 };
static const int64_t LONGEST_NS = 100 * NS_PER_MS;

struct regex {
    pcre2_code *code;             /* owned */
    pcre2_match_data *match;      /* owned */
    pcre2_match_context *context; /* owned */
    bool is_utf;
    uint32_t attempts;
    int64_t until_ns;
};

static int on_attempt(pcre2_callout_block *block, void *arg)
{
    struct regex *re = arg;
    (void)block;
    if (++re->attempts % LOOK_EVERY || clock_now_ns() < re->until_ns)
        return 0;
    return PCRE2_ERROR_CALLOUT;
}

static bool read_flags(const char *flags, uint32_t *options, struct error *err)
{
    static const struct {
        char letter;
        uint32_t option;
    } known[] = {{'i', PCRE2_CASELESS},
                 {'m', PCRE2_MULTILINE},
                 {'s', PCRE2_DOTALL},
                 {'x', PCRE2_EXTENDED},
                 {'u', PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF}};
    *options = PCRE2_NEVER_BACKSLASH_C;
    for (; *flags; flags++) {
        size_t i = 0, count = sizeof known / sizeof *known;
        while (i < count && known[i].letter != *flags)
            i++;
        if (i == count)
            return error_set(err, "the flags are letters of \"imsxu\"");
        *options |= known[i].option;
    }
    if (!(*options & PCRE2_UTF))
        *options |= PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    return true;
}

static pcre2_code *compile(const char *pattern, size_t length, uint32_t options,
                           struct error *err)
{
    int number;
    PCRE2_SIZE at;
    PCRE2_UCHAR why[128];
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, length, options, &number, &at, NULL);
    if (code)
        return code;
    pcre2_get_error_message(number, why, sizeof why);
    error_set(err, "%s at position %zu", (const char *)why, (size_t)at + 1);
    return NULL;
}

/* The pattern with a callout before it. It has compiled by itself, so that the
 * brackets around it cannot change what it means: \E ends what \Q has begun,
 * the newline a comment. */
static pcre2_code *compile_watched(const char *pattern, size_t length,
                                   uint32_t options, struct error *err)
{
    struct buffer watched = {0};
    pcre2_code *plain = compile(pattern, length, options, err), *code = NULL;
    if (plain) {
        buffer_add_text(&watched, "(?C1)(?:");
        buffer_add(&watched, pattern, length);
        buffer_add_text(&watched, options & PCRE2_EXTENDED ? "\\E\n)" : "\\E)");
        code = compile(watched.data, watched.size, options, err);
    }
    pcre2_code_free(plain);
    buffer_fini(&watched);
    return code;
}

struct regex *regex_new(const char *pattern, size_t length, const char *flags,
                        struct error *err)
{
    uint32_t options;
    if (!read_flags(flags, &options, err))
        return NULL;
    pcre2_code *code = compile_watched(pattern, length, options, err);
    if (!code)
        return NULL;
    struct regex *re = xcalloc(1, sizeof *re);
    re->code = code;
    re->is_utf = options & PCRE2_UTF;
    re->match = pcre2_match_data_create_from_pattern(code, NULL);
    re->context = pcre2_match_context_create(NULL);
    if (!re->match || !re->context) {
        error_set(err, "PCRE2 has no memory left");
        regex_free(re);
        return NULL;
    }
    pcre2_set_match_limit(re->context, STEPS_MAX);
    pcre2_set_heap_limit(re->context, HEAP_MAX_KB);
    pcre2_set_callout(re->context, on_attempt, re);
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* else it is interpreted */
    return re;
}

void regex_free(struct regex *re)
{
    if (!re)
        return;
    pcre2_match_context_free(re->context);
    pcre2_match_data_free(re->match);
    pcre2_code_free(re->code);
    free(re);
}

static int match(struct regex *re, const char *text, size_t length, size_t from,
                 uint32_t options)
{
    return pcre2_match(re->code, (PCRE2_SPTR)text, length, from, options,
                       re->match, re->context);
}

enum regex_status regex_match(struct regex *re, const char *text, size_t length,
                              size_t from)
{
    re->attempts = 0;
    re->until_ns = clock_now_ns() + LONGEST_NS;
    int result = match(re, text, length, from, 0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) /* the interpreter has a heap */
        result = match(re, text, length, from, PCRE2_NO_JIT);
    if (result > 0)
        return REGEX_FOUND;
    return result == PCRE2_ERROR_NOMATCH ? REGEX_NONE : REGEX_GAVE_UP;
}

size_t regex_group_count(const struct regex *re)
{
    uint32_t count = 0;
    pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

/* Before PCRE2 10.38, \K in a lookahead put the start behind the end. */
bool regex_group(const struct regex *re, size_t group, size_t *from, size_t *to)
{
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(re->match);
    if (group >= pcre2_get_ovector_count(re->match) ||
        ends[2 * group] == PCRE2_UNSET || ends[2 * group + 1] == PCRE2_UNSET)
        return false;
    *to = ends[2 * group + 1];
    *from = ends[2 * group] < *to ? ends[2 * group] : *to;
    return true;
}

size_t regex_next(const struct regex *re, const char *text, size_t length)
{
    size_t from = 0, to = length;
    regex_group(re, 0, &from, &to);
    if (from < to)
        return to;
    to++;
    while (re->is_utf && to < length &&
           ((unsigned char)text[to] & 0xc0) == 0x80)
        to++;
    return to;
}
