/* list: order, and links that know whether they are in a list. */
#include "base/list.h"
#include "unit.h"

enum { NODES = 5 };

struct node {
    int padding;
    struct list link;
    int number;
};

struct fixture {
    struct list head;
    struct node nodes[NODES];
};

static void fill(struct fixture *f)
{
    list_init(&f->head);
    for (int i = 0; i < NODES; i++) {
        f->nodes[i].number = i;
        list_init(&f->nodes[i].link);
        list_append(&f->head, &f->nodes[i].link);
    }
}

/* The numbers of a list, taken out, as one decimal number. */
static int take_all(struct list *head)
{
    int digits = 0;
    struct list *l;
    while ((l = list_take(head))) {
        assert_true(list_is_empty(l));
        digits = digits * 10 + list_entry(l, struct node, link)->number + 1;
    }
    return digits;
}

static void gives_back_in_order(void **state)
{
    (void)state;
    struct fixture f;
    fill(&f);
    assert_int_equal(12345, take_all(&f.head));
    assert_true(list_is_empty(&f.head));
    assert_null(list_take(&f.head));
}

static void removes_from_anywhere_and_twice(void **state)
{
    (void)state;
    static const struct {
        int removed, left;
    } rows[] = {{0, 2345}, {2, 1245}, {4, 1234}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fixture f;
        fill(&f);
        struct list *link = &f.nodes[rows[i].removed].link;
        list_remove(link);
        list_remove(link);
        assert_true(list_is_empty(link));
        assert_int_equal(rows[i].left, take_all(&f.head));
    }
}

static void moves_everything_to_another_list(void **state)
{
    (void)state;
    struct fixture f;
    struct list to;
    fill(&f);
    list_move_all(&f.head, &to);
    assert_true(list_is_empty(&f.head));
    list_remove(&f.nodes[0].link);
    list_append(&f.head, &f.nodes[0].link);
    assert_int_equal(2345, take_all(&to));
    assert_int_equal(1, take_all(&f.head));
    list_move_all(&f.head, &to);
    assert_true(list_is_empty(&to));
}

static void moves_everything_to_the_front_of_another_list(void **state)
{
    (void)state;
    struct fixture f;
    struct list first, none;
    fill(&f);
    list_init(&first);
    list_init(&none);
    for (int i = 3; i < NODES; i++) {
        list_remove(&f.nodes[i].link);
        list_append(&first, &f.nodes[i].link);
    }
    list_prepend_all(&first, &f.head);
    assert_true(list_is_empty(&first));
    list_prepend_all(&none, &f.head);
    assert_int_equal(45123, take_all(&f.head));
    fill(&f);
    list_prepend_all(&f.head, &none);
    assert_int_equal(12345, take_all(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_in_order),
        cmocka_unit_test(removes_from_anywhere_and_twice),
        cmocka_unit_test(moves_everything_to_another_list),
        cmocka_unit_test(moves_everything_to_the_front_of_another_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
