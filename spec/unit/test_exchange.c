/* exchange: who gets what of what users share. Workers are turned by hand, so
 * that every order of events can be had. */
#include <stdio.h>

#include "engine/exchange.h"
#include "engine/plan.h"
#include "engine/worker.h"
#include "fake_plan.h"
#include "fake_worker.h"
#include "unit.h"

enum { WORKERS = 2, WAITERS = 3 };

struct user {
    struct waiter waiter;
    int told;
    char got; /* '\0': nothing */
};

static struct {
    struct run_plan plan;
    struct worker workers[WORKERS];
    struct exchange exchange;
    struct user users[WAITERS];
} f;

static void on_done(struct waiter *w)
{
    struct user *user = w->owner;
    user->told++;
    user->got = w->packet ? w->packet->bytes[0] : '\0';
    if (w->packet && w->item->kind == ITEM_QUEUE)
        packet_free(w->packet);
}

static int begin(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    fake_plan_init(&f.plan, WORKERS);
    plan_seal(&f.plan);
    for (uint32_t i = 0; i < WORKERS; i++)
        fake_worker_init(&f.workers[i], &f.plan, i);
    exchange_init(&f.exchange);
    for (int i = 0; i < WAITERS; i++)
        f.users[i].waiter = (struct waiter){.worker = &f.workers[i % WORKERS],
                                            .owner = &f.users[i],
                                            .done = on_done};
    return 0;
}

static int end(void **state)
{
    (void)state;
    exchange_fini(&f.exchange);
    for (uint32_t i = 0; i < WORKERS; i++)
        fake_worker_fini(&f.workers[i]);
    plan_fini(&f.plan);
    return 0;
}

static struct item *item(enum item_kind kind, const char *name)
{
    return exchange_item(&f.exchange, kind, name, strlen(name));
}

static bool push(struct item *i, char c)
{
    struct packet *p = packet_new(&c, 1);
    bool taken = exchange_push(&f.exchange, i, p);
    if (!taken)
        packet_free(p);
    return taken;
}

static char pop(struct item *i)
{
    struct packet *p = exchange_pop(&f.exchange, i, NULL);
    char c = p ? p->bytes[0] : '\0';
    packet_free(p);
    return c;
}

static void wait_for(struct item *i, int user)
{
    assert_null(exchange_pop(&f.exchange, i, &f.users[user].waiter));
}

static void tell(void)
{
    for (int i = 0; i < WORKERS; i++)
        worker_tell_served(&f.workers[i]);
}

static void names_stand_for_one_thing_of_a_kind(void **state)
{
    (void)state;
    struct item *a = item(ITEM_COUNTER, "a");
    assert_ptr_equal(a, item(ITEM_COUNTER, "a"));
    assert_ptr_not_equal(a, item(ITEM_QUEUE, "a"));
    assert_ptr_not_equal(a, item(ITEM_COUNTER, "b"));
    assert_ptr_not_equal(a, exchange_item(&f.exchange, ITEM_COUNTER, "a\0", 2));
    for (int n = 0; n < EXCHANGE_NAMES_MAX; n++) {
        char name[16];
        snprintf(name, sizeof name, "%d", n);
        item(ITEM_COUNTER, name);
    }
    assert_null(item(ITEM_COUNTER, "one more"));
    assert_ptr_equal(a, item(ITEM_COUNTER, "a"));
}

static void a_queue_is_first_in_first_out(void **state)
{
    (void)state;
    struct item *q = item(ITEM_QUEUE, "q");
    assert_int_equal('\0', pop(q));
    assert_true(push(q, 'a') && push(q, 'b') && push(q, 'c'));
    assert_int_equal(3, q->count);
    assert_int_equal('a', pop(q));
    assert_int_equal('b', pop(q));
    assert_int_equal('c', pop(q));
    assert_int_equal(0, q->count);
}

static void a_full_queue_takes_no_more(void **state)
{
    (void)state;
    struct item *q = item(ITEM_QUEUE, "q");
    assert_true(exchange_set_limit(&f.exchange, q, 2));
    assert_true(exchange_set_limit(&f.exchange, q, 2));
    assert_false(exchange_set_limit(&f.exchange, q, 3));
    assert_true(push(q, 'a') && push(q, 'b'));
    assert_false(push(q, 'c'));
    assert_int_equal('a', pop(q));
    assert_true(push(q, 'c'));
}

