/* builtin: every metric and tag is there, under a name of its own. */
#include <ctype.h>

#include "engine/builtin.h"
#include "unit.h"

static void assert_word(const char *name)
{
    assert_non_null(name);
    assert_true(islower((unsigned char)*name));
    assert_int_equal(strlen(name), strspn(name, "abcdefghijklmnopqrstuvwxyz_"));
}

static void metrics_have_names_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < BUILTIN_METRICS; i++) {
        assert_word(builtin_metrics[i].name);
        assert_true(builtin_metrics[i].kind < METRIC_KINDS);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(builtin_metrics[i].name,
                                    builtin_metrics[k].name);
    }
}

/* Durations are trends, shares are rates: what a threshold may ask of them. */
static void names_tell_the_kind(void **state)
{
    (void)state;
    for (int i = 0; i < BUILTIN_METRICS; i++) {
        const char *name = builtin_metrics[i].name;
        enum metric_kind kind = builtin_metrics[i].kind;
        if (strstr(name, "duration") || strstr(name, "_lag"))
            assert_int_equal(METRIC_TREND, kind);
        if (strncmp(name, "vus", 3) == 0)
            assert_int_equal(METRIC_GAUGE, kind);
        if (strncmp(name, "iterations", 10) == 0 ||
            strncmp(name, "data_", 5) == 0)
            assert_int_equal(METRIC_COUNTER, kind);
    }
    assert_int_equal(METRIC_RATE, builtin_metrics[BUILTIN_CHECKS].kind);
    assert_int_equal(METRIC_RATE,
                     builtin_metrics[BUILTIN_HTTP_REQ_FAILED].kind);
    assert_int_equal(METRIC_COUNTER, builtin_metrics[BUILTIN_HTTP_REQS].kind);
}

static void tags_have_names_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < TAG_BUILTINS; i++) {
        assert_word(builtin_tags[i]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(builtin_tags[i], builtin_tags[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_have_names_of_their_own),
        cmocka_unit_test(names_tell_the_kind),
        cmocka_unit_test(tags_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
