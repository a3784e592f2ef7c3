/* series: bounded for ever, and nothing lost when windows are merged. */
#include "stats/series.h"
#include "unit.h"

static const int64_t TICK = 1000;

/* Tick i: i requests that took about i µs each, i % 3 of them failed. */
static void add_tick(struct series *s, uint64_t i)
{
    struct traffic tick = {.requests = i,
                           .failed = i % 3,
                           .sent_bytes = 3 * i,
                           .received_bytes = 5 * i};
    for (uint64_t k = 0; k < i; k++)
        histogram_record(&tick.durations, (int64_t)i * 1000,
                         HISTOGRAM_MAX_TIME_NS);
    series_add(s, (int64_t)i * TICK, (int64_t)(i + 1) * TICK,
               (struct crowd){i * 2, i * 3}, &tick);
    traffic_fini(&tick);
}

static void count_bin(uint32_t bin, uint64_t count, void *arg)
{
    (void)bin;
    *(uint64_t *)arg += count;
}

static void assert_window(const struct window *w)
{
    uint64_t requests = 0, failed = 0, last = 0, bins = 0, ticks = 0;
    double in_flight = 0;
    for (int64_t at = w->from_ns; at < w->to_ns; at += TICK) {
        last = (uint64_t)(at / TICK);
        requests += last;
        failed += last % 3;
        in_flight += (double)last * 3;
        ticks++;
    }
    struct histogram h = {0};
    window_durations(w, &h);
    histogram_each(&h, count_bin, &bins);
    assert_int_equal(requests, w->requests);
    assert_int_equal(failed, w->failed);
    assert_int_equal(last * 2, w->vus);
    assert_float_equal(in_flight / (double)ticks, window_in_flight(w), 1e-9);
    assert_int_equal(requests, bins);
    assert_int_equal(requests, h.count);
    assert_int_equal(3 * requests, w->sent_bytes);
    assert_int_equal(5 * requests, w->received_bytes);
    if (requests)
        assert_int_equal(last * 1000, h.max);
    histogram_fini(&h);
}

/* Bins far apart and counts of any size come back as they went in. */
static void packed_durations_are_exact(void **state)
{
    (void)state;
    static const uint32_t bins[] = {0, 1, 127, 128, 129, 20000, 27647};
    static const uint64_t counts[] = {
        1, 127, 128, 16384, 5, UINT32_MAX, UINT64_C(1) << 40};
    struct series s;
    struct traffic in = {0};
    struct histogram out = {0};
    series_init(&s, 4);
    for (size_t i = 0; i < COUNT_OF(bins); i++)
        histogram_add_bin(&in.durations, bins[i], counts[i]);
    series_add(&s, 0, TICK, (struct crowd){0}, &in);
    window_durations(&s.windows[0], &out);
    assert_int_equal(in.durations.count, out.count);
    for (size_t i = 0; i < COUNT_OF(bins); i++)
        assert_int_equal(counts[i], out.chunks[bins[i] / HISTOGRAM_CHUNK_BINS]
                                              [bins[i] % HISTOGRAM_CHUNK_BINS]);
    traffic_fini(&in);
    histogram_fini(&out);
    series_fini(&s);
}

static void windows_stay_few_and_cover_everything(void **state)
{
    (void)state;
    static const size_t limits[] = {2, 3, 4, 5, 8, 16, 100};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct series s;
        series_init(&s, limits[i]);
        for (uint64_t tick = 0; tick < 300; tick++) {
            add_tick(&s, tick);
            assert_true(s.count <= limits[i]);
            assert_int_equal(0, s.windows[0].from_ns);
            for (size_t w = 0; w < s.count; w++) {
                assert_window(&s.windows[w]);
                if (w)
                    assert_int_equal(s.windows[w - 1].to_ns,
                                     s.windows[w].from_ns);
            }
            int64_t end = s.windows[s.count - 1].to_ns;
            assert_int_equal((int64_t)(tick + 1) * TICK, end);
        }
        assert_true(s.count > limits[i] / 3);
        series_fini(&s);
    }
}