static void waiters_are_served_in_their_order(void **state)
{
    (void)state;
    struct item *q = item(ITEM_QUEUE, "q");
    wait_for(q, 0);
    wait_for(q, 1);
    wait_for(q, 2);
    assert_true(push(q, 'a') && push(q, 'b'));
    assert_int_equal(0, f.users[0].told);
    tell();
    assert_int_equal('a', f.users[0].got);
    assert_int_equal('b', f.users[1].got);
    assert_int_equal(0, f.users[2].told);
    assert_true(push(q, 'c'));
    tell();
    assert_int_equal('c', f.users[2].got);
    assert_int_equal('\0', pop(q));
}

static void who_leaves_takes_nothing_along(void **state)
{
    (void)state;
    struct item *q = item(ITEM_QUEUE, "q");
    wait_for(q, 0);
    wait_for(q, 1);
    exchange_leave(&f.exchange, &f.users[0].waiter);
    assert_true(push(q, 'a'));
    assert_true(push(q, 'b'));
    exchange_leave(&f.exchange, &f.users[1].waiter); /* has 'a' already */
    tell();
    assert_int_equal(0, f.users[0].told + f.users[1].told);
    assert_int_equal(2, q->count);
    assert_int_equal('a', pop(q));
    wait_for(item(ITEM_QUEUE, "other"), 2);
    exchange_leave(&f.exchange, &f.users[2].waiter);
}

static void what_goes_back_serves_who_waits(void **state)
{
    (void)state;
    struct item *q = item(ITEM_QUEUE, "q");
    wait_for(q, 0);
    wait_for(q, 1);
    assert_true(push(q, 'a'));
    exchange_leave(&f.exchange, &f.users[0].waiter);
    tell();
    assert_int_equal('a', f.users[1].got);
}

static enum once_answer begin_once(struct item *i, int user)
{
    return exchange_begin_once(&f.exchange, i, &f.users[user].waiter);
}

static void once_is_made_by_one_for_all(void **state)
{
    (void)state;
    struct item *o = item(ITEM_ONCE, "o");
    assert_int_equal(ONCE_YOUR_TURN, begin_once(o, 0));
    assert_int_equal(ONCE_WAIT, begin_once(o, 1));
    assert_int_equal(ONCE_WAIT, begin_once(o, 2));
    exchange_end_once(&f.exchange, o, packet_new("m", 1));
    tell();
    assert_int_equal('m', f.users[1].got);
    assert_int_equal('m', f.users[2].got);
    assert_int_equal(ONCE_IS_MADE, begin_once(o, 0));
}

static void a_failure_is_the_next_ones_turn(void **state)
{
    (void)state;
    struct item *o = item(ITEM_ONCE, "o");
    begin_once(o, 0);
    begin_once(o, 1);
    begin_once(o, 2);
    exchange_end_once(&f.exchange, o, NULL);
    exchange_leave(&f.exchange, &f.users[1].waiter); /* had its turn */
    tell();
    assert_int_equal(0, f.users[1].told);
    assert_int_equal(1, f.users[2].told);
    assert_int_equal('\0', f.users[2].got);
    exchange_end_once(&f.exchange, o, NULL);
    assert_int_equal(ONCE_YOUR_TURN, begin_once(o, 0));
}

static void another_run_begins_with_nothing(void **state)
{
    (void)state;
    struct item *q = item(ITEM_QUEUE, "q"), *o = item(ITEM_ONCE, "o");
    struct item *c = item(ITEM_COUNTER, "c");
    push(q, 'a');
    begin_once(o, 0);
    exchange_end_once(&f.exchange, o, packet_new("m", 1));
    assert_int_equal(5, exchange_count(c, 5));
    assert_int_equal(3, exchange_count(c, -2));
    exchange_clear(&f.exchange);
    assert_int_equal('\0', pop(q));
    assert_int_equal(0, exchange_count(c, 0));
    assert_int_equal(ONCE_YOUR_TURN, begin_once(o, 0));
    assert_ptr_equal(q, item(ITEM_QUEUE, "q"));
}

#define WITH_EXCHANGE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_EXCHANGE(names_stand_for_one_thing_of_a_kind),
        WITH_EXCHANGE(a_queue_is_first_in_first_out),
        WITH_EXCHANGE(a_full_queue_takes_no_more),
        WITH_EXCHANGE(waiters_are_served_in_their_order),
        WITH_EXCHANGE(who_leaves_takes_nothing_along),
        WITH_EXCHANGE(what_goes_back_serves_who_waits),
        WITH_EXCHANGE(once_is_made_by_one_for_all),
        WITH_EXCHANGE(a_failure_is_the_next_ones_turn),
        WITH_EXCHANGE(another_run_begins_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
