/* sample: a ring that one thread fills and another empties. */
#include <pthread.h>

#include "engine/sample.h"
#include "unit.h"

enum { SLOTS = 8, MANY = 200000 };

static bool put(struct sample_ring *r, uint64_t number)
{
    struct sample *to = sample_ring_next(r);
    if (!to)
        return false;
    *to = (struct sample){.iteration = number};
    sample_ring_put(r);
    return true;
}

static void what_finds_no_room_is_counted(void **state)
{
    (void)state;
    struct sample_ring r;
    sample_ring_init(&r, SLOTS);
    assert_int_equal(0, sample_ring_count(&r));
    for (uint64_t i = 0; i < SLOTS; i++)
        assert_true(put(&r, i));
    assert_false(put(&r, 100));
    assert_false(put(&r, 101));
    assert_int_equal(SLOTS, sample_ring_count(&r));
    assert_int_equal(2, atomic_load(&r.dropped));
    sample_ring_take(&r, 3);
    for (uint64_t i = SLOTS; i < SLOTS + 3; i++)
        assert_true(put(&r, i));
    assert_false(put(&r, 102));
    for (size_t i = 0; i < SLOTS; i++)
        assert_int_equal(i + 3, sample_ring_at(&r, i)->iteration);
    sample_ring_fini(&r);
}

static void *fill(void *arg)
{
    struct sample_ring *r = arg;
    for (uint64_t i = 0; i < MANY; i++)
        put(r, i);
    return NULL;
}

/* What arrives is in order, and all that does not is counted. */
static void two_threads_lose_nothing_unseen(void **state)
{
    (void)state;
    struct sample_ring r;
    pthread_t filler;
    uint64_t arrived = 0, next = 0;
    sample_ring_init(&r, SLOTS);
    assert_int_equal(0, pthread_create(&filler, NULL, fill, &r));
    while (arrived + atomic_load(&r.dropped) < MANY) {
        size_t count = sample_ring_count(&r);
        for (size_t i = 0; i < count; i++) {
            uint64_t number = sample_ring_at(&r, i)->iteration;
            assert_true(number >= next && number < MANY);
            next = number + 1;
        }
        sample_ring_take(&r, count);
        arrived += count;
    }
    pthread_join(filler, NULL);
    assert_int_equal(0, sample_ring_count(&r));
    assert_int_equal(MANY, arrived + atomic_load(&r.dropped));
    sample_ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_finds_no_room_is_counted),
        cmocka_unit_test(two_threads_lose_nothing_unseen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
