/* outgoing_multipart — a body of several parts (RFC 7578).
 *
 * The boundary is the same for every body, so that the same parts give the same
 * bytes; only where a part holds it, the next of a sequence is taken. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/random.h"
#include "script/attachment.h"
#include "script/outgoing.h"
#include "script/request_options.h"

enum { NAMES_MAX = 256, BOUNDARY_BYTES = 40 };

struct writer {
    lua_State *L;
    struct buffer *out;
    char boundary[BOUNDARY_BYTES];
    size_t boundary_bytes;
    bool is_met; /* a part holds the boundary */
};

struct part {
    const char *name;
    const char *file_name; /* NULL if it is no file */
    const char *type;      /* NULL if none is said */
    const char *bytes;
    size_t size;
};

static void make_boundary(struct writer *w, uint64_t number)
{
    static const uint64_t seed = 7578;
    int length = snprintf(
        w->boundary, sizeof w->boundary, "lload-%016" PRIx64 "%016" PRIx64,
        random_hash(seed, number, 0), random_hash(seed, number, 1));
    w->boundary_bytes = (size_t)length;
    w->is_met = false;
}

/* ------------------------------------------------------------------- writing
 */

/* As browsers do: https://html.spec.whatwg.org/#multipart-form-data */
static void add_quoted(struct buffer *out, const char *text)
{
    buffer_add_char(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buffer_add_text(out, "%22");
        else if (*text == '\r')
            buffer_add_text(out, "%0D");
        else if (*text == '\n')
            buffer_add_text(out, "%0A");
        else
            buffer_add_char(out, *text);
    }
    buffer_add_char(out, '"');
}

static void add_delimiter(struct writer *w, const char *end)
{
    buffer_add_text(w->out, "--");
    buffer_add(w->out, w->boundary, w->boundary_bytes);
    buffer_add_text(w->out, end);
}

static void add_part(struct writer *w, const struct part *p)
{
    struct buffer *out = w->out;
    if (p->size && memmem(p->bytes, p->size, w->boundary, w->boundary_bytes))
        w->is_met = true;
    add_delimiter(w, "\r\nContent-Disposition: form-data; name=");
    add_quoted(out, p->name);
    if (p->file_name) {
        buffer_add_text(out, "; filename=");
        add_quoted(out, p->file_name);
    }
    if (p->type || p->file_name) {
        buffer_add_text(out, "\r\nContent-Type: ");
        buffer_add_text(out, p->type ? p->type : "application/octet-stream");
    }
    buffer_add_text(out, "\r\n\r\n");
    if (p->size)
        buffer_add(out, p->bytes, p->size);
    buffer_add_text(out, "\r\n");
}

/* ------------------------------------------------------------------- reading
 */

/* The value on top as the content of a part. */
static void add_value(struct writer *w, struct part p)
{
    const struct attachment *a = attachment_at(w->L, -1);
    if (!a) {
        p.bytes = scalar_text(w->L, "multipart", &p.size);
    } else {
        p.bytes = a->bytes;
        p.size = a->size;
        p.file_name = p.file_name ? p.file_name : a->name;
        p.type = p.type ? p.type : a->type;
    }
    add_part(w, &p);
}

static const char *checked_text(struct writer *w, const char *what,
                                const char *forbidden)
{
    size_t length = 0;
    const char *text = lua_type(w->L, -1) == LUA_TSTRING
                           ? lua_tolstring(w->L, -1, &length)
                           : NULL;
    if (!text || strlen(text) != length || strpbrk(text, forbidden))
        luaL_error(w->L, "multipart: %s is text%s", what,
                   *forbidden ? " without line breaks" : "");
    return text;
}

static const char *optional_text(struct writer *w, int item, const char *field)
{
    lua_getfield(w->L, item, field);
    const char *text =
        lua_isnil(w->L, -1) ? NULL : checked_text(w, field, "\r\n");
    lua_pop(w->L, 1); /* the item keeps it */
    return text;
}

/* { name, value, type = …, filename = … } on top. */
static void add_item(struct writer *w)
{
    lua_State *L = w->L;
    int item = lua_gettop(L);
    struct part p = {0};
    if (!lua_istable(L, item))
        luaL_error(L, "multipart: the items of a list are { name, value }");
    p.type = optional_text(w, item, "type");
    p.file_name = optional_text(w, item, "filename");
    lua_rawgeti(L, item, 1); // item, name
    p.name = checked_text(w, "the name of a part", "");
    lua_rawgeti(L, item, 2); // item, name, value
    add_value(w, p);
    lua_pop(L, 2);
}

static void add_list(struct writer *w)
{
    int table = option_slot(OPTION_MULTIPART);
    int count = (int)lua_objlen(w->L, table);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(w->L, table, i);
        add_item(w);
        lua_pop(w->L, 1);
    }
}

/* The value on top: one part, or one for each element of a list. */
static void add_values(struct writer *w, const char *name)
{
    lua_State *L = w->L;
    struct part p = {.name = name};
    if (!lua_istable(L, -1)) {
        add_value(w, p);
        return;
    }
    int count = (int)lua_objlen(L, -1);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        add_value(w, p);
        lua_pop(L, 1);
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that the same table gives the same bytes. */
static void add_map(struct writer *w)
{
    lua_State *L = w->L;
    int table = option_slot(OPTION_MULTIPART);
    const char *names[NAMES_MAX];
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        lua_pop(L, 1);
        if (count == NAMES_MAX)
            luaL_error(L, "multipart: more than %d names", NAMES_MAX);
        names[count++] = checked_text(w, "the name of a part", "");
    }
    if (count)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        lua_getfield(L, table, names[i]);
        add_values(w, names[i]);
        lua_pop(L, 1);
    }
}

const char *outgoing_add_multipart(lua_State *L, struct outgoing *o)
{
    struct writer w = {.L = L, .out = &o->body};
    uint64_t number = 0;
    table_option(L, OPTION_MULTIPART);
    lua_rawgeti(L, option_slot(OPTION_MULTIPART), 1);
    bool is_list = !lua_isnil(L, -1);
    lua_pop(L, 1);
    do {
        make_boundary(&w, number++);
        buffer_clear(&o->body);
        if (is_list)
            add_list(&w);
        else
            add_map(&w);
    } while (w.is_met);
    if (!o->body.size)
        luaL_error(L, "multipart: there is no part");
    add_delimiter(&w, "--\r\n");
    snprintf(o->media_type, sizeof o->media_type,
             "multipart/form-data; boundary=%s", w.boundary);
    return o->media_type;
}
