/* hdr: what HdrHistogram's own encoder writes, and nothing lost on the way. */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"
#include "stats/hdr.h"
#include "unit.h"

static const int64_t NO_LIMIT = HISTOGRAM_MAX_VALUE;

static void fill(struct histogram *h, uint64_t seed, int count)
{
    struct random r;
    random_init(&r, seed, 0);
    for (int i = 0; i < count; i++)
        histogram_record(h,
                         random_int(&r, 0, INT64_C(1) << random_int(&r, 1, 41)),
                         HISTOGRAM_MAX_TIME_NS);
}

struct bins {
    uint32_t bin[40000];
    uint64_t count[40000];
    size_t used;
};

static void note_bin(uint32_t bin, uint64_t count, void *arg)
{
    struct bins *b = arg;
    b->bin[b->used] = bin;
    b->count[b->used++] = count;
}

static void assert_same_bins(const struct histogram *a,
                             const struct histogram *b)
{
    static struct bins left, right;
    left.used = right.used = 0;
    histogram_each(a, note_bin, &left);
    histogram_each(b, note_bin, &right);
    assert_int_equal(left.used, right.used);
    assert_memory_equal(left.bin, right.bin, left.used * sizeof *left.bin);
    assert_memory_equal(left.count, right.count,
                        left.used * sizeof *left.count);
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct histogram in = {0}, out = {0};
        struct buffer bytes = {0};
        struct error err = {0};
        fill(&in, seed, seed < 5 ? (int)seed : 5000);
        hdr_encode(&in, &bytes);
        assert_true(hdr_decode(bytes.data, bytes.size, &out, &err));
        assert_int_equal(in.count, out.count);
        assert_same_bins(&in, &out);
        histogram_fini(&in);
        histogram_fini(&out);
        buffer_fini(&bytes);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

/* Some samples, spread over three histograms that are encoded, decoded and
 * merged, as windows are. */
static void merge_windows(struct histogram *into, int64_t *samples,
                          uint64_t seed, int count)
{
    struct histogram windows[3] = {0};
    struct buffer bytes = {0};
    struct error err = {0};
    struct random r;
    random_init(&r, seed, 1);
    for (int i = 0; i < count; i++) {
        samples[i] = random_int(&r, 0, INT64_C(1) << random_int(&r, 1, 41));
        histogram_record(&windows[random_int(&r, 0, 2)], samples[i],
                         HISTOGRAM_MAX_TIME_NS);
    }
    for (int i = 0; i < 3; i++) {
        buffer_clear(&bytes);
        hdr_encode(&windows[i], &bytes);
        assert_true(hdr_decode(bytes.data, bytes.size, into, &err));
        histogram_fini(&windows[i]);
    }
    buffer_fini(&bytes);
}

/* Each order statistic of each number of samples below a thousand. */
static void few_samples_are_known_to_a_bin(void **state)
{
    (void)state;
    int64_t samples[1000];
    for (int count = 1; count < 1000; count += count < 60 ? 1 : 47) {
        struct histogram h = {0};
        merge_windows(&h, samples, (uint64_t)count, count);
        qsort(samples, (size_t)count, sizeof *samples, compare);
        for (int rank = 1; rank <= count; rank++) {
            int64_t found = histogram_percentile(&h, 100.0 * rank / count);
            assert_int_equal(histogram_bin(samples[rank - 1]),
                             histogram_bin(found));
        }
        histogram_fini(&h);
    }
}

/* Written down from the format's description: bins 0, 1 and 3, then 130. */
static void is_the_published_encoding(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x1c, 0x84, 0x93, 0x13, 0,    0,    0,
                                       10,   0,    0,    0,    0,    0,    0,
                                       0,    3,    0,    0,    0,    0,    0,
                                       0,    0,    100, /* lowest */
                                       0,    0,    0x03, 0x46, 0x30, 0xb8, 0xa0,
                                       0x00, /* an hour */
                                       0x3f, 0xf0, 0,    0,    0,    0,    0,
                                       0, /* 1.0 */
                                       2,    4,    0,    0x80, 0x08, 0xfb, 0x01,
                                       0xfe, 0xff, 0x0f};
    struct histogram h = {0};
    struct buffer bytes = {0};
    histogram_add_bin(&h, 0, 1);
    histogram_add_bin(&h, 1, 2);
    histogram_add_bin(&h, 3, 512);
    histogram_add_bin(&h, 130, 131071);
    hdr_encode(&h, &bytes);
    assert_int_equal(sizeof expected, bytes.size);
    assert_memory_equal(expected, bytes.data, bytes.size);
    histogram_fini(&h);
    buffer_fini(&bytes);
}

