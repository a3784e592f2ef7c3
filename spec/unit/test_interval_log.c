/* interval_log: every sample in exactly one line, whole lines only, and the
 * file as good as the disk allows. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "engine/interval_log.h"
#include "engine/plan.h"
#include "engine/registry.h"
#include "engine/stored_windows.h"
#include "fake_plan.h"
#include "unit.h"

struct fixture {
    struct run_plan plan;
    struct registry names;
    struct interval_log log;
    struct shard delta;
    char path[64];
};

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    struct error err = {0};
    fake_plan_init(&f.plan, 1);
    fake_plan_constant(&f.plan, PROFILE_VUS, 10, NS_PER_S);
    fake_plan_constant(&f.plan, PROFILE_VUS, 10, NS_PER_S);
    plan_add_metric(&f.plan, "own", METRIC_TREND);
    plan_seal(&f.plan);
    registry_init(&f.names);
    struct shard_shape shape = plan_shape(&f.plan);
    shard_init(&f.delta, &shape);
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
    strcpy(f.path, "/tmp/lload-log-XXXXXX");
    close(mkstemp(f.path));
    assert_true(interval_log_open(&f.log, &f.plan, f.path, 1500, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(f.path);
    shard_fini(&f.delta);
    registry_fini(&f.names);
    plan_fini(&f.plan);
    return 0;
}

static void close_log(void)
{
    struct error err = {0};
    assert_true(interval_log_close(&f.log, &err));
}

/* So many requests of a name, each of so many ms, in the first step of both
 * profiles in turn. */
static void measure(const char *name, uint64_t count, int64_t ms)
{
    uint32_t number = registry_name(&f.names, name, strlen(name));
    struct request_row *row = shard_request(&f.delta, number);
    for (uint64_t i = 0; i < count; i++) {
        row->count++;
        histogram_record(&row->duration, ms * NS_PER_MS, HISTOGRAM_MAX_TIME_NS);
        histogram_record(&f.delta.steps[i % 2].duration, ms * NS_PER_MS,
                         HISTOGRAM_MAX_TIME_NS);
    }
    interval_log_merge_request(&f.log, number, row);
    interval_log_merge(&f.log, &f.delta);
    shard_reset(&f.delta);
}

static void read_back(struct stored_windows *w)
{
    struct error err = {0};
    if (!stored_windows_open(w, f.path, &err))
        fail_msg("%s", err.text);
}

static uint32_t series(const struct stored_windows *w, const char *name)
{
    return intern_find(&w->series, name, strlen(name));
}

/* How many samples a series has in windows that begin within. */
static uint64_t count(struct stored_windows *w, const char *name, double from_s,
                      double to_s)
{
    struct histogram h = {0};
    struct error err = {0};
    uint32_t number = series(w, name);
    if (number == INTERN_NONE)
        return 0;
    assert_true(stored_windows_merge(w, number, from_s, to_s, &h, &err));
    uint64_t all = h.count;
    histogram_fini(&h);
    return all;
}

static uint64_t count_all(struct stored_windows *w, const char *name)
{
    return count(w, name, -1e9, 1e9);
}

static void every_sample_is_in_one_line_of_each_series(void **state)
{
    (void)state;
    struct stored_windows w;
    measure("GET /setup", 3, 1);
    interval_log_begin_stage(&f.log, &f.names, 4 * NS_PER_S, NS_PER_S);
    for (int64_t i = 1; i <= 5; i++) {
        measure("GET /a", (uint64_t)i, 10 * i);
        measure("a, b 100%", 2, 5);
        interval_log_tick(&f.log, &f.names, i * NS_PER_S);
    }
    interval_log_end_stage(&f.log, &f.names, 5 * NS_PER_S);
    measure("GET /teardown", 1, 1);
    interval_log_end(&f.log, &f.names, 6 * NS_PER_S);
    close_log();
    read_back(&w);
    assert_int_equal(5, w.stage_count);
    assert_int_equal(7, w.window_count);
    assert_true(w.windows[0].from_s == -4 && w.windows[0].to_s == -1);
    assert_true(w.started_s == 1.5);
    assert_int_equal(29, count_all(&w, "http_req_duration"));
    assert_int_equal(15, count_all(&w, "http_req_duration{name:GET /a}"));
    assert_int_equal(10, count_all(&w, "http_req_duration{name:a, b 100%}"));
    assert_int_equal(3, count_all(&w, "http_req_duration{name:GET /setup}"));
    assert_int_equal(29, count_all(&w, "http_req_duration{step:1}"));
    assert_int_equal(0, count_all(&w, "http_req_duration{step:2}"));
    assert_int_equal(25, count(&w, "http_req_duration", 0, 5));
    assert_int_equal(2 + 3 + 4,
                     count(&w, "http_req_duration{name:GET /a}", 1, 4));
    stored_windows_close(&w);
}

