/* coding: what is applied is undone, what is broken is refused or at least
 * bounded, and nothing reads or writes beyond its memory. */
#include "base/buffer.h"
#include "io/coding.h"
#include "unit.h"

enum { PLAIN_BYTES = 200000, FUZZ_ROUNDS = 3000 };

static const char *const NAMES[] = {"gzip", "deflate", "br", "zstd"};

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static char *make_plain(size_t size)
{
    char *plain = malloc(size);
    uint32_t seed = 11;
    for (size_t i = 0; i < size; i++)
        plain[i] = "abcdefgh"[next_random(&seed) % 8];
    return plain;
}

static const struct coding *coding_called(const char *name)
{
    const struct coding *c = coding_find(name, strlen(name));
    assert_non_null(c);
    return c;
}

/* A body that lies in memory of exactly its size. */
static enum http_failure undo(const struct coding *c, const char *body,
                              size_t size, size_t max, struct buffer *out)
{
    char *exact = exact_copy(body, size);
    enum http_failure failure = c->undo(exact, size, max, out);
    free(exact);
    return failure;
}

static void finds_names_in_any_case(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } rows[] = {{"gzip", "gzip"}, {"X-GZIP", "gzip"}, {"Deflate", "deflate"},
                {"BR", "br"},     {"zStd", "zstd"},   {"", NULL},
                {"b", NULL},      {"brotli", NULL},   {"compress", NULL},
                {"gzi", NULL},    {"identity", NULL}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct coding *c =
            coding_find(rows[i].text, strlen(rows[i].text));
        assert_int_equal(rows[i].name != NULL, c != NULL);
        if (c)
            assert_string_equal(rows[i].name, c->name);
    }
}

static void undoes_what_it_applies(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,     100,    16383,
                                   16384, 16385, 131072, PLAIN_BYTES};
    char *plain = make_plain(PLAIN_BYTES);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            const struct coding *c = coding_called(NAMES[i]);
            struct buffer body = {0}, out = {0};
            c->apply(plain, sizes[k], &body);
            assert_true(sizes[k] < 1000 || body.size < sizes[k] / 2);
            assert_int_equal(HTTP_OK,
                             undo(c, body.data, body.size, sizes[k], &out));
            assert_int_equal(sizes[k], out.size);
            if (sizes[k])
                assert_memory_equal(plain, out.data, sizes[k]);
            buffer_clear(&out);
            if (sizes[k])
                assert_int_equal(HTTP_TOO_LARGE, undo(c, body.data, body.size,
                                                      sizes[k] - 1, &out));
            buffer_fini(&body);
            buffer_fini(&out);
        }
    free(plain);
}

static void refuses_every_truncation_and_what_follows(void **state)
{
    (void)state;
    char *plain = make_plain(300);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        const struct coding *c = coding_called(NAMES[i]);
        struct buffer body = {0}, out = {0};
        c->apply(plain, 300, &body);
        for (size_t size = 1; size < body.size; size++) {
            assert_int_equal(HTTP_DECODING,
                             undo(c, body.data, size, 300, &out));
            buffer_clear(&out);
        }
        buffer_add_text(&body, "\xff\xffgarbage");
        assert_int_equal(HTTP_DECODING,
                         undo(c, body.data, body.size, 300, &out));
        buffer_fini(&body);
        buffer_fini(&out);
    }
    free(plain);
}

/* gzip's members and zstd's frames may follow each other. */
static void joins_what_may_be_joined(void **state)
{
    (void)state;
    static const char *const names[] = {"gzip", "deflate", "zstd"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct coding *c = coding_called(names[i]);
        struct buffer body = {0}, out = {0};
        c->apply("first ", 6, &body);
        c->apply("", 0, &body);
        c->apply("second", 6, &body);
        assert_int_equal(HTTP_OK, undo(c, body.data, body.size, 12, &out));
        assert_string_equal("first second", buffer_text(&out));
        buffer_fini(&body);
        buffer_fini(&out);
    }
}

/* Flipped, cut, doubled and overwritten bytes of a good body: whatever comes
 * out is bounded and no crash. */
