/* thread: signals go elsewhere. */
#include <signal.h>

#include "base/thread.h"
#include "unit.h"

static void *read_mask(void *arg)
{
    pthread_sigmask(SIG_BLOCK, NULL, arg);
    return NULL;
}

static void signals_are_for_others(void **state)
{
    (void)state;
    sigset_t inside, before, after;
    pthread_t thread;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(0, sigismember(&before, SIGTERM));
    assert_int_equal(0, thread_start(&thread, read_mask, &inside));
    pthread_join(thread, NULL);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_int_equal(1, sigismember(&inside, SIGINT));
    assert_int_equal(1, sigismember(&inside, SIGTERM));
    assert_int_equal(0, sigismember(&after, SIGINT));
    assert_int_equal(0, sigismember(&after, SIGTERM));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
