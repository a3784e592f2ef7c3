/* intern: dense numbers, first come first served, up to a limit. */
#include <stdio.h>

#include "base/intern.h"
#include "unit.h"

enum { MANY = 20000 };

static uint32_t add(struct intern *t, const char *text, const char *note)
{
    return intern_add(t, text, strlen(text), note);
}

static void numbers_are_dense_and_stay(void **state)
{
    (void)state;
    struct intern t;
    char text[32];
    intern_init(&t, MANY);
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            snprintf(text, sizeof text, "name %u", i);
            assert_int_equal(i, add(&t, text, NULL));
        }
    assert_int_equal(MANY, t.count);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "name %u", i);
        assert_int_equal(i, intern_find(&t, text, strlen(text)));
        assert_string_equal(text, t.entries[i].text);
        assert_int_equal(strlen(text), t.entries[i].length);
    }
    assert_int_equal(INTERN_NONE, intern_find(&t, "name", 4));
    intern_fini(&t);
}

static void beyond_the_limit_only_the_known_are_found(void **state)
{
    (void)state;
    struct intern t;
    intern_init(&t, 2);
    assert_int_equal(0, add(&t, "a", NULL));
    assert_int_equal(1, add(&t, "b", NULL));
    assert_int_equal(INTERN_NONE, add(&t, "c", NULL));
    assert_int_equal(1, add(&t, "b", NULL));
    assert_int_equal(INTERN_NONE, intern_find(&t, "c", 1));
    assert_int_equal(2, t.count);
    intern_fini(&t);
}

static void an_empty_table_knows_nothing(void **state)
{
    (void)state;
    struct intern t;
    intern_init(&t, 0);
    assert_int_equal(INTERN_NONE, intern_find(&t, "", 0));
    assert_int_equal(INTERN_NONE, add(&t, "", NULL));
    intern_fini(&t);
}

static void length_counts_not_the_nul(void **state)
{
    (void)state;
    struct intern t;
    intern_init(&t, 10);
    assert_int_equal(0, intern_add(&t, "", 0, NULL));
    assert_int_equal(1, intern_add(&t, "a", 1, NULL));
    assert_int_equal(2, intern_add(&t, "a\0b", 3, NULL));
    assert_int_equal(3, intern_add(&t, "a\0c", 3, NULL));
    assert_int_equal(1, intern_find(&t, "a\0b", 1));
    assert_int_equal(3, intern_find(&t, "a\0c", 3));
    char *exact = exact_copy("a", 1);
    assert_int_equal(1, intern_find(&t, exact, 1));
    free(exact);
    intern_fini(&t);
}

static void the_first_note_is_copied_and_kept(void **state)
{
    (void)state;
    struct intern t;
    char note[] = "first";
    intern_init(&t, 10);
    add(&t, "with", note);
    note[0] = 'X';
    add(&t, "with", "second");
    add(&t, "without", NULL);
    assert_string_equal("first", t.entries[0].note);
    assert_null(t.entries[1].note);
    intern_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_dense_and_stay),
        cmocka_unit_test(beyond_the_limit_only_the_known_are_found),
        cmocka_unit_test(an_empty_table_knows_nothing),
        cmocka_unit_test(length_counts_not_the_nul),
        cmocka_unit_test(the_first_note_is_copied_and_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
