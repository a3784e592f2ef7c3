/* stored_windows: logs of ours and of others; nothing that a log says is
 * believed before it is checked. */
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "base/error.h"
#include "engine/stored_windows.h"
#include "io/coding.h"
#include "stats/hdr.h"
#include "unit.h"

#define HEADER "#[Histogram log format version 1.3]\n"

/* One value of 1 ms, as base64. */
static const char *sound(void)
{
    static struct buffer text;
    struct histogram h = {0};
    struct buffer plain = {0}, packed = {0};
    histogram_add_bin(&h, histogram_bin(1000000), 1);
    hdr_encode(&h, &plain);
    buffer_reserve(&packed, HDR_WRAPPER_BYTES);
    packed.size = HDR_WRAPPER_BYTES;
    coding_deflate.apply(plain.data, plain.size, &packed);
    hdr_wrap(packed.data, packed.size - HDR_WRAPPER_BYTES);
    buffer_clear(&text);
    base64_add(&text, packed.data, packed.size);
    histogram_fini(&h);
    buffer_fini(&plain);
    buffer_fini(&packed);
    return buffer_text(&text);
}

static bool open_text(struct stored_windows *w, const char *text, size_t size,
                      struct error *err)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, size ? size : 1, "r");
    assert_non_null(file);
    return stored_windows_read(w, file, "w.hlog", err);
}

/* Opens a log that is sound, with %s for a histogram. */
static void open_log(struct stored_windows *w, struct buffer *text,
                     const char *log)
{
    struct error err = {0};
    buffer_clear(text);
    for (const char *at = log; *at; at++) {
        if (*at == '@')
            buffer_add_text(text, sound());
        else
            buffer_add_char(text, *at);
    }
    if (!open_text(w, text->data, text->size, &err))
        fail_msg("%s", err.text);
}

static void refuses_with_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *log;
        const char *why;
    } rows[] = {
        {" ", "w.hlog: it is not an interval log"},
        {"{\"schema\":\"lload/result/1\"}\n",
         "w.hlog: it is not an interval log"},
        {"#\n", "w.hlog: it is empty"},
        {HEADER "Tag=a,0,1\n", "w.hlog:2: not a line of an interval log"},
        {HEADER "Tag=a\n", "w.hlog:2: too many series, or a tag"},
        {HEADER "Tag=a,x,1,1,HIST\n", "w.hlog:2: not a line"},
        {HEADER "Tag=a,nan,1,1,HIST\n", "w.hlog:2: not a line"},
        {HEADER "Tag=a,1e300,1,1,HIST\n", "w.hlog:2: not a line"},
        {HEADER "Tag=a,0,-1,1,HIST\n", "w.hlog:2: not a line"},
        {HEADER "a,b,c\n", "w.hlog:2: not a line"},
        {HEADER "Tag=a,5,1,1,HIST\nTag=a,4,1,1,HIST\n",
         "w.hlog:3: its window begins before"},
        {HEADER "Tag=a,5,1,1,HISTFAAAACV4nJNpmS", "w.hlog:2: the line is cut"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct stored_windows w;
        struct error err = {0};
        assert_false(open_text(&w, rows[i].log, strlen(rows[i].log), &err));
        if (!strstr(err.text, rows[i].why))
            fail_msg("%s: %s", rows[i].why, err.text);
    }
}

static void refuses_bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char log[] = HEADER "Tag=a\0b,0,1,1,HIST\n";
    struct stored_windows w;
    struct error err = {0};
    assert_false(open_text(&w, log, sizeof log - 1, &err));
    assert_non_null(strstr(err.text, "w.hlog:2"));
}

