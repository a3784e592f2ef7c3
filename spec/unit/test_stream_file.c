/* stream_file: plain and packed, a full disk, a pipe that nobody reads. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/stream_file.h"
#include "unit.h"

static char folder[] = "/tmp/lload-stream-XXXXXX";
static char path[64];

static int begin(void **state)
{
    (void)state;
    strcpy(folder + sizeof folder - 7, "XXXXXX");
    assert_non_null(mkdtemp(folder));
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    return 0;
}

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct stream_file *open_file(const char *name)
{
    struct error err;
    struct stream_file *f = stream_file_open(name, &err);
    if (!f)
        fail_msg("%s", err.text);
    return f;
}

static void must(bool done, const struct error *err)
{
    if (!done)
        fail_msg("%s", err->text);
}

/* What a shell command says that finds the file on its standard input. */
static const char *told_by(const char *command)
{
    static char text[256];
    char line[128];
    snprintf(line, sizeof line, "<%s %s", path, command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    text[fread(text, 1, sizeof text - 1, pipe)] = '\0';
    assert_int_equal(0, pclose(pipe));
    return text;
}

static void a_plain_file_is_emptied_first(void **state)
{
    (void)state;
    struct error err;
    for (int i = 0; i < 2; i++) {
        struct stream_file *f = open_file(in_folder("a.ndjson"));
        must(stream_file_write(f, "one\n", 4, &err), &err);
        must(stream_file_flush(f, &err), &err);
        assert_string_equal("one\n", told_by("cat"));
        must(stream_file_write(f, "two\n", 4, &err), &err);
        must(stream_file_end(f, &err), &err);
        stream_file_close(f);
        assert_string_equal("one\ntwo\n", told_by("cat"));
    }
}

static void a_packed_file_can_have_several_pieces(void **state)
{
    (void)state;
    struct error err;
    struct stream_file *f = open_file(in_folder("a.gz"));
    must(stream_file_end(f, &err), &err); /* of nothing */
    must(stream_file_write(f, "one\n", 4, &err), &err);
    must(stream_file_flush(f, &err), &err);
    assert_string_equal("one\n", told_by("zcat 2>/dev/null || true"));
    must(stream_file_end(f, &err), &err);
    assert_string_equal("one\n", told_by("zcat"));
    must(stream_file_write(f, "two\n", 4, &err), &err);
    must(stream_file_end(f, &err), &err);
    stream_file_close(f);
    assert_string_equal("one\ntwo\n", told_by("zcat"));
}

static void much_is_packed_piece_by_piece(void **state)
{
    (void)state;
    enum { BYTES = 3000000 };
    struct error err;
    struct stream_file *f = open_file(in_folder("b.gz"));
    char *noise = malloc(BYTES);
    uint32_t x = 1;
    for (size_t i = 0; i < BYTES; i++) {
        x = x * 1664525 + 1013904223;
        noise[i] = (char)(x >> 24);
    }
    must(stream_file_write(f, noise, BYTES, &err), &err);
    must(stream_file_end(f, &err), &err);
    stream_file_close(f);
    free(noise);
    assert_string_equal("3000000\n", told_by("zcat | wc -c"));
}

static void a_full_disk_is_noticed(void **state)
{
    (void)state;
    struct error err = {0};
    struct stream_file *f = open_file("/dev/full");
    assert_false(stream_file_write(f, "x", 1, &err));
    assert_non_null(strstr(err.text, "No space left"));
    err = (struct error){0};
    assert_false(stream_file_write(f, "x", 1, &err));
    assert_false(stream_file_flush(f, &err));
    assert_false(stream_file_end(f, &err));
    assert_non_null(strstr(err.text, "No space left"));
    stream_file_close(f);
}

static void a_place_that_is_none_is_refused(void **state)
{
    (void)state;
    struct error err;
    assert_null(stream_file_open("/no/such/folder/x", &err));
    assert_non_null(strstr(err.text, "/no/such/folder/x"));
    assert_int_equal(0, mkfifo(in_folder("pipe"), 0600));
    assert_null(stream_file_open(path, &err));
    assert_non_null(strstr(err.text, "nobody reads"));
}

/* A reader that does not read on, and one that goes away. */
static void a_pipe_does_not_hold_up_the_end(void **state)
{
    (void)state;
    enum { BYTES = 1024 * 1024 };
    struct error err = {0};
    char *much = calloc(1, BYTES);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(0, mkfifo(in_folder("pipe"), 0600));
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stream_file *f = open_file(path);
    must(stream_file_write(f, "x", 1, &err), &err);
    stream_file_hurry(f, clock_now_ns() + 50 * NS_PER_MS);
    assert_false(stream_file_write(f, much, BYTES, &err));
    assert_non_null(strstr(err.text, "does not read on"));
    stream_file_close(f);
    f = open_file(path);
    close(reader);
    assert_false(stream_file_write(f, "x", 1, &err));
    assert_non_null(strstr(err.text, "Broken pipe"));
    stream_file_close(f);
    free(much);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plain_file_is_emptied_first, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_packed_file_can_have_several_pieces,
                                        begin, end),
        cmocka_unit_test_setup_teardown(much_is_packed_piece_by_piece, begin,
                                        end),
        cmocka_unit_test(a_full_disk_is_noticed),
        cmocka_unit_test_setup_teardown(a_place_that_is_none_is_refused, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_pipe_does_not_hold_up_the_end, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
