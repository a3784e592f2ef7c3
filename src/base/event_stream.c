#include "base/event_stream.h"

#include <string.h>

static const char MARK[] = "\xEF\xBB\xBF";

enum { MARK_BYTES = 3, RETRY_DIGITS_MAX = 15 };

/* -------------------------------------------------------------------- lines
 */

static void forget_line(struct event_stream *s)
{
    if (s->is_line_ready)
        buffer_clear(&s->line);
    s->is_line_ready = false;
}

static size_t held_bytes(const struct event_stream *s)
{
    return s->line.size + s->data.size + s->type.size;
}

static bool add(struct event_stream *s, const char *bytes, size_t size)
{
    if (size > s->max_bytes || held_bytes(s) > s->max_bytes - size)
        return false;
    buffer_add(&s->line, bytes, size);
    return true;
}

/* How many bytes the mark takes. What only looked like one belongs to the first
 * line. */
static size_t skip_mark(struct event_stream *s, const char *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && s->mark_bytes < MARK_BYTES &&
           bytes[at] == MARK[s->mark_bytes]) {
        s->mark_bytes++;
        at++;
    }
    if (s->mark_bytes < MARK_BYTES && at == size)
        return at;
    s->is_past_mark = true;
    if (s->mark_bytes < MARK_BYTES)
        buffer_add(&s->line, MARK, s->mark_bytes);
    return at;
}

/* LF behind CR ends nothing more. */
static size_t skip_lf(struct event_stream *s, const char *bytes, size_t size)
{
    if (!s->is_after_cr || !size)
        return 0;
    s->is_after_cr = false;
    return *bytes == '\n';
}

static size_t line_length(const char *bytes, size_t size)
{
    const char *lf = memchr(bytes, '\n', size);
    size_t length = lf ? (size_t)(lf - bytes) : size;
    const char *cr = memchr(bytes, '\r', length);
    return cr ? (size_t)(cr - bytes) : length;
}

enum event_stream_state event_stream_next_line(struct event_stream *s,
                                               const char *bytes, size_t size,
                                               size_t *used)
{
    size_t at = 0;
    forget_line(s);
    if (!s->is_past_mark)
        at = skip_mark(s, bytes, size);
    at += skip_lf(s, bytes + at, size - at);
    size_t length = line_length(bytes + at, size - at);
    *used = at;
    if (!add(s, bytes + at, length))
        return EVENT_STREAM_TOO_LARGE;
    at += length;
    if (at < size) {
        s->is_line_ready = true;
        s->is_after_cr = bytes[at] == '\r';
        at++;
    }
    *used = at;
    return s->is_line_ready ? EVENT_STREAM_READY : EVENT_STREAM_MORE;
}

bool event_stream_last_line(struct event_stream *s)
{
    forget_line(s);
    s->is_line_ready = s->line.size > 0;
    return s->is_line_ready;
}

/* ------------------------------------------------------------------- events
 */

static void set(struct buffer *b, const char *value, size_t length)
{
    buffer_clear(b);
    buffer_add(b, value, length);
}

static void set_retry(struct event_stream *s, const char *value, size_t length)
{
    int64_t ms = 0;
    if (!length || length > RETRY_DIGITS_MAX)
        return;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9')
            return;
        ms = 10 * ms + (value[i] - '0');
    }
    s->retry_ms = ms;
    s->has_retry = true;
}

static bool is_name(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static void take_field(struct event_stream *s, const char *name,
                       size_t name_length, const char *value, size_t length)
{
    if (is_name(name, name_length, "data")) {
        buffer_add(&s->data, value, length);
        buffer_add_char(&s->data, '\n');
    } else if (is_name(name, name_length, "event")) {
        set(&s->type, value, length);
    } else if (is_name(name, name_length, "id")) {
        if (!memchr(value, '\0', length))
            set(&s->last_id, value, length);
    } else if (is_name(name, name_length, "retry")) {
        set_retry(s, value, length);
    }
}

/* "name: value", "name:value" or "name"; a comment has no name. */
static void take_line(struct event_stream *s)
{
    const char *line = s->line.data;
    size_t length = s->line.size;
    const char *colon = memchr(line, ':', length);
    size_t name_length = colon ? (size_t)(colon - line) : length;
    size_t at = colon ? name_length + 1 : length;
    at += at < length && line[at] == ' ';
    take_field(s, line, name_length, line + at, length - at);
}

static void forget_event(struct event_stream *s)
{
    buffer_clear(&s->data);
    buffer_clear(&s->type);
    s->is_event_ready = false;
}

/* Without data there is no event. */
static bool dispatch(struct event_stream *s)
{
    if (!s->data.size) {
        forget_event(s);
        return false;
    }
    s->data.size--; /* the last line feed */
    s->is_event_ready = true;
    return true;
}

enum event_stream_state event_stream_next(struct event_stream *s,
                                          const char *bytes, size_t size,
                                          size_t *used)
{
    size_t at = 0;
    enum event_stream_state state;
    if (s->is_event_ready)
        forget_event(s);
    do {
        size_t taken;
        state = event_stream_next_line(s, bytes + at, size - at, &taken);
        at += taken;
        *used = at;
        if (state != EVENT_STREAM_READY)
            return state;
        if (s->line.size)
            take_line(s);
        else if (dispatch(s))
            return EVENT_STREAM_READY;
    } while (at < size);
    return EVENT_STREAM_MORE;
}

void event_stream_fini(struct event_stream *s)
{
    buffer_fini(&s->data);
    buffer_fini(&s->type);
    buffer_fini(&s->last_id);
    buffer_fini(&s->line);
}
