/* event_stream — server-sent events, or plain lines, from bytes as they come.
 *
 * Parsing is that of the HTML standard (9.2.6, "Interpreting an event stream"):
 * lines end with CR LF, LF or CR; a byte order mark in front is skipped; an
 * event is dispatched by an empty line, and one that the stream ends in is
 * dropped. What a stream may make us hold is limited. A zeroed struct with its
 * limit is ready; nothing else is known of where the bytes come from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum event_stream_state {
    EVENT_STREAM_MORE,     /* all bytes were taken */
    EVENT_STREAM_READY,    /* an event, or a line, is there */
    EVENT_STREAM_TOO_LARGE /* it does not fit the limit; nothing follows */
};

struct event_stream {
    size_t max_bytes; /* of an event or line */
    /* Of an event that is READY, until bytes are taken again. */
    struct buffer data;
    struct buffer type;    /* empty: "message" */
    struct buffer last_id; /* of this event, or of one before */
    int64_t retry_ms;      /* of the last one that told; 0 with has_retry off */
    bool has_retry;
    /* A line that is READY, without its end. */
    struct buffer line;
    /* Private. */
    bool is_line_ready;
    bool is_event_ready;
    bool is_after_cr;
    unsigned mark_bytes; /* of the byte order mark, seen so far */
    bool is_past_mark;
};

/* Takes bytes until an event is whole; `*used` is how many. */
enum event_stream_state event_stream_next(struct event_stream *s,
                                          const char *bytes, size_t size,
                                          size_t *used);
/* The same for a line. Lines taken so are in no event. */
enum event_stream_state event_stream_next_line(struct event_stream *s,
                                               const char *bytes, size_t size,
                                               size_t *used);
/* The stream has ended: whether there is a last line, which nothing ended. */
bool event_stream_last_line(struct event_stream *s);
void event_stream_fini(struct event_stream *s);