static void refuses_lines_without_end(void **state)
{
    (void)state;
    struct buffer text = {0};
    struct stored_windows w;
    struct error err = {0};
    buffer_add_text(&text, HEADER "Tag=");
    while (text.size < STORED_LINE_BYTES + 100)
        buffer_add_text(&text,
                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_false(open_text(&w, text.data, text.size, &err));
    assert_non_null(strstr(err.text, "w.hlog:2: not a line"));
    buffer_fini(&text);
}

/* Opening does not look into a histogram; merging says what is wrong. */
static void assert_broken(const char *histogram, const char *why)
{
    struct buffer text = {0};
    struct stored_windows w;
    struct histogram h = {0};
    struct error err = {0};
    buffer_add_text(&text, HEADER "0,1,1,");
    buffer_add_text(&text, histogram);
    buffer_add_char(&text, '\n');
    assert_true(open_text(&w, text.data, text.size, &err));
    assert_false(stored_windows_merge(&w, 0, -1e9, 1e9, &h, &err));
    if (!strstr(err.text, why) || strncmp(err.text, "w.hlog:2: ", 10) != 0)
        fail_msg("%s: %s", why, err.text);
    histogram_fini(&h);
    stored_windows_close(&w);
    buffer_fini(&text);
}

static void refuses_broken_histograms(void **state)
{
    (void)state;
    struct buffer cut = {0};
    assert_broken("HIST!", "not base64");
    assert_broken("", "no compressed histogram");
    assert_broken("AAAAAAAAAAAA", "no compressed histogram");
    assert_broken("HISTFAAAAAQAAAAA", "cannot be unpacked");
    assert_broken("HISTFAAAAAA=", "cannot be unpacked");
    buffer_add_text(&cut, sound());
    cut.size -= 8;
    assert_broken(buffer_text(&cut), "not the length it says");
    buffer_fini(&cut);
}

/* A gigabyte of zeros is a megabyte of zlib; it is not unpacked. */
static void refuses_what_unpacks_to_too_much(void **state)
{
    (void)state;
    enum { BIG = 4 * 1024 * 1024 };
    char *zeros = calloc(1, BIG);
    struct buffer packed = {0}, text = {0};
    buffer_reserve(&packed, HDR_WRAPPER_BYTES);
    packed.size = HDR_WRAPPER_BYTES;
    coding_deflate.apply(zeros, BIG, &packed);
    hdr_wrap(packed.data, packed.size - HDR_WRAPPER_BYTES);
    base64_add(&text, packed.data, packed.size);
    assert_broken(buffer_text(&text), "cannot be unpacked");
    free(zeros);
    buffer_fini(&packed);
    buffer_fini(&text);
}

static uint64_t count(struct stored_windows *w, const char *name)
{
    struct histogram h = {0};
    struct error err = {0};
    uint32_t series = intern_find(&w->series, name, strlen(name));
    assert_int_not_equal(INTERN_NONE, series);
    assert_true(stored_windows_merge(w, series, -1e9, 1e9, &h, &err));
    uint64_t n = h.count;
    histogram_fini(&h);
    return n;
}

static void reads_the_logs_of_others(void **state)
{
    (void)state;
    struct stored_windows w;
    struct buffer text = {0};
    open_log(&w, &text,
             "#logged with something else\n" HEADER
             "#[StartTime: 12.5 (seconds since epoch), some day]\r\n"
             "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\"\n"
             "0.1,1.5,2.7,@\r\n"
             "\n"
             "Tag=A%2,0.1,1.5,2.7,@\n"
             "Tag=A%2,2,1,1,@\n");
    assert_true(w.started_s == 12.5);
    assert_int_equal(2, w.window_count);
    assert_int_equal(2, w.stage_count);
    assert_int_equal(1, count(&w, ""));
    assert_int_equal(2, count(&w, "A%2"));
    stored_windows_close(&w);
    buffer_fini(&text);
}

static void undoes_the_percent_encoding(void **state)
{
    (void)state;
    struct stored_windows w;
    struct buffer text = {0};
    open_log(&w, &text, HEADER "Tag=d{name:POST%20/a%2Cb%25%0a},0,1,1,@\n");
    assert_int_equal(1, count(&w, "d{name:POST /a,b%\n}"));
    stored_windows_close(&w);
    buffer_fini(&text);
}

static void times_are_those_of_the_stage(void **state)
{
    (void)state;
    struct stored_windows w;
    struct buffer text = {0};
    open_log(&w, &text,
             HEADER "#[setup]\n0,2,1,@\n#[stage: from 3.5]\n3.5,1,1,@\n"
                    "4.5,1,1,@\n#[teardown]\n5.5,1,1,@\n");
    assert_int_equal(4, w.window_count);
    assert_int_equal(2, w.stage_count);
    assert_true(w.windows[0].from_s == -3.5 && w.windows[0].to_s == -1.5);
    assert_true(w.windows[w.stage[1]].from_s == 1);
    assert_true(w.windows[3].is_outside);
    assert_int_equal(4, count(&w, ""));
    stored_windows_close(&w);
    buffer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_the_line),
        cmocka_unit_test(refuses_bytes_that_are_no_text),
        cmocka_unit_test(refuses_lines_without_end),
        cmocka_unit_test(refuses_broken_histograms),
        cmocka_unit_test(refuses_what_unpacks_to_too_much),
        cmocka_unit_test(reads_the_logs_of_others),
        cmocka_unit_test(undoes_the_percent_encoding),
        cmocka_unit_test(times_are_those_of_the_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
