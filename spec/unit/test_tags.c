/* tags: small numbers for what selectors name, 0 for everything else. */
#include <stdio.h>

#include "stats/tags.h"
#include "unit.h"

static void only_what_was_added_is_known(void **state)
{
    (void)state;
    struct tag_vocabulary v;
    tag_vocabulary_init(&v);
    assert_int_equal(0, tag_key_add(&v, "name"));
    assert_int_equal(1, tag_key_add(&v, "page"));
    assert_int_equal(0, tag_key_add(&v, "name"));
    uint16_t cart = tag_value_add(&v, "cart");
    uint16_t home = tag_value_add(&v, "home");
    assert_int_not_equal(TAG_UNKNOWN, cart);
    assert_int_not_equal(cart, home);
    assert_int_equal(cart, tag_value_add(&v, "cart"));
    assert_int_equal(1, tag_key_find(&v, "page?", 4));
    assert_int_equal(-1, tag_key_find(&v, "page?", 5));
    assert_int_equal(home, tag_value_find(&v, "homes", 4));
    assert_int_equal(TAG_UNKNOWN, tag_value_find(&v, "homes", 5));
    tag_vocabulary_fini(&v);
}

static void keys_are_bounded(void **state)
{
    (void)state;
    struct tag_vocabulary v;
    char key[16];
    tag_vocabulary_init(&v);
    for (int i = 0; i < TAG_KEYS_MAX; i++) {
        snprintf(key, sizeof key, "key%d", i);
        assert_int_equal(i, tag_key_add(&v, key));
    }
    assert_int_equal(-1, tag_key_add(&v, "one more"));
    assert_int_equal(3, tag_key_add(&v, "key3"));
    tag_vocabulary_fini(&v);
}

/* The numbers must fit 16 bits, and never wrap to one that is taken. */
static void values_are_bounded(void **state)
{
    (void)state;
    struct tag_vocabulary v;
    char value[16];
    uint32_t added = 0;
    tag_vocabulary_init(&v);
    for (uint32_t i = 0; i < 70000; i++) {
        snprintf(value, sizeof value, "%u", i);
        uint16_t number = tag_value_add(&v, value);
        if (number != TAG_UNKNOWN)
            assert_int_equal(++added, number);
    }
    assert_in_range(added, 60000, UINT16_MAX);
    assert_int_equal(1, tag_value_add(&v, "0"));
    assert_int_equal(TAG_UNKNOWN, tag_value_add(&v, "69999"));
    tag_vocabulary_fini(&v);
}

static void a_selector_wants_every_term(void **state)
{
    (void)state;
    struct tag_set tags = {{[0] = 5, [3] = 7}};
    static const struct {
        struct selector selector;
        bool matches;
    } rows[] = {
        {{.term_count = 0}, true},
        {{.term_count = 1, .terms = {{0, 5}}}, true},
        {{.term_count = 1, .terms = {{0, 6}}}, false},
        {{.term_count = 1, .terms = {{1, 5}}}, false},
        {{.term_count = 2, .terms = {{0, 5}, {3, 7}}}, true},
        {{.term_count = 2, .terms = {{0, 5}, {3, 8}}}, false},
        {{.term_count = 2, .terms = {{3, 7}, {2, 1}}}, false},
        {{.term_count = 1, .terms = {{0, 5}, {3, 8}}}, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(rows[i].matches,
                         selector_matches(&rows[i].selector, &tags));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_added_is_known),
        cmocka_unit_test(keys_are_bounded),
        cmocka_unit_test(values_are_bounded),
        cmocka_unit_test(a_selector_wants_every_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
