/* http: what the seam itself knows; exchanges are tested end to end. */
#include "io/http.h"
#include "unit.h"

static void every_failure_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < HTTP_FAILURES; i++) {
        const char *name = http_failure_name((enum http_failure)i);
        assert_non_null(name);
        assert_true(*name);
        assert_int_equal(strlen(name),
                         strspn(name, "abcdefghijklmnopqrstuvwxyz_"));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name,
                                    http_failure_name((enum http_failure)k));
    }
}

/* Scripts and thresholds compare with these words. */
static void names_are_those_of_the_documentation(void **state)
{
    (void)state;
    static const char *const names[] = {
        "ok",       "timeout",  "refused",   "unreachable",
        "reset",    "closed",   "dns",       "tls",
        "protocol", "decoding", "too_large", "too_many_redirects",
        "cut_off",  "other"};
    assert_int_equal(HTTP_FAILURES, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(names[i], http_failure_name((enum http_failure)i));
}

static void the_duration_leaves_out_what_comes_before_sending(void **state)
{
    (void)state;
    struct http_timings t = {.started_ns = 5, .ended_ns = 10000};
    int64_t value = 1;
    for (int i = 0; i < HTTP_PHASES; i++, value *= 10)
        t.phase_ns[i] = value;
    assert_int_equal(1110000, http_timings_duration_ns(&t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_has_a_name_of_its_own),
        cmocka_unit_test(names_are_those_of_the_documentation),
        cmocka_unit_test(the_duration_leaves_out_what_comes_before_sending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