static void few_ticks_keep_their_own_windows(void **state)
{
    (void)state;
    struct series s;
    series_init(&s, 10);
    for (uint64_t tick = 0; tick < 10; tick++)
        add_tick(&s, tick);
    assert_int_equal(10, s.count);
    for (size_t w = 0; w < s.count; w++)
        assert_int_equal(TICK, s.windows[w].to_ns - s.windows[w].from_ns);
    add_tick(&s, 10);
    assert_int_equal(6, s.count);
    assert_int_equal(2 * TICK, s.windows[0].to_ns);
    series_fini(&s);
}

static void add_window(struct series *s, int64_t to_ns, uint64_t requests)
{
    struct traffic t = {.requests = requests, .failed = 1};
    for (uint64_t i = 0; i < requests; i++)
        histogram_record(&t.durations, 1000, HISTOGRAM_MAX_TIME_NS);
    series_add(s, s->count ? s->windows[s->count - 1].to_ns : 0, to_ns,
               (struct crowd){0}, &t);
    traffic_fini(&t);
}

static void a_stub_at_the_end_joins_the_window_before(void **state)
{
    (void)state;
    static const struct {
        int64_t stub;
        size_t windows;
        uint64_t requests; /* in the last of them */
    } rows[] = {{1, 1, 13}, {499, 1, 13}, {500, 2, 3}, {1000, 2, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct series s;
        struct histogram h = {0};
        series_init(&s, 10);
        series_finish(&s);
        add_window(&s, TICK, 10);
        series_finish(&s);
        assert_int_equal(1, s.count);
        add_window(&s, TICK + rows[i].stub, 3);
        series_finish(&s);
        assert_int_equal(rows[i].windows, s.count);
        const struct window *last = &s.windows[s.count - 1];
        assert_int_equal(TICK + rows[i].stub, last->to_ns);
        assert_int_equal(rows[i].requests, last->requests);
        assert_int_equal(3 - rows[i].windows, last->failed);
        window_durations(last, &h);
        assert_int_equal(rows[i].requests, h.count);
        histogram_fini(&h);
        series_fini(&s);
    }
}

/* 1,777 ns lie inside a bin of 64; the extremes and the sum are exact. */
static void windows_know_their_extremes(void **state)
{
    (void)state;
    struct series s;
    struct histogram h = {0};
    series_init(&s, 2);
    for (int64_t i = 0; i < 8; i++) {
        struct traffic t = {.requests = 1};
        histogram_record(&t.durations, 1777 + i, HISTOGRAM_MAX_TIME_NS);
        series_add(&s, i * TICK, (i + 1) * TICK, (struct crowd){0}, &t);
        traffic_fini(&t);
    }
    for (size_t i = 0; i < s.count; i++)
        window_durations(&s.windows[i], &h);
    assert_int_equal(2, s.count);
    assert_int_equal(8, h.count);
    assert_int_equal(1777, h.min);
    assert_int_equal(1784, h.max);
    assert_true(h.sum == 8 * 1777 + 28);
    histogram_fini(&h);
    series_fini(&s);
}

static void what_comes_late_joins_the_last_window(void **state)
{
    (void)state;
    struct series s;
    struct traffic late = {.requests = 2, .failed = 1};
    series_init(&s, 4);
    series_add_late(&s, &late);
    assert_int_equal(0, s.count);
    add_window(&s, TICK, 10);
    series_add_late(&s, &late);
    assert_int_equal(1, s.count);
    assert_int_equal(12, s.windows[0].requests);
    assert_int_equal(2, s.windows[0].failed);
    assert_int_equal(TICK, s.windows[0].to_ns);
    series_fini(&s);
}

static void an_empty_series_owns_nothing(void **state)
{
    (void)state;
    struct series s;
    series_init(&s, SERIES_WINDOWS);
    series_fini(&s);
    assert_null(s.windows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_durations_are_exact),
        cmocka_unit_test(windows_stay_few_and_cover_everything),
        cmocka_unit_test(few_ticks_keep_their_own_windows),
        cmocka_unit_test(a_stub_at_the_end_joins_the_window_before),
        cmocka_unit_test(windows_know_their_extremes),
        cmocka_unit_test(what_comes_late_joins_the_last_window),
        cmocka_unit_test(an_empty_series_owns_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
