/* registry: at most so many names, whatever scripts send. */
#include <stdio.h>

#include "engine/registry.h"
#include "unit.h"

static uint32_t name(struct registry *r, const char *text)
{
    return registry_name(r, text, strlen(text));
}

static void names_are_numbered_from_one(void **state)
{
    (void)state;
    struct registry r;
    registry_init(&r);
    assert_int_equal(1, name(&r, "GET /a"));
    assert_int_equal(2, name(&r, "GET /b"));
    assert_int_equal(1, name(&r, "GET /a"));
    assert_int_equal(0, name(&r, REGISTRY_OTHER));
    assert_string_equal(REGISTRY_OTHER, r.names.entries[0].text);
    registry_fini(&r);
}

static void the_501st_name_is_other(void **state)
{
    (void)state;
    struct registry r;
    char text[32];
    registry_init(&r);
    for (uint32_t i = 1; i <= 500; i++) {
        assert_false(registry_is_full(&r));
        snprintf(text, sizeof text, "GET /%u", i);
        assert_int_equal(i, name(&r, text));
    }
    assert_true(registry_is_full(&r));
    assert_int_equal(0, name(&r, "GET /501"));
    assert_int_equal(0, name(&r, "GET /502"));
    assert_int_equal(500, name(&r, "GET /500"));
    assert_int_equal(501, r.names.count);
    registry_fini(&r);
}

static uint32_t tally(struct registry *r, enum tally which, const char *text,
                      const char *note)
{
    return registry_tally(r, which, text, strlen(text), note);
}

static void tallies_are_numbered_apart(void **state)
{
    (void)state;
    struct registry r;
    registry_init(&r);
    assert_int_equal(0, tally(&r, TALLY_CHECKS, "is 200", NULL));
    assert_int_equal(1, tally(&r, TALLY_CHECKS, "has id", NULL));
    assert_int_equal(0, tally(&r, TALLY_ERRORS, "has id", NULL));
    assert_int_equal(1, tally(&r, TALLY_CHECKS, "has id", NULL));
    registry_fini(&r);
}

static void too_many_tallies_share_one_row(void **state)
{
    (void)state;
    struct registry r;
    char text[32];
    registry_init(&r);
    for (uint32_t i = 0; i < REGISTRY_TALLIES; i++) {
        snprintf(text, sizeof text, "check %u", i);
        assert_int_equal(i, tally(&r, TALLY_CHECKS, text, NULL));
    }
    for (uint32_t i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "more %u", i);
        assert_int_equal(REGISTRY_TALLIES, tally(&r, TALLY_CHECKS, text, NULL));
    }
    assert_string_equal(REGISTRY_OTHER,
                        r.tallies[TALLY_CHECKS].entries[REGISTRY_TALLIES].text);
    assert_int_equal(7, tally(&r, TALLY_CHECKS, "check 7", NULL));
    assert_int_equal(0, tally(&r, TALLY_REASONS, "another table", NULL));
    registry_fini(&r);
}

static void the_first_note_is_kept(void **state)
{
    (void)state;
    struct registry r;
    registry_init(&r);
    const struct intern *checks = &r.tallies[TALLY_CHECKS];
    tally(&r, TALLY_CHECKS, "a", "at once");
    tally(&r, TALLY_CHECKS, "b", NULL);
    assert_null(checks->entries[1].note);
    tally(&r, TALLY_CHECKS, "b", "later");
    tally(&r, TALLY_CHECKS, "b", "too late");
    tally(&r, TALLY_CHECKS, "a", "too late");
    assert_string_equal("at once", checks->entries[0].note);
    assert_string_equal("later", checks->entries[1].note);
    registry_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_numbered_from_one),
        cmocka_unit_test(the_501st_name_is_other),
        cmocka_unit_test(tallies_are_numbered_apart),
        cmocka_unit_test(too_many_tallies_share_one_row),
        cmocka_unit_test(the_first_note_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
