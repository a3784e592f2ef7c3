/* inflate: each coding undone, alone and in lists, each broken body refused,
 * each bomb bounded. Those of zlib against zlib itself; see test_coding.c for
 * the others. */
#include <stdbool.h>

#include <zlib.h>

#include "base/buffer.h"
#include "io/coding.h"
#include "io/inflate.h"
#include "unit.h"

enum { GZIP = 15 + 16, ZLIB = 15, RAW = -15, PLAIN_BYTES = 50000 };

/* Text that compresses, though not to nothing. */
static char *make_plain(size_t size)
{
    char *plain = malloc(size);
    uint32_t seed = 7;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        plain[i] = "abcdefgh"[seed >> 29];
    }
    return plain;
}

static void deflate_into(struct buffer *out, int bits, const char *plain,
                         size_t size)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)plain,
                  .avail_in = (unsigned)size};
    assert_int_equal(
        Z_OK, deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY));
    size_t room = deflateBound(&z, size) + 32;
    z.next_out = (unsigned char *)buffer_reserve(out, room);
    z.avail_out = (unsigned)room;
    assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
    out->size += room - z.avail_out;
    deflateEnd(&z);
}

/* Decodes a body that lies in memory of exactly its size. */
static enum http_failure decode(const char *coding, const char *body,
                                size_t size, size_t max, struct buffer *out)
{
    char *exact = exact_copy(body, size);
    struct buffer lines = {0};
    buffer_add_text(&lines, "Content-Length: 5\r\nContent-encoding:");
    buffer_add_text(&lines, coding);
    buffer_add_text(&lines, "\r\nX: y\r\n");
    char *headers = exact_copy(lines.data, lines.size);
    enum http_failure failure =
        inflate_body(headers, lines.size, exact, size, max, out);
    free(headers);
    buffer_fini(&lines);
    free(exact);
    return failure;
}

static const struct {
    const char *coding;
    int bits;
} CODINGS[] = {{"gzip", GZIP},
               {"x-gzip", GZIP},
               {"GZip", GZIP},
               {"deflate", ZLIB},
               {"Deflate", RAW}};

static void undoes_each_coding(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 16384, PLAIN_BYTES};
    char *plain = make_plain(PLAIN_BYTES);
    for (size_t i = 0; i < COUNT_OF(CODINGS); i++)
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            struct buffer body = {0}, out = {0};
            deflate_into(&body, CODINGS[i].bits, plain, sizes[k]);
            assert_int_equal(HTTP_OK, decode(CODINGS[i].coding, body.data,
                                             body.size, sizes[k], &out));
            assert_int_equal(sizes[k], out.size);
            if (sizes[k])
                assert_memory_equal(plain, out.data, sizes[k]);
            buffer_fini(&body);
            buffer_fini(&out);
        }
    free(plain);
}

static void leaves_plain_bodies_and_nothing_alone(void **state)
{
    (void)state;
    static const struct {
        const char *coding, *body, *expected;
        enum http_failure failure;
    } rows[] = {
        {"", "text", "text", HTTP_OK},
        {"identity", "text", "text", HTTP_OK},
        {"Identity", "", "", HTTP_OK},
        {"gzip", "", "", HTTP_OK},
        {"deflate", "", "", HTTP_OK},
        {"br", "text", "", HTTP_DECODING},
        {"zstd", "text", "", HTTP_DECODING},
        {"gzip, br", "text", "", HTTP_DECODING},
        {" ,identity ,, ", "text", "text", HTTP_OK},
        {"gzip, compress", "text", "", HTTP_DECODING},
        {"gzip, gzip, gzip, gzip, gzip, gzip", "text", "", HTTP_DECODING},
        {"compress", "", "", HTTP_DECODING},
        {"gzi", "text", "", HTTP_DECODING},
        {"gzipped", "text", "", HTTP_DECODING},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        enum http_failure failure = decode(rows[i].coding, rows[i].body,
                                           strlen(rows[i].body), 1000, &out);
        assert_int_equal(rows[i].failure, failure);
        assert_string_equal(rows[i].expected, buffer_text(&out));
        buffer_fini(&out);
    }
}

static void joins_the_members_of_a_gzip_file(void **state)
{
    (void)state;
    struct buffer body = {0}, out = {0};
    deflate_into(&body, GZIP, "first ", 6);
    deflate_into(&body, GZIP, "", 0);
    deflate_into(&body, GZIP, "second", 6);
    assert_int_equal(HTTP_OK, decode("gzip", body.data, body.size, 100, &out));
    assert_string_equal("first second", buffer_text(&out));
    buffer_fini(&body);
    buffer_fini(&out);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    char *plain = make_plain(300);
    for (size_t i = 0; i < COUNT_OF(CODINGS); i++) {
        struct buffer body = {0};
        deflate_into(&body, CODINGS[i].bits, plain, 300);
        for (size_t size = 1; size < body.size; size++) {
            struct buffer out = {0};
            assert_int_equal(HTTP_DECODING, decode(CODINGS[i].coding, body.data,
                                                   size, 300, &out));
            buffer_fini(&out);
        }
        buffer_fini(&body);
    }
    free(plain);
}

