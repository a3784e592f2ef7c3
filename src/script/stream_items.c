#include <stdio.h>

#include <lauxlib.h>

#include "script/outgoing.h"
#include "script/stream_inner.h"

static void set_text(lua_State *L, const char *name, const struct buffer *text)
{
    lua_pushlstring(L, text->size ? text->data : "", text->size);
    lua_setfield(L, -2, name);
}

static void push_event(lua_State *L, const struct event_stream *e)
{
    lua_createtable(L, 0, 4);
    if (e->type.size)
        set_text(L, "event", &e->type);
    else
        lua_pushliteral(L, "message"), lua_setfield(L, -2, "event");
    set_text(L, "data", &e->data);
    set_text(L, "id", &e->last_id);
    if (e->has_retry) {
        lua_pushnumber(L, (lua_Number)e->retry_ms);
        lua_setfield(L, -2, "retry");
    }
}

static void count_item(struct stream *s, enum stream_unit unit)
{
    int64_t first_ns = -1;
    if (!s->has_counted)
        first_ns = s->first_ns[unit] ? s->first_ns[unit] - s->started_ns : -1;
    s->has_counted = true;
    fetch_count_events(&s->request->fetch, 1, s->started_ns, first_ns);
}

static enum event_stream_state read_in(struct stream *s, enum stream_unit unit)
{
    size_t used, left = s->in.size - s->taken;
    const char *at = left ? s->in.data + s->taken : "";
    enum event_stream_state state =
        unit == STREAM_EVENT
            ? event_stream_next(&s->reader, at, left, &used)
            : event_stream_next_line(&s->reader, at, left, &used);
    s->taken += used;
    if (s->taken == s->in.size) {
        buffer_clear(&s->in);
        s->taken = 0;
    }
    return state;
}

/* The request may have been counted as a success before. */
static void give_up(struct stream *s)
{
    stream_end_exchange(s, HTTP_TOO_LARGE);
    s->failure = HTTP_TOO_LARGE;
    snprintf(s->detail, sizeof s->detail,
             "an event or line is larger than max_event");
}

/* Whether an event or line was read. What was held back may come from inside.
 */
static bool read_item(struct stream *s, enum stream_unit unit)
{
    for (;;) {
        enum event_stream_state state = read_in(s, unit);
        if (state == EVENT_STREAM_TOO_LARGE)
            give_up(s);
        if (state != EVENT_STREAM_MORE)
            return state == EVENT_STREAM_READY;
        stream_hold(s, false);
        if (!s->in.size)
            break;
    }
    return s->is_over && unit == STREAM_LINE && !s->failure &&
           event_stream_last_line(&s->reader);
}

int stream_push_item(lua_State *L, struct stream *s, enum stream_unit unit)
{
    if (s->user && read_item(s, unit)) {
        count_item(s, unit);
        if (unit == STREAM_EVENT)
            push_event(L, &s->reader);
        else
            lua_pushlstring(L, s->reader.line.size ? s->reader.line.data : "",
                            s->reader.line.size);
        return 1;
    }
    if (s->user && !s->is_over)
        return 0;
    stream_end(s);
    lua_pushnil(L);
    lua_pushstring(L, s->failure ? http_failure_name(s->failure) : "closed");
    return 2;
}
