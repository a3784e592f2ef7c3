/* sample_log: every sample is written, or counted as lost. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/record_request.h"
#include "engine/sample.h"
#include "engine/sample_log.h"
#include "engine/worker.h"
#include "fake_plan.h"
#include "fake_worker.h"
#include "unit.h"

enum { WORKERS = 2 };

static struct {
    struct run_plan plan;
    struct worker workers[WORKERS];
    char path[64];
    struct sample_log *log;
} f;

static void begin(const char *path)
{
    struct error err;
    fake_plan_init(&f.plan, WORKERS);
    fake_plan_constant(&f.plan, PROFILE_VUS, 2, NS_PER_S);
    plan_seal(&f.plan);
    for (uint32_t i = 0; i < WORKERS; i++)
        fake_worker_init(&f.workers[i], &f.plan, i);
    f.log = sample_log_open(path, &err);
    if (!f.log)
        fail_msg("%s", err.text);
}

static int end(void **state)
{
    (void)state;
    sample_log_close(f.log);
    for (uint32_t i = 0; i < WORKERS; i++)
        fake_worker_fini(&f.workers[i]);
    plan_fini(&f.plan);
    if (*f.path)
        unlink(f.path);
    *f.path = '\0';
    return 0;
}

static void temporary_path(const char *suffix)
{
    snprintf(f.path, sizeof f.path, "/tmp/lload-samples-%d%s", (int)getpid(),
             suffix);
}

static void put_samples(uint32_t worker, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct sample *s = sample_ring_next(f.workers[worker].samples);
        if (!s)
            continue;
        *s = (struct sample){.step = RECORD_NO_STEP,
                             .part = PART_ITERATION,
                             .iteration = i + 1,
                             .method = "GET"};
        sample_ring_put(f.workers[worker].samples);
    }
}

static struct sample_report run(uint64_t count, int64_t wait_ns)
{
    sample_log_begin(f.log, &f.plan, f.workers, clock_now_ns(), 0);
    for (uint32_t i = 0; i < WORKERS; i++)
        put_samples(i, count);
    sample_log_end(f.log, clock_now_ns() + wait_ns, false);
    return sample_log_report(f.log);
}

static uint64_t lines_in(const char *path)
{
    FILE *file = fopen(path, "r");
    uint64_t lines = 0;
    int c;
    assert_non_null(file);
    while ((c = getc(file)) != EOF)
        lines += c == '\n';
    fclose(file);
    return lines;
}

static void all_workers_samples_are_written(void **state)
{
    (void)state;
    temporary_path(".ndjson");
    begin(f.path);
    struct sample_report r = run(5000, 20 * NS_PER_S);
    assert_int_equal(5000 * WORKERS, r.written);
    assert_int_equal(0, r.dropped + r.failed);
    r = run(10, 20 * NS_PER_S); /* the next run counts anew */
    assert_int_equal(10 * WORKERS, r.written);
    assert_int_equal(5010 * WORKERS, lines_in(f.path));
}

/* The thread is stuck, the ring is full, and every sample is accounted for. */
static void what_nobody_reads_is_counted(void **state)
{
    (void)state;
    temporary_path(".pipe");
    assert_int_equal(0, mkfifo(f.path, 0600));
    int reader = open(f.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    begin(f.path);
    struct sample_report r = run(100000, 50 * NS_PER_MS);
    assert_true(r.failed > 0);
    assert_true(r.dropped > 0);
    assert_int_equal(100000 * WORKERS, r.written + r.failed + r.dropped);
    assert_non_null(strstr(r.cause.text, "does not read on"));
    close(reader);
}

static void a_full_disk_fails_them_all(void **state)
{
    (void)state;
    begin("/dev/full");
    struct sample_report r = run(100, 20 * NS_PER_S);
    assert_int_equal(0, r.written);
    assert_int_equal(100 * WORKERS, r.failed);
    assert_non_null(strstr(r.cause.text, "No space left"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_workers_samples_are_written, end),
        cmocka_unit_test_teardown(what_nobody_reads_is_counted, end),
        cmocka_unit_test_teardown(a_full_disk_fails_them_all, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
