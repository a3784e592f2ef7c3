/* line_file: plain and packed, lines of any length, broken files. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "io/coding.h"
#include "io/line_file.h"
#include "unit.h"

static char folder[] = "/tmp/lload-lines-XXXXXX";
static char path[64];
static struct line_file *file;

static int begin(void **state)
{
    (void)state;
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    line_file_close(file);
    file = NULL;
    unlink(path);
    rmdir(folder);
    return 0;
}

static void store(const char *bytes, size_t size)
{
    FILE *f = fopen(path, "ab");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
}

static void open_it(void)
{
    struct error err;
    file = line_file_open(path, &err);
    assert_non_null(file);
}

static void assert_line(const char *bytes, size_t length)
{
    struct line_slice line;
    struct error err;
    assert_int_equal(line_file_next(file, &line, &err), LINE_READ);
    assert_int_equal(line.length, length);
    assert_memory_equal(line.at, bytes, length);
}

static void assert_end(void)
{
    struct line_slice line;
    struct error err;
    assert_int_equal(line_file_next(file, &line, &err), LINE_END);
    assert_int_equal(line_file_next(file, &line, &err), LINE_END);
}

static void test_plain(void **state)
{
    (void)state;
    store("one\r\n\n\0\r\nlast", 13);
    open_it();
    assert_line("one", 3);
    assert_line("", 0);
    assert_line("\0", 1);
    assert_line("last", 4);
    assert_end();
    assert_int_equal(line_file_counts(file).lines, 4);
    assert_int_equal(line_file_counts(file).bytes, 13);
}

static void test_empty(void **state)
{
    (void)state;
    store("", 0);
    open_it();
    assert_end();
    assert_int_equal(line_file_counts(file).lines, 0);
}

static void test_digest(void **state)
{
    (void)state;
    unsigned char digest[LINE_DIGEST_BYTES];
    store("abc", 3);
    open_it();
    assert_line("abc", 3);
    assert_end();
    assert_true(line_file_digest(file, digest));
    static const unsigned char expected[] = {0xBA, 0x78, 0x16, 0xBF}; /* FIPS */
    assert_memory_equal(digest, expected, sizeof expected);
}

/* Lines around the limit, across many reads; those beyond are left out. */
static void test_long_lines(void **state)
{
    (void)state;
    static const size_t lengths[] = {LINE_BYTES_MAX - 1, LINE_BYTES_MAX,
                                     LINE_BYTES_MAX + 1, 3000000, 10};
    char *text = malloc(3000000);
    assert_non_null(text);
    memset(text, 'x', 3000000);
    for (int round = 0; round < 5; round++)
        for (size_t i = 0; i < COUNT_OF(lengths); i++) {
            store(text, lengths[i]);
            store("\n", 1);
        }
    open_it();
    for (int round = 0; round < 5; round++) {
        assert_line(text, LINE_BYTES_MAX - 1);
        assert_line(text, LINE_BYTES_MAX);
        assert_line(text, 10);
    }
    assert_end();
    assert_int_equal(line_file_counts(file).too_long, 10);
    assert_int_equal(line_file_counts(file).lines, 25);
    free(text);
}

static void store_packed(const char *text, size_t size)
{
    struct buffer packed = {0};
    coding_gzip.apply(text, size, &packed);
    store(packed.data, packed.size);
    buffer_fini(&packed);
}

static void test_packed(void **state)
{
    (void)state;
    char line[32];
    struct buffer text = {0};
    for (int i = 0; i < 200000; i++)
        buffer_printf(&text, "line %d\n", i);
    buffer_add_text(&text, "cut in");
    store_packed(text.data, text.size);
    store_packed(" two\nend\n", 9);
    store("\0\0\0\0", 4); /* padding, which gzip(1) takes as well */
    buffer_fini(&text);
    open_it();
    for (int i = 0; i < 200000; i++) {
        int length = snprintf(line, sizeof line, "line %d", i);
        assert_line(line, (size_t)length);
    }
    assert_line("cut in two", 10);
    assert_line("end", 3);
    assert_end();
}

static void assert_broken(const char *why)
{
    struct line_slice line;
    struct error err = {0};
    enum line_status status = LINE_READ;
    for (int i = 0; i < 1000 && status == LINE_READ; i++)
        status = line_file_next(file, &line, &err);
    assert_int_equal(status, LINE_BROKEN);
    assert_non_null(strstr(err.text, why));
    assert_int_equal(line_file_next(file, &line, &err), LINE_BROKEN);
}

static void test_broken_packs(void **state)
{
    (void)state;
    struct buffer packed = {0};
    coding_gzip.apply("one\ntwo\n", 8, &packed);
    store(packed.data, packed.size - 5);
    open_it();
    assert_broken("ends within");
    line_file_close(file);
    unlink(path);
    packed.data[packed.size - 6] ^= 1; /* its checksum */
    store(packed.data, packed.size);
    open_it();
    assert_broken("is broken");
    buffer_fini(&packed);
}

static void test_what_cannot_be_opened(void **state)
{
    (void)state;
    struct error err;
    assert_null(line_file_open("/tmp/no/such/log", &err));
    assert_string_equal(err.text, "No such file or directory");
    assert_null(line_file_open(folder, &err));
    assert_string_equal(err.text, "it is a directory");
    store("\x28\xB5\x2F\xFD...", 7);
    assert_null(line_file_open(path, &err));
    assert_non_null(strstr(err.text, "zstdcat"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, begin, end),
        cmocka_unit_test_setup_teardown(test_empty, begin, end),
        cmocka_unit_test_setup_teardown(test_digest, begin, end),
        cmocka_unit_test_setup_teardown(test_long_lines, begin, end),
        cmocka_unit_test_setup_teardown(test_packed, begin, end),
        cmocka_unit_test_setup_teardown(test_broken_packs, begin, end),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_opened, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