static void a_window_can_be_taken_alone_and_again(void **state)
{
    (void)state;
    struct stored_windows w;
    struct histogram h = {0};
    struct error err = {0};
    interval_log_begin_stage(&f.log, &f.names, NS_PER_S, 0);
    for (int64_t i = 1; i <= 4; i++) {
        if (i != 3)
            measure("GET /a", (uint64_t)i, 10 * i);
        interval_log_tick(&f.log, &f.names, i * NS_PER_S);
    }
    interval_log_end(&f.log, &f.names, 4 * NS_PER_S);
    close_log();
    read_back(&w);
    uint32_t number = series(&w, "http_req_duration");
    assert_int_equal(4, w.stage_count);
    assert_true(stored_windows_merge_one(&w, number, 2, &h, &err));
    assert_int_equal(0, h.count); /* nothing happened in it */
    for (int i = 0; i < 3; i++)
        assert_true(stored_windows_merge_one(&w, number, 3, &h, &err));
    assert_int_equal(12, h.count);
    assert_int_equal(histogram_bin(40 * NS_PER_MS), histogram_bin(h.max));
    histogram_fini(&h);
    stored_windows_close(&w);
}

/* A second for the first so many, then two each, then four. */
static void windows_get_wider_and_lose_nothing(void **state)
{
    (void)state;
    enum { TICKS = INTERVAL_LOG_WINDOWS * 3 + 400 };
    struct stored_windows w;
    interval_log_begin_stage(&f.log, &f.names, NS_PER_S, 0);
    for (int64_t i = 1; i <= TICKS; i++) {
        measure("GET /a", 1, 7);
        interval_log_tick(&f.log, &f.names, i * NS_PER_S);
    }
    interval_log_end_stage(&f.log, &f.names, TICKS * NS_PER_S);
    interval_log_end(&f.log, &f.names, TICKS * NS_PER_S);
    close_log();
    read_back(&w);
    assert_int_equal(2 * INTERVAL_LOG_WINDOWS + 100, w.stage_count);
    assert_true(w.windows[INTERVAL_LOG_WINDOWS].to_s ==
                INTERVAL_LOG_WINDOWS + 2);
    assert_true(w.windows[w.stage_count - 1].to_s == TICKS);
    assert_int_equal(TICKS, count_all(&w, "http_req_duration"));
    stored_windows_close(&w);
}

static void without_a_stage_all_is_setup(void **state)
{
    (void)state;
    struct stored_windows w;
    measure("GET /a", 2, 1);
    interval_log_end(&f.log, &f.names, 3 * NS_PER_S);
    close_log();
    read_back(&w);
    assert_int_equal(0, w.stage_count);
    assert_int_equal(2, count_all(&w, "http_req_duration"));
    stored_windows_close(&w);
}

/* The window that no longer fits is left out whole. */
static void a_full_disk_leaves_whole_windows(void **state)
{
    (void)state;
    struct rlimit before, small;
    struct error err = {0};
    struct stored_windows w;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 8000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    interval_log_begin_stage(&f.log, &f.names, NS_PER_S, 0);
    for (int64_t i = 1; i <= 100; i++) {
        measure("GET /a", 5, i);
        interval_log_tick(&f.log, &f.names, i * NS_PER_S);
    }
    interval_log_end(&f.log, &f.names, 100 * NS_PER_S);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(interval_log_close(&f.log, &err));
    assert_string_equal("File too large", err.text);
    read_back(&w);
    assert_true(w.stage_count > 2 && w.stage_count < 100);
    assert_int_equal(5 * w.stage_count, count_all(&w, "http_req_duration"));
    stored_windows_close(&w);
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    struct interval_log log;
    struct error err = {0};
    assert_false(interval_log_open(&log, &f.plan, "/nonexistent/x", 0, &err));
    assert_string_equal("No such file or directory", err.text);
    interval_log_end(&f.log, &f.names, NS_PER_S);
    close_log();
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOG(every_sample_is_in_one_line_of_each_series),
        WITH_LOG(a_window_can_be_taken_alone_and_again),
        WITH_LOG(windows_get_wider_and_lose_nothing),
        WITH_LOG(without_a_stage_all_is_setup),
        WITH_LOG(a_full_disk_leaves_whole_windows),
        WITH_LOG(what_cannot_be_opened_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
