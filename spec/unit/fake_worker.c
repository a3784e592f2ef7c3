#include "fake_worker.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/plan.h"
#include "engine/worker.h"
#include "fake_journey.h"
#include "unit.h"

static void on_wake(void *arg)
{
    (void)arg;
}

void fake_worker_init(struct worker *w, const struct run_plan *plan,
                      uint32_t number)
{
    struct shard_shape shape = plan_shape(plan);
    struct error err;
    *w = (struct worker){
        .plan = plan,
        .journey = &fake_journey,
        .number = number,
        .in_stage = true,
        .mailbox = {.state = WORKER_IN_STAGE,
                    .notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}};
    pthread_mutex_init(&w->mailbox.lock, NULL);
    list_init(&w->mailbox.served);
    registry_init(&w->registry);
    shard_init(&w->shards[0], &shape);
    shard_init(&w->shards[1], &shape);
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
    assert_true(loop_open(&w->loop, on_wake, w));
    if (plan->script)
        assert_true(w->journey->open(w, &err));
    w->pools = xcalloc(plan->profile_count, sizeof *w->pools);
    for (uint32_t i = 0; i < plan->profile_count; i++)
        assert_true(pool_init(&w->pools[i], w, i));
    vu_init(&w->service, w, NULL, 0, 0);
}

void fake_worker_fini(struct worker *w)
{
    for (size_t i = 0; i < w->plan->profile_count; i++) {
        pool_cut_off(&w->pools[i]);
        pool_fini(&w->pools[i]);
    }
    free(w->pools);
    vu_fini(&w->service);
    if (w->script)
        w->journey->close(w);
    loop_close(&w->loop);
    close(w->mailbox.notify_fd);
    worker_fini(w);
}

struct turner {
    struct loop_task task;
    struct loop *loop;
    int left;
};

static void turn(struct loop_task *t)
{
    struct turner *turner = list_entry(t, struct turner, task);
    if (turner->left-- > 0)
        loop_defer(turner->loop, t);
    else
        loop_stop(turner->loop);
}

void fake_worker_turn(struct worker *w, int turns)
{
    struct turner turner = {.loop = worker_loop(w), .left = turns};
    loop_task_init(&turner.task, turn);
    loop_defer(turner.loop, &turner.task);
    loop_run(turner.loop);
}