/* gzip and zlib carry checksums, so no flipped bit goes unseen but those of
 * the header that mean nothing. */
static void a_flipped_bit_never_gives_other_text(void **state)
{
    (void)state;
    char *plain = make_plain(300);
    for (size_t i = 0; i < COUNT_OF(CODINGS); i++) {
        struct buffer body = {0};
        int refused = 0;
        if (CODINGS[i].bits == RAW)
            continue;
        deflate_into(&body, CODINGS[i].bits, plain, 300);
        for (size_t bit = 0; bit < 8 * body.size; bit++) {
            struct buffer out = {0};
            body.data[bit / 8] ^= (char)(1 << bit % 8);
            if (decode(CODINGS[i].coding, body.data, body.size, 1000, &out))
                refused++;
            else
                assert_memory_equal(plain, out.data, 300);
            body.data[bit / 8] ^= (char)(1 << bit % 8);
            buffer_fini(&out);
        }
        assert_true((size_t)refused > 7 * body.size);
        buffer_fini(&body);
    }
    free(plain);
}

static void refuses_what_follows_the_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CODINGS); i++) {
        struct buffer body = {0}, out = {0};
        deflate_into(&body, CODINGS[i].bits, "text", 4);
        buffer_add_text(&body, "\xff\xffgarbage");
        assert_int_equal(HTTP_DECODING, decode(CODINGS[i].coding, body.data,
                                               body.size, 1000, &out));
        buffer_fini(&body);
        buffer_fini(&out);
    }
}

/* 64 MB of zeroes are some 64 kB of gzip. */
static void a_bomb_costs_no_more_than_its_limit(void **state)
{
    (void)state;
    enum { BOMB = 64 << 20 };
    char *zeroes = calloc(1, BOMB);
    struct buffer body = {0};
    deflate_into(&body, GZIP, zeroes, BOMB);
    free(zeroes);
    assert_true(body.size < 100000);
    static const struct {
        size_t max;
        enum http_failure failure;
    } rows[] = {{0, HTTP_TOO_LARGE},
                {1, HTTP_TOO_LARGE},
                {100000, HTTP_TOO_LARGE},
                {BOMB - 1, HTTP_TOO_LARGE},
                {BOMB, HTTP_OK}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        assert_int_equal(rows[i].failure, decode("gzip", body.data, body.size,
                                                 rows[i].max, &out));
        assert_true(out.size <= rows[i].max + 1);
        assert_true(out.capacity <= 2 * rows[i].max + 64 * 1024);
        buffer_fini(&out);
    }
    buffer_fini(&body);
}

/* ------------------------------------------------------------------- lists */

static void apply(const char *name, struct buffer *body)
{
    struct buffer coded = {0};
    coding_find(name, strlen(name))->apply(body->data, body->size, &coded);
    buffer_fini(body);
    *body = coded;
}

static void undoes_lists_from_their_end(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        const char *applied[INFLATE_CODINGS_MAX + 1];
    } rows[] = {
        {"gzip, br", {"gzip", "br"}},
        {"br,gzip", {"br", "gzip"}},
        {"zstd ,\tdeflate, identity,gzip", {"zstd", "deflate", "gzip"}},
        {"gzip\r\nContent-Encoding: zstd", {"gzip", "zstd"}},
        {"gzip, gzip, gzip, gzip, gzip",
         {"gzip", "gzip", "gzip", "gzip", "gzip"}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer body = {0}, out = {0};
        buffer_add_text(&body, "plain text");
        for (size_t k = 0; rows[i].applied[k]; k++)
            apply(rows[i].applied[k], &body);
        assert_int_equal(HTTP_OK,
                         decode(rows[i].list, body.data, body.size, 10, &out));
        assert_string_equal("plain text", buffer_text(&out));
        for (size_t size = 1; size < body.size; size++) {
            buffer_clear(&out);
            assert_int_equal(HTTP_DECODING,
                             decode(rows[i].list, body.data, size, 10, &out));
        }
        buffer_fini(&body);
        buffer_fini(&out);
    }
}

/* A bomb within a bomb: each step is bounded. */
static void a_list_of_bombs_costs_no_more_than_its_limit(void **state)
{
    (void)state;
    enum { BOMB = 64 << 20, LIMIT = 10000 };
    struct buffer body = {0}, out = {0};
    memset(buffer_reserve(&body, BOMB), 0, BOMB);
    body.size = BOMB;
    for (int i = 0; i < 3; i++)
        apply("gzip", &body);
    assert_true(body.size < 1000);
    assert_int_equal(HTTP_TOO_LARGE, decode("gzip, gzip, gzip", body.data,
                                            body.size, LIMIT, &out));
    assert_true(out.size <= LIMIT + 1);
    buffer_fini(&body);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undoes_each_coding),
        cmocka_unit_test(leaves_plain_bodies_and_nothing_alone),
        cmocka_unit_test(joins_the_members_of_a_gzip_file),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(a_flipped_bit_never_gives_other_text),
        cmocka_unit_test(refuses_what_follows_the_end),
        cmocka_unit_test(a_bomb_costs_no_more_than_its_limit),
        cmocka_unit_test(undoes_lists_from_their_end),
        cmocka_unit_test(a_list_of_bombs_costs_no_more_than_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
