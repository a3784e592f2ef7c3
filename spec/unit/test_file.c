/* file: all bytes of a file, or why there are none. */
#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "unit.h"

static void reads_all_bytes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char path[] = "/tmp/lload-file-XXXXXX";
        int fd = mkstemp(path);
        char *bytes = malloc(sizes[i] + 1);
        struct buffer out = {0};
        struct error err;
        for (size_t k = 0; k < sizes[i]; k++)
            bytes[k] = (char)(k * 7);
        assert_int_equal(sizes[i], write(fd, bytes, sizes[i]));
        close(fd);
        buffer_add_text(&out, "before");
        assert_true(file_read(path, &out, &err));
        assert_int_equal(6 + sizes[i], out.size);
        assert_memory_equal("before", out.data, 6);
        assert_memory_equal(bytes, out.data + 6, sizes[i]);
        assert_int_equal('\0', out.data[out.size]);
        buffer_fini(&out);
        free(bytes);
        unlink(path);
    }
}

static void says_why_it_cannot(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct error err;
    assert_false(file_read("/tmp/no/such/file", &out, &err));
    assert_string_equal("/tmp/no/such/file: cannot read: No such file or "
                        "directory",
                        err.text);
    assert_false(file_read("/tmp", &out, &err));
    assert_string_equal("/tmp: cannot read: Is a directory", err.text);
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_bytes),
        cmocka_unit_test(says_why_it_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
