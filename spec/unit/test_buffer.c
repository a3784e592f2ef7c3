/* buffer: bytes come out as they went in, whatever way they were added. */
#include "base/buffer.h"
#include "unit.h"

static void keeps_every_byte_while_growing(void **state)
{
    (void)state;
    struct buffer b = {0};
    for (int i = 0; i < 5000; i++) {
        buffer_add_char(&b, (char)i);
        assert_true(b.capacity > b.size);
    }
    assert_int_equal(5000, b.size);
    for (int i = 0; i < 5000; i++)
        assert_int_equal((char)i, b.data[i]);
    buffer_fini(&b);
    assert_null(b.data);
    assert_int_equal(0, b.capacity);
}

static void joins_all_ways_of_adding(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_add(&b, "a\0b", 3);
    buffer_add(&b, NULL, 0);
    buffer_add_text(&b, "");
    buffer_add_text(&b, "text ");
    buffer_add_int(&b, INT64_MIN);
    buffer_add_char(&b, ' ');
    buffer_add_int(&b, INT64_MAX);
    buffer_printf(&b, " %s-%03d", "x", 7);
    const char expected[] =
        "a\0btext -9223372036854775808 9223372036854775807 x-007";
    assert_int_equal(sizeof expected - 1, b.size);
    assert_memory_equal(expected, buffer_text(&b), sizeof expected);
    buffer_fini(&b);
}

static void printf_outgrows_the_first_block(void **state)
{
    (void)state;
    struct buffer b = {0};
    for (int i = 0; i < 100; i++)
        buffer_printf(&b, "%0*d", i, 0);
    assert_int_equal(99 * 100 / 2 + 1, b.size); /* "%00d" prints one digit */
    assert_int_equal(b.size, strlen(buffer_text(&b)));
    assert_int_equal(b.size, strspn(buffer_text(&b), "0"));
    buffer_printf(&b, "%s", "");
    assert_int_equal(99 * 100 / 2 + 1, b.size);
    buffer_fini(&b);
}

static void an_empty_buffer_is_an_empty_text(void **state)
{
    (void)state;
    struct buffer b = {0};
    assert_string_equal("", buffer_text(&b));
    assert_int_equal(0, b.size);
    buffer_fini(&b);
}

static void clear_keeps_memory_and_trim_gives_back_much(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_reserve(&b, 1000);
    size_t capacity = b.capacity;
    buffer_add_text(&b, "abc");
    buffer_clear(&b);
    assert_int_equal(capacity, b.capacity);
    assert_string_equal("", buffer_text(&b));
    buffer_trim(&b, capacity);
    assert_int_equal(capacity, b.capacity);
    buffer_trim(&b, capacity - 1);
    assert_int_equal(0, b.capacity);
    assert_null(b.data);
}

static void reserve_gives_room_behind_what_is_there(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_add_text(&b, "head");
    char *room = buffer_reserve(&b, 300);
    assert_ptr_equal(b.data + 4, room);
    memset(room, 'x', 300);
    b.size += 300;
    assert_int_equal(304, strlen(buffer_text(&b)));
    buffer_fini(&b);
}

static void a_fitted_buffer_has_no_room_left(void **state)
{
    (void)state;
    struct buffer b = {0};
    buffer_fit(&b);
    for (int i = 0; i < 1000; i++)
        buffer_add_text(&b, "ten bytes.");
    buffer_fit(&b);
    assert_int_equal(10001, b.capacity);
    assert_string_equal(".", buffer_text(&b) + 9999);
    buffer_add_text(&b, "more");
    assert_string_equal(".more", buffer_text(&b) + 9999);
    buffer_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fitted_buffer_has_no_room_left),
        cmocka_unit_test(keeps_every_byte_while_growing),
        cmocka_unit_test(joins_all_ways_of_adding),
        cmocka_unit_test(printf_outgrows_the_first_block),
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(clear_keeps_memory_and_trim_gives_back_much),
        cmocka_unit_test(reserve_gives_room_behind_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
