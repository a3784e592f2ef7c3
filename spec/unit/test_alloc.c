/* alloc: never NULL, and arrays that grow with zeroes. */
#include "base/alloc.h"
#include "unit.h"

static void nothing_is_still_something(void **state)
{
    (void)state;
    void *blocks[] = {xmalloc(0), xcalloc(0, 8), xcalloc(8, 0),
                      xrealloc(NULL, 0), xmemdup(NULL, 0)};
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        assert_non_null(blocks[i]);
        free(blocks[i]);
    }
}

static void copies_end_with_a_nul(void **state)
{
    (void)state;
    char *text = xstrdup("text");
    char *bytes = xmemdup("a\0bcd", 3);
    assert_string_equal("text", text);
    assert_memory_equal("a\0b", bytes, 4);
    free(text);
    free(bytes);
}

static void new_elements_of_an_array_are_zero(void **state)
{
    (void)state;
    uint32_t *array = NULL;
    size_t capacity = 0, reallocations = 0;
    for (size_t i = 0; i < 10000; i++) {
        size_t before = capacity;
        array_reserve((void **)&array, &capacity, i + 1, sizeof *array);
        assert_true(capacity > i);
        assert_int_equal(0, array[i]);
        for (size_t k = before; k < capacity; k++)
            assert_int_equal(0, array[k]);
        array[i] = (uint32_t)i + 1;
        reallocations += capacity != before;
    }
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(i + 1, array[i]);
    assert_true(reallocations < 20); /* amortised: it at least doubles */
    free(array);
}

static void an_array_jumps_to_where_it_is_needed(void **state)
{
    (void)state;
    char *array = NULL;
    size_t capacity = 0;
    array_reserve((void **)&array, &capacity, 1000, 1);
    assert_int_equal(1000, capacity);
    array_reserve((void **)&array, &capacity, 500, 1);
    assert_int_equal(1000, capacity);
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_still_something),
        cmocka_unit_test(copies_end_with_a_nul),
        cmocka_unit_test(new_elements_of_an_array_are_zero),
        cmocka_unit_test(an_array_jumps_to_where_it_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
