/* public_suffix: names that nobody may set cookies for. */
#include "io/public_suffix.h"
#include "unit.h"

static void knows_the_list(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_suffix;
    } rows[] = {
        {"com", true},          {"co.uk", true},      {"github.io", true},
        {"xn--p1ai", true},     {"localhost", true},  {"unheard-of", true},
        {"example.com", false}, {"a.co.uk", false},   {"a.github.io", false},
        {"shop.test", false},   {"www.ck", false},    {"any.ck", true},
        {"127.0.0.1", false},   {"a.b.c.com", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (public_suffix_is(rows[i].name) != rows[i].is_suffix)
            fail_msg("%s", rows[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(knows_the_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
