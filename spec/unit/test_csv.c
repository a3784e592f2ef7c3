/* csv: RFC 4180 as people's files have it, and each way a file is broken. */
#include <stdio.h>

#include "base/csv.h"
#include "base/error.h"
#include "unit.h"

static size_t print_row(const char *cell, size_t columns, char *out,
                        size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < columns; i++, cell += strlen(cell) + 1)
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "|" : "", cell);
    return at;
}

/* The table as one line of text: cells between bars, records between breaks. */
static void print_table(const struct csv *t, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    if (t->names)
        at = print_row(t->names, t->columns, out, size);
    for (size_t row = 0; row < t->row_count; row++) {
        at += (size_t)snprintf(out + at, size - at, "/");
        at += print_row(csv_row(t, row), t->columns, out + at, size - at);
    }
}

/* In a block that ends where the parser may write no further. */
static bool parse_with(struct csv *t, const char *text, size_t size,
                       const struct csv_options *options, struct error *err)
{
    char *owned = malloc(size + 1);
    assert_non_null(owned);
    memcpy(owned, text, size);
    return csv_parse(t, owned, size, options, err);
}

static bool parse(struct csv *t, const char *text, size_t size,
                  struct error *err)
{
    static const struct csv_options usual;
    return parse_with(t, text, size, &usual, err);
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
        assert_null(t.rows);
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

static void refuses_zero_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } rows[] = {
        {"a,b\nx\0y,1\n", 10}, {"a,b\n\"x\0y\",1\n", 12}, {"a\n\"x\0", 5}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct csv t;
        struct error err;
        assert_false(parse(&t, rows[i].text, rows[i].size, &err));
        assert_string_equal("line 2: a zero byte; save the file as UTF-8, not "
                            "UTF-16",
                            err.text);
    }
}

static void keeps_bytes_that_are_no_text(void **state)
{
    (void)state;
    struct csv t;
    struct error err;
    assert_true(parse(&t, "a,b\nx,\xff\n", 8, &err));
    assert_string_equal("\xff", csv_cell(&t, 0, 1));
    csv_fini(&t);
}

static void reads_as_the_options_say(void **state)
{
    (void)state;
    static const struct {
        struct csv_options options;
        const char *text, *table;
    } rows[] = {
        {{.delimiter = ';'}, "a;b\n1,5;2\n", "a|b/1,5|2"},
        {{.delimiter = '\t'}, "a\tb\n\"x\ty\"\t2\n", "a|b/x\ty|2"},
        {{.comment = '#'}, "# one\na,b\n#two, \"\n\n1,#2\n#", "a|b/1|#2"},
        {{.no_header = true}, "1,2\n3,4", "/1|2/3|4"},
        {{.no_header = true, .names = "x\0y", .name_count = 2},
         "\xef\xbb\xbf"
         "1,2\r\n3,4\r\n",
         "x|y/1|2/3|4"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct csv t;
        struct error err;
        char table[128];
        if (!parse_with(&t, rows[i].text, strlen(rows[i].text),
                        &rows[i].options, &err))
            fail_msg("row %zu: %s", i, err.text);
        print_table(&t, table, sizeof table);
        assert_string_equal(rows[i].table, table);
        csv_fini(&t);
    }
}

static void says_what_a_ragged_line_should_be_like(void **state)
{
    (void)state;
    static const struct {
        struct csv_options options;
        const char *message;
    } rows[] = {
        {{.no_header = true}, "line 2 has 1 fields, the first row has 2"},
        {{.no_header = true, .names = "a\0b\0c", .name_count = 3},
         "line 1 has 2 fields, the names are 3"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct csv t;
        struct error err;
        assert_false(parse_with(&t, "1,2\n3\n", 6, &rows[i].options, &err));
        assert_string_equal(rows[i].message, err.text);
    }
}

static void finds_columns_and_cells(void **state)
{
    (void)state;
    struct csv t;
    struct error err;
    assert_true(parse(&t, "id,name\n7,\n8,x", 14, &err));
    assert_int_equal(0, csv_column(&t, "id"));
    assert_int_equal(1, csv_column(&t, "name"));
    assert_int_equal(-1, csv_column(&t, "nam"));
    assert_string_equal("", csv_cell(&t, 0, 1));
    assert_string_equal("x", csv_cell(&t, 1, 1));
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
    assert_int_equal(ROWS - 1, t.row_count);
    for (size_t row = 0; row < t.row_count; row++) {
        assert_int_equal(row + 1, atoi(csv_cell(&t, row, 0)));
        assert_int_equal(2 * row + 2, atoi(csv_cell(&t, row, 1)));
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
        cmocka_unit_test(refuses_zero_bytes),
        cmocka_unit_test(reads_as_the_options_say),
        cmocka_unit_test(says_what_a_ragged_line_should_be_like),
        cmocka_unit_test(finds_columns_and_cells),
        cmocka_unit_test(keeps_bytes_that_are_no_text),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(reads_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
