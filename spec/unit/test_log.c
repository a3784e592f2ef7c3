/* log: levels, whole lines on standard error, an erased live display. */
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "unit.h"

/* What `say` writes to standard error; the text is cut at `size`. */
static void capture(void (*say)(void), char *text, size_t size)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    say();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    size_t length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
}

static void say_all(void)
{
    log_line(LOG_ERROR, "e %d", 1);
    log_line(LOG_WARN, "w %s", "2");
    log_line(LOG_INFO, "i");
    log_line(LOG_DEBUG, "d");
}

static void only_lines_of_the_level_and_above_are_written(void **state)
{
    (void)state;
    static const struct {
        enum log_level level;
        const char *text;
    } rows[] = {
        {LOG_ERROR, "lload: error: e 1\n"},
        {LOG_WARN, "lload: error: e 1\nlload: warning: w 2\n"},
        {LOG_INFO, "lload: error: e 1\nlload: warning: w 2\nlload: info: i\n"},
        {LOG_DEBUG, "lload: error: e 1\nlload: warning: w 2\n"
                    "lload: info: i\nlload: debug: d\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[512];
        log_set_level(rows[i].level);
        for (int level = LOG_ERROR; level <= LOG_DEBUG; level++)
            assert_int_equal(level <= (int)rows[i].level,
                             log_is_on((enum log_level)level));
        capture(say_all, text, sizeof text);
        assert_string_equal(rows[i].text, text);
    }
}

static void a_live_display_is_erased_first(void **state)
{
    (void)state;
    char text[512];
    log_set_level(LOG_ERROR);
    log_set_live("<erase>");
    capture(say_all, text, sizeof text);
    log_set_live(NULL);
    assert_string_equal("<erase>lload: error: e 1\n", text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_lines_of_the_level_and_above_are_written),
        cmocka_unit_test(a_live_display_is_erased_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