static void stays_within_its_limit_on_damaged_bodies(void **state)
{
    (void)state;
    enum { SIZE = 5000, LIMIT = 6000 };
    char *plain = make_plain(SIZE);
    uint32_t seed = 3;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        const struct coding *c = coding_called(NAMES[i]);
        struct buffer good = {0}, bad = {0}, out = {0};
        unsigned refused = 0;
        c->apply(plain, SIZE, &good);
        for (int round = 0; round < FUZZ_ROUNDS; round++) {
            buffer_clear(&bad);
            buffer_clear(&out);
            buffer_add(&bad, good.data, good.size);
            uint32_t changes = 1 + next_random(&seed) % 4;
            for (uint32_t k = 0; k < changes; k++)
                bad.data[next_random(&seed) % bad.size] ^=
                    (char)(1 + next_random(&seed) % 255);
            if (next_random(&seed) % 4 == 0)
                bad.size = 1 + next_random(&seed) % bad.size;
            refused += undo(c, bad.data, bad.size, LIMIT, &out) != HTTP_OK;
            assert_true(out.size <= LIMIT + 1);
        }
        assert_true(refused > FUZZ_ROUNDS / 4);
        buffer_fini(&good);
        buffer_fini(&bad);
        buffer_fini(&out);
    }
    free(plain);
}

static void refuses_noise(void **state)
{
    (void)state;
    uint32_t seed = 5;
    char noise[256];
    for (int round = 0; round < FUZZ_ROUNDS; round++) {
        size_t size = 1 + next_random(&seed) % sizeof noise;
        struct buffer out = {0};
        for (size_t i = 0; i < size; i++)
            noise[i] = (char)next_random(&seed);
        for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
            buffer_clear(&out);
            undo(coding_called(NAMES[i]), noise, size, 1000, &out);
            assert_true(out.size <= 1001);
        }
        buffer_fini(&out);
    }
}

static void a_bomb_costs_no_more_than_its_limit(void **state)
{
    (void)state;
    enum { BOMB = 64 << 20 };
    static const size_t limits[] = {0, 1, 100000, BOMB - 1, BOMB};
    char *zeroes = calloc(1, BOMB);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        const struct coding *c = coding_called(NAMES[i]);
        struct buffer body = {0};
        c->apply(zeroes, BOMB, &body);
        assert_true(body.size < 100000);
        for (size_t k = 0; k < COUNT_OF(limits); k++) {
            struct buffer out = {0};
            assert_int_equal(limits[k] == BOMB ? HTTP_OK : HTTP_TOO_LARGE,
                             undo(c, body.data, body.size, limits[k], &out));
            assert_true(out.size <= limits[k] + 1);
            assert_true(out.capacity <= 2 * limits[k] + 64 * 1024);
            buffer_fini(&out);
        }
        buffer_fini(&body);
    }
    free(zeroes);
}

/* RFC 9659: a window of 16 MB, which a decoder would have to allocate. */
static void refuses_the_windows_of_zstd_that_nobody_may_send(void **state)
{
    (void)state;
    static const char frame[] = "\x28\xb5\x2f\xfd\x00\x70\x01\x00\x00";
    static const char small[] = "\x28\xb5\x2f\xfd\x00\x68\x01\x00\x00";
    const struct coding *c = coding_called("zstd");
    struct buffer out = {0};
    assert_int_equal(HTTP_DECODING,
                     undo(c, frame, sizeof frame - 1, 1 << 30, &out));
    assert_int_equal(HTTP_OK, undo(c, small, sizeof small - 1, 1 << 30, &out));
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_names_in_any_case),
        cmocka_unit_test(undoes_what_it_applies),
        cmocka_unit_test(refuses_every_truncation_and_what_follows),
        cmocka_unit_test(joins_what_may_be_joined),
        cmocka_unit_test(stays_within_its_limit_on_damaged_bodies),
        cmocka_unit_test(refuses_noise),
        cmocka_unit_test(a_bomb_costs_no_more_than_its_limit),
        cmocka_unit_test(refuses_the_windows_of_zstd_that_nobody_may_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