static void counts_of_any_size_and_bins_beyond_an_hour(void **state)
{
    (void)state;
    static const uint64_t counts[] = {1, 63, 64, UINT32_MAX,
                                      (UINT64_C(1) << 52) + 1};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        struct histogram in = {0}, out = {0};
        struct buffer bytes = {0};
        struct error err = {0};
        histogram_record(&in, NO_LIMIT, NO_LIMIT);
        histogram_add_bin(&in, 7, counts[i]);
        hdr_encode(&in, &bytes);
        assert_true(hdr_decode(bytes.data, bytes.size, &out, &err));
        assert_same_bins(&in, &out);
        histogram_fini(&in);
        histogram_fini(&out);
        buffer_fini(&bytes);
    }
}

static void assert_refused(const struct buffer *bytes, const char *why)
{
    struct histogram out = {0};
    struct error err = {0};
    assert_false(hdr_decode(bytes->data, bytes->size, &out, &err));
    assert_non_null(strstr(err.text, why));
    histogram_fini(&out);
}

/* One byte of a sound encoding changed. */
static void refuses_what_is_broken(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        char byte;
        const char *why;
    } rows[] = {{3, 0x04, "V2"},       {7, 11, "length"},
                {11, 1, "other bins"}, {15, 2, "other bins"},
                {23, 1, "other bins"}, {41, (char)0x80, "middle of a number"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct histogram h = {0};
        struct buffer bytes = {0};
        histogram_add_bin(&h, 0, 1);
        histogram_add_bin(&h, 1, 1);
        hdr_encode(&h, &bytes);
        bytes.data[rows[i].at] = rows[i].byte;
        assert_refused(&bytes, rows[i].why);
        histogram_fini(&h);
        buffer_fini(&bytes);
    }
}

static void add_payload(struct buffer *bytes, const char *payload, size_t size)
{
    struct histogram empty = {0};
    buffer_clear(bytes);
    hdr_encode(&empty, bytes);
    bytes->size = HDR_HEADER_BYTES;
    bytes->data[7] = (char)size;
    buffer_add(bytes, payload, size);
}

static void refuses_what_goes_beyond(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct histogram out = {0};
    struct error err = {0};
    /* 2^40 empty bins; -2^63 of them; 2^62 twice in one bin after the other;
     * a count in the first bin that does not exist. */
    add_payload(&bytes, "\xff\xff\xff\xff\xff\x3f", 6);
    assert_refused(&bytes, "skips more bins");
    add_payload(&bytes, "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    assert_refused(&bytes, "skips more bins");
    add_payload(&bytes, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    assert_refused(&bytes, "2^53");
    add_payload(&bytes, "\xff\xff\x05\x02", 4); /* 49152 empty ones, then one */
    assert_refused(&bytes, "more bins than there are");
    buffer_clear(&bytes);
    add_payload(&bytes, "", 0);
    assert_true(hdr_decode(bytes.data, bytes.size, &out, &err));
    assert_int_equal(0, out.count);
    bytes.size = 39;
    assert_refused(&bytes, "cut short");
    buffer_fini(&bytes);
}

static void the_wrapper_says_how_much_follows(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct error err = {0};
    size_t size;
    hdr_wrap(buffer_reserve(&bytes, HDR_WRAPPER_BYTES), 5);
    bytes.size = HDR_WRAPPER_BYTES;
    assert_memory_equal("\x1c\x84\x93\x14\0\0\0\5", bytes.data, bytes.size);
    assert_false(hdr_unwrap(bytes.data, bytes.size, &size, &err));
    assert_non_null(strstr(err.text, "length"));
    buffer_add(&bytes, "12345", 5);
    assert_true(hdr_unwrap(bytes.data, bytes.size, &size, &err));
    assert_int_equal(5, size);
    assert_false(hdr_unwrap(bytes.data, 7, &size, &err));
    bytes.data[3] = 0x13;
    assert_false(hdr_unwrap(bytes.data, bytes.size, &size, &err));
    buffer_fini(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(few_samples_are_known_to_a_bin),
        cmocka_unit_test(is_the_published_encoding),
        cmocka_unit_test(counts_of_any_size_and_bins_beyond_an_hour),
        cmocka_unit_test(refuses_what_is_broken),
        cmocka_unit_test(refuses_what_goes_beyond),
        cmocka_unit_test(the_wrapper_says_how_much_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
