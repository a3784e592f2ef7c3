#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "io/yamldoc.h"

static void add_event(char *out, size_t size, const struct yamldoc_event *e)
{
    static const char *const marks[] = {"=", "*", "[", "{", ".", "!"};
    size_t used = strlen(out);
    snprintf(out + used, size - used, "%s%s%s%.*s%s@%zu ", e->anchor ? "&" : "",
             e->anchor ? e->anchor : "", marks[e->kind], (int)e->length,
             e->text ? e->text : "",
             e->kind == YAMLDOC_SCALAR && !e->is_plain ? "'" : "", e->line);
}

/* All events of a text, in short: `{` map, `=` scalar, `.` close, `!` end. */
static const char *events(const char *text, struct error *err)
{
    static char out[1024];
    struct yamldoc *d = yamldoc_new(text, strlen(text));
    struct yamldoc_event e = {0};
    *out = '\0';
    bool ok;
    do {
        ok = yamldoc_next(d, &e, err);
        if (ok)
            add_event(out, sizeof out, &e);
    } while (ok && e.kind != YAMLDOC_END);
    yamldoc_free(d);
    return out;
}

static void gives_events_with_lines(void **state)
{
    (void)state;
    struct error err = {0};
    assert_string_equal(events("a: 1\nb: [x, \"y\"]\n", &err),
                        "{@1 =a@1 =1@1 =b@2 [@2 =x@2 =y'@2 .@2 .@3 !@3 ");
    assert_string_equal(events("- &k 1\n- *k\n- !!str 2\n", &err),
                        "[@1 &k=1@1 *k@2 =2'@3 .@4 !@4 ");
    assert_string_equal(events("", &err), "!@1 ");
}

static void ends_with_the_first_document(void **state)
{
    (void)state;
    struct error err = {0};
    assert_string_equal(events("a\n---\nb: ]\n", &err), "=a@1 !@2 ");
}

static void says_in_which_line_it_breaks(void **state)
{
    (void)state;
    struct error err = {0};
    events("a: 1\nb: [1, 2\nc: 3\n", &err);
    assert_non_null(strstr(err.text, "line 3: "));
    events("a: 1\n\tb: 2\n", &err);
    assert_non_null(strstr(err.text, "line 2: "));
    events("a: \xff\xfe\n", &err);
    assert_non_null(strstr(err.text, "byte 4: "));
}

static void can_be_freed_at_any_time(void **state)
{
    (void)state;
    struct error err = {0};
    struct yamldoc_event e;
    struct yamldoc *d = yamldoc_new("{a: [b, c]}", 11);
    assert_true(yamldoc_next(d, &e, &err));
    yamldoc_free(d);
    yamldoc_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_events_with_lines),
        cmocka_unit_test(ends_with_the_first_document),
        cmocka_unit_test(says_in_which_line_it_breaks),
        cmocka_unit_test(can_be_freed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
