/* csv: RFC 4180 as people's files have it, and each way a file is broken. */
#include <stdio.h>

#include "base/csv.h"
#include "base/error.h"
#include "unit.h"

/* The table as one line of text: cells between bars, records between breaks. */
static void print_table(const struct csv *t, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t row = 0; row <= t->rows; row++)
        for (size_t column = 0; column < t->columns; column++) {
            size_t length;
            const char *cell = csv_cell(t, row, column, &length);
            assert_int_equal('\0', cell[length]);
            const char *mark = column ? "|" : row ? "/" : "";
            at += (size_t)snprintf(out + at, size - at, "%s%s", mark, cell);
        }
}

static bool parse(struct csv *t, const char *text, size_t size,
                  struct error *err)
{
    char *exact = exact_copy(text, size);
    bool parsed = csv_parse(t, exact, size, err);
    free(exact);
    return parsed;
}

static void reads_what_rfc_4180_allows(void **state)
{
    (void)state;
    static const struct {
        const char *text, *table;
    } rows[] = {
        {"a,b\n1,2\n3,4\n", "a|b/1|2/3|4"},
        {"a,b\n1,2", "a|b/1|2"},
        {"a,b\r\n1,2\r\n", "a|b/1|2"},
        {"\xef\xbb\xbfid,name\n1,x\n", "id|name/1|x"},
        {"a\n\"x,y\"\n", "a/x,y"},
        {"a\n\"x\"\"y\"\n", "a/x\"y"},
        {"a\n\"\"\"\"\n", "a/\""},
        {"a\n\"\"\n", "a/"},
        {"a,b\n\"l1\nl2\",2\n", "a|b/l1\nl2|2"},
        {"a,b\n\"l1\r\nl2\",2\r\n", "a|b/l1\r\nl2|2"},
        {"\"a\",\"b\"\r\n\"1\",\"2\"\r\n", "a|b/1|2"},
        {"a,b,c\n,,\n", "a|b|c/||"},
        {"a,b\n1,", "a|b/1|"},
        {"\n\na\n\n\n1\n\r\n2\n\n", "a/1/2"},
        {"only", "only"},
        {" a , b \n 1 , 2 \n", " a | b / 1 | 2 "},
        {"a\nx\ry\n", "a/x\ry"},
        {"a\n\xc3\xa9\xe2\x82\xac\n", "a/\xc3\xa9\xe2\x82\xac"},
        {"id,Id,id \n1,2,3\n", "id|Id|id /1|2|3"},
        {"id,name\nid,id\n", "id|name/id|id"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct csv t;
        struct error err;
        char table[128];
        if (!parse(&t, rows[i].text, strlen(rows[i].text), &err))
            fail_msg("row %zu: %s", i, err.text);
        print_table(&t, table, sizeof table);
        assert_string_equal(rows[i].table, table);
        csv_fini(&t);
    }
}

static void says_which_line_is_broken(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "the file is empty; its first line names the columns"},
        {"\xef\xbb\xbf", "the file is empty; its first line names the columns"},
        {"\r\n\n\n", "the file is empty; its first line names the columns"},
        {"a,b\n1\n", "line 2 has 1 fields, the header has 2"},
        {"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, the header has 2"},
        {"a,b\n\"1\n\",2\n3\n", "line 4 has 1 fields, the header has 2"},
        {"a\n\"open\n\n\n", "line 2: a quote is never closed"},
        {"\"", "line 1: a quote is never closed"},
        {"a\n\"x\"\"", "line 2: a quote is never closed"},
        {"id,name,id\n1,x,2\n", "line 1: two columns are named 'id'"},
        {"\n\r\n\"a,b\",c,\"a,b\"", "line 3: two columns are named 'a,b'"},
        {"a,,\n1,2,3\n", "line 1: two columns are named ''"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct csv t;
        struct error err;
        assert_false(parse(&t, rows[i].text, strlen(rows[i].text), &err));
        assert_string_equal(rows[i].message, err.text);
        assert_null(t.bytes);
        assert_null(t.offsets);
    }
}

static void refuses_stray_quotes(void **state)
{
    (void)state;
    static const char *const texts[] = {"a\nx\"y\n", "a\n\"x\"y\n",
                                        "a\n \"x\"\n", "a\n\"x\" \n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct csv t;
        struct error err;
        assert_false(parse(&t, texts[i], strlen(texts[i]), &err));
        assert_int_equal(0, strncmp(err.text, "line 2: a quote inside", 22));
    }
}

static void keeps_bytes_that_are_no_text(void **state)
{
    (void)state;
    static const char text[] = "a,b\nx\0y,\xff\n";
    struct csv t;
    struct error err;
    size_t length;
    assert_true(parse(&t, text, sizeof text - 1, &err));
    assert_memory_equal("x\0y", csv_cell(&t, 1, 0, &length), 4);
    assert_int_equal(3, length);
    assert_memory_equal("\xff", csv_cell(&t, 1, 1, &length), 2);
    assert_int_equal(1, length);
    csv_fini(&t);
}

/* Whatever the last byte is, nothing is read or written outside. */
static void survives_every_truncation(void **state)
{
    (void)state;
    static const char text[] =
        "\xef\xbb\xbfid,\"na\"\"me\"\r\n1,\"x,\r\ny\"\r\n\"2\",z\n,\n";
    int parsed = 0;
    for (size_t size = 0; size < sizeof text; size++) {
        struct csv t;
        struct error err;
        if (!parse(&t, text, size, &err))
            continue;
        parsed++;
        csv_fini(&t);
    }
    assert_in_range(parsed, 10, sizeof text - 10);
}

static void reads_many_rows(void **state)
{
    (void)state;
    enum { ROWS = 20000, LINE = 16 };
    char *text = malloc(ROWS * LINE);
    size_t size = (size_t)sprintf(text, "id,twice\n");
    for (int i = 1; i < ROWS; i++)
        size += (size_t)sprintf(text + size, "%d,\"%d\"\n", i, 2 * i);
    struct csv t;
    struct error err;
    assert_true(parse(&t, text, size, &err));
    assert_int_equal(ROWS - 1, t.rows);
    for (size_t row = 1; row <= t.rows; row++) {
        size_t length;
        assert_int_equal(row, atoi(csv_cell(&t, row, 0, &length)));
        assert_int_equal(2 * row, atoi(csv_cell(&t, row, 1, &length)));
    }
    csv_fini(&t);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_rfc_4180_allows),
        cmocka_unit_test(says_which_line_is_broken),
        cmocka_unit_test(refuses_stray_quotes),
        cmocka_unit_test(keeps_bytes_that_are_no_text),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(reads_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
