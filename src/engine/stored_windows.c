#include "engine/stored_windows.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "base/error.h"
#include "io/coding.h"
#include "stats/hdr.h"

/* ------------------------------------------------------------------ parsing */

/* A log while it is read. */
struct reading {
    struct stored_windows *w;
    char *line;  /* owned */
    size_t room; /* of the line */
    int64_t at;  /* of the line in the file */
    uint32_t number;
    bool is_log; /* the first line said so */
    bool is_outside;
    double stage_s; /* when the stage began; 0 until it has */
};

static bool broken(const struct reading *r, struct error *err,
                   const char *problem)
{
    return error_set(err, "%s:%u: %s", r->w->path, r->number, problem);
}

/* The number up to `end`; false for anything else. */
static bool read_number(const char **at, char end, double *value)
{
    char *stop;
    if (!strchr("-.0123456789", **at) || !**at)
        return false;
    *value = strtod(*at, &stop);
    if (*stop != end || !isfinite(*value) || fabs(*value) > 1e12)
        return false;
    *at = stop + 1;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The percent-encoding is undone in place; returns the length. A lone % is
 * itself: other writers do not encode. */
static size_t decode_tag(char *tag)
{
    char *to = tag;
    for (const char *at = tag; *at; at++) {
        int high = *at == '%' ? hex_digit(at[1]) : -1;
        int low = high >= 0 ? hex_digit(at[2]) : -1;
        *to++ = (char)(low >= 0 ? high << 4 | low : *at);
        at += low >= 0 ? 2 : 0;
    }
    return (size_t)(to - tag);
}

/* The series of a line, "" for one without a tag; moves on to its numbers. */
static uint32_t read_series(struct reading *r, char **at)
{
    static const char mark[] = "Tag=";
    if (strncmp(*at, mark, sizeof mark - 1) != 0)
        return intern_add(&r->w->series, "", 0, NULL);
    char *tag = *at + sizeof mark - 1, *end = strchr(tag, ',');
    if (!end)
        return INTERN_NONE;
    *end = '\0';
    *at = end + 1;
    return intern_add(&r->w->series, tag, decode_tag(tag), NULL);
}

/* The window of a line: the last one, or a new one behind it. */
static bool find_window(struct reading *r, double from_s, double to_s,
                        struct error *err)
{
    struct stored_windows *w = r->w;
    const struct stored_window *last =
        w->window_count ? &w->windows[w->window_count - 1] : NULL;
    if (last && last->from_s == from_s && last->to_s == to_s &&
        last->is_outside == r->is_outside)
        return true;
    if (last && from_s < last->from_s)
        return broken(r, err, "its window begins before the one before it");
    if (w->window_count == UINT32_MAX)
        return broken(r, err, "too many windows");
    if (!r->is_outside) {
        array_reserve((void **)&w->stage, &w->stage_capacity,
                      w->stage_count + 1, sizeof *w->stage);
        w->stage[w->stage_count++] = (uint32_t)w->window_count;
    }
    array_reserve((void **)&w->windows, &w->window_capacity,
                  w->window_count + 1, sizeof *w->windows);
    w->windows[w->window_count++] = (struct stored_window){
        .from_s = from_s, .to_s = to_s, .is_outside = r->is_outside};
    return true;
}

static bool read_interval(struct reading *r, struct error *err)
{
    struct stored_windows *w = r->w;
    char *rest = r->line;
    double from_s, length_s, max;
    uint32_t series = read_series(r, &rest);
    const char *at = rest;
    if (series == INTERN_NONE)
        return broken(r, err, "too many series, or a tag without an end");
    if (!read_number(&at, ',', &from_s) || !read_number(&at, ',', &length_s) ||
        !read_number(&at, ',', &max) || length_s < 0)
        return broken(r, err,
                      "not a line of an interval log, perhaps cut off: start, "
                      "length, maximum and a histogram must be there");
    from_s -= r->stage_s;
    if (!find_window(r, from_s, from_s + length_s, err))
        return false;
    array_reserve((void **)&w->lines, &w->line_capacity, w->line_count + 1,
                  sizeof *w->lines);
    w->lines[w->line_count++] =
        (struct stored_line){.series = series,
                             .window = (uint32_t)(w->window_count - 1),
                             .at = r->at + (at - r->line),
                             .bytes = (uint32_t)strlen(at),
                             .number = r->number};
    return true;
}

/* From here on times count from the stage's beginning; those before it do so
 * now, too. */
static void begin_stage(struct reading *r, double stage_s)
{
    r->is_outside = false;
    r->stage_s = isfinite(stage_s) ? stage_s : 0;
    for (size_t i = 0; i < r->w->window_count; i++) {
        r->w->windows[i].from_s -= r->stage_s;
        r->w->windows[i].to_s -= r->stage_s;
    }
}

static bool read_comment(struct reading *r)
{
    static const char start[] = "#[StartTime: ", log[] = "#[Histogram log",
                      stage[] = "#[stage: from ";
    const char *text = r->line;
    if (strncmp(text, log, sizeof log - 1) == 0)
        r->is_log = true;
    if (strncmp(text, start, sizeof start - 1) == 0)
        r->w->started_s = strtod(text + sizeof start - 1, NULL);
    if (strcmp(text, "#[setup]") == 0 || strcmp(text, "#[teardown]") == 0)
        r->is_outside = true;
    if (strncmp(text, stage, sizeof stage - 1) == 0 && r->stage_s == 0)
        begin_stage(r, strtod(text + sizeof stage - 1, NULL));
    return true;
}

static bool read_line(struct reading *r, struct error *err)
{
    const char *text = r->line;
    if (*text == '#')
        return read_comment(r);
    if (!r->is_log)
        return error_set(err, "%s: it is not an interval log of HdrHistogram",
                         r->w->path);
    return !*text || *text == '"' || read_interval(r, err);
}

/* Into r->line, without its end. */
static bool next_line(struct reading *r, bool *is_end, struct error *err)
{
    FILE *file = r->w->file;
    size_t length = 0;
    int c;
    r->number++;
    array_reserve((void **)&r->line, &r->room, 1, 1);
    while ((c = getc_unlocked(file)) != EOF && c != '\n') {
        if (length == STORED_LINE_BYTES || !c)
            return broken(r, err, "not a line of an interval log");
        if (length + 2 > r->room)
            array_reserve((void **)&r->line, &r->room, length + 2, 1);
        r->line[length++] = (char)c;
    }
    if (length && r->line[length - 1] == '\r')
        length--;
    r->line[length] = '\0';
    *is_end = c == EOF && !length;
    if (ferror(file))
        return broken(r, err, strerror(errno));
    return c != EOF || !length || !r->is_log || *r->line == '#' ||
           broken(r, err, "the line is cut off");
}

static bool read_all(struct reading *r, struct error *err)
{
    for (;;) {
        bool is_end = false;
        r->at = ftello(r->w->file);
        if (!next_line(r, &is_end, err))
            return false;
        if (is_end)
            break;
        if (!read_line(r, err))
            return false;
    }
    return r->is_log || error_set(err, "%s: it is empty", r->w->path);
}

static int by_series(const void *a, const void *b)
{
    const struct stored_line *left = a, *right = b;
    if (left->series != right->series)
        return left->series < right->series ? -1 : 1;
    if (left->window != right->window)
        return left->window < right->window ? -1 : 1;
    return left->at < right->at ? -1 : 1;
}

static void sort(struct stored_windows *w)
{
    size_t line = 0;
    if (w->line_count)
        qsort(w->lines, w->line_count, sizeof *w->lines, by_series);
    w->first_line = xcalloc((size_t)w->series.count + 1, sizeof(size_t));
    for (uint32_t series = 0; series <= w->series.count; series++) {
        while (line < w->line_count && w->lines[line].series < series)
            line++;
        w->first_line[series] = line;
    }
    w->packed = xcalloc(w->line_count + 1, sizeof *w->packed);
}

bool stored_windows_read(struct stored_windows *w, FILE *file, const char *path,
                         struct error *err)
{
    *w = (struct stored_windows){.file = file, .path = xstrdup(path)};
    struct reading r = {.w = w};
    intern_init(&w->series, STORED_SERIES);
    bool ok = read_all(&r, err);
    free(r.line);
    if (ok)
        sort(w);
    else
        stored_windows_close(w);
    return ok;
}

bool stored_windows_open(struct stored_windows *w, const char *path,
                         struct error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return error_set(err, "%s: cannot read: %s", path, strerror(errno));
    return stored_windows_read(w, file, path, err);
}

static void forget_packed(struct stored_windows *w)
{
    for (size_t i = 0; w->packed && i < w->line_count; i++)
        packed_bins_fini(&w->packed[i]);
    w->packed_bytes = 0;
}

void stored_windows_close(struct stored_windows *w)
{
    forget_packed(w);
    if (w->file)
        fclose(w->file);
    intern_fini(&w->series);
    buffer_fini(&w->text);
    buffer_fini(&w->bytes);
    free(w->path);
    free(w->windows);
    free(w->stage);
    free(w->lines);
    free(w->first_line);
    free(w->packed);
    *w = (struct stored_windows){0};
}

/* ----------------------------------------------------------------- decoding */

static bool read_text(struct stored_windows *w, const struct stored_line *l,
                      struct error *err)
{
    buffer_clear(&w->text);
    char *to = buffer_reserve(&w->text, (size_t)l->bytes + 1);
    if (fseeko(w->file, l->at, SEEK_SET) != 0 ||
        fread(to, 1, l->bytes, w->file) != l->bytes)
        return error_set(err, "it cannot be read again");
    w->text.size = l->bytes;
    if (w->text.size && to[w->text.size - 1] == '\r')
        w->text.size--;
    return true;
}

static bool undo_base64(struct stored_windows *w, struct error *err)
{
    buffer_clear(&w->bytes);
    char *to = buffer_reserve(&w->bytes, base64_decoded_max(w->text.size) + 1);
    return base64_read(to, &w->bytes.size, w->text.data, w->text.size,
                       BASE64_STANDARD) ||
           error_set(err, "its histogram is not base64, perhaps cut off");
}

static bool undo_zlib(struct stored_windows *w, struct error *err)
{
    size_t size;
    if (!hdr_unwrap(w->bytes.data, w->bytes.size, &size, err))
        return false;
    buffer_clear(&w->text);
    return (size && coding_deflate.undo(w->bytes.data + HDR_WRAPPER_BYTES, size,
                                        HDR_MAX_BYTES, &w->text) == HTTP_OK) ||
           error_set(err, "its histogram cannot be unpacked");
}

static bool decode(struct stored_windows *w, size_t line, struct error *err)
{
    struct histogram h = {0};
    bool ok = read_text(w, &w->lines[line], err) && undo_base64(w, err) &&
              undo_zlib(w, err) &&
              hdr_decode(w->text.data, w->text.size, &h, err);
    if (ok) {
        packed_bins_set(&w->packed[line], &h);
        w->packed_bytes += w->packed[line].size;
    } else {
        error_wrap(err, "%s:%u", w->path, w->lines[line].number);
    }
    histogram_fini(&h);
    return ok;
}

static void add_bin(uint32_t bin, uint64_t count, void *arg)
{
    histogram_add_bin(arg, bin, count);
}

static bool merge_line(struct stored_windows *w, size_t line,
                       struct histogram *into, struct error *err)
{
    if (!w->packed[line].bytes) {
        if (w->packed_bytes > STORED_CACHE_BYTES)
            forget_packed(w);
        if (!decode(w, line, err))
            return false;
    }
    packed_bins_each(&w->packed[line], add_bin, into);
    return into->count <= HDR_MAX_COUNT ||
           error_set(err, "%s: the counts of its histograms are beyond 2^53",
                     w->path);
}

bool stored_windows_merge(struct stored_windows *w, uint32_t series,
                          double from_s, double to_s, struct histogram *into,
                          struct error *err)
{
    for (size_t i = w->first_line[series]; i < w->first_line[series + 1]; i++) {
        double at_s = w->windows[w->lines[i].window].from_s;
        if (at_s >= from_s && at_s < to_s && !merge_line(w, i, into, err))
            return false;
    }
    return true;
}

/* The first line of a series that is in this window or behind it. */
static size_t seek(const struct stored_windows *w, uint32_t series,
                   uint32_t window)
{
    size_t low = w->first_line[series], high = w->first_line[series + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->lines[middle].window < window)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool stored_windows_merge_one(struct stored_windows *w, uint32_t series,
                              size_t stage_window, struct histogram *into,
                              struct error *err)
{
    uint32_t window = w->stage[stage_window];
    for (size_t i = seek(w, series, window);
         i < w->first_line[series + 1] && w->lines[i].window == window; i++)
        if (!merge_line(w, i, into, err))
            return false;
    return true;
}
