#include "script/core_html.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/html.h"
#include "base/html_select.h"
#include "script/core.h"
#include "script/scratch.h"
#include "script/state.h"

static const char TYPE[] = "lload.html";

/* How much a script gets of a page at once, however large that is. */
enum { LIST_MAX = 1000, ATTRIBUTES_MAX = 1000 };

struct page {
    struct html h;
    struct html_element elements[];
};

void html_push(lua_State *L, const char *text, size_t size)
{
    size_t room = html_count(text, size);
    struct page *p =
        lua_newuserdata(L, sizeof *p + room * sizeof p->elements[0]);
    p->h = (struct html){
        .text = text, .size = size, .elements = p->elements, .count = 0};
    html_scan(&p->h);
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2); // environment, page
    lua_insert(L, -2);
    lua_setfenv(L, -2); // page
}

/* core.html(text) -> page */
static int core_html(lua_State *L)
{
    size_t size;
    if (lua_type(L, 1) != LUA_TSTRING)
        return luaL_error(L, "html: text is wanted, got %s",
                          luaL_typename(L, 1));
    const char *text = lua_tolstring(L, 1, &size);
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    html_push(L, text, size);
    return 1;
}

static const struct html *check(lua_State *L)
{
    return &((struct page *)luaL_checkudata(L, 1, TYPE))->h;
}

/* ------------------------------------------------------------------- values */

static void push_decoded(lua_State *L, struct html_slice raw)
{
    if (!memchr(raw.at, '&', raw.length)) {
        lua_pushlstring(L, raw.at, raw.length);
        return;
    }
    struct buffer *b = scratch(L);
    b->size = html_decode(raw, buffer_reserve(b, raw.length));
    scratch_push(L, b);
}

static void push_lower(lua_State *L, struct html_slice word)
{
    struct buffer *b = scratch(L);
    for (size_t i = 0; i < word.length; i++) {
        char c = word.at[i];
        buffer_add_char(b, c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c);
    }
    scratch_push(L, b);
}

static void push_text(lua_State *L, const struct html *h, uint32_t element)
{
    size_t size = html_content(h, element).length;
    struct buffer *b = scratch(L);
    char *to = buffer_reserve(b, size < HTML_TEXT_MAX ? size : HTML_TEXT_MAX);
    b->size = html_text(h, element, to);
    scratch_push(L, b);
}

/* The attributes by name, in lower case; the first of a name counts. */
static void push_attributes(lua_State *L, const struct html *h,
                            uint32_t element)
{
    struct html_attribute a;
    const char *at = html_attributes(h, element);
    lua_newtable(L);
    for (int i = 0; i < ATTRIBUTES_MAX && html_next_attribute(h, &at, &a);
         i++) {
        push_lower(L, a.name);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3); // attributes, name, before
        bool is_new = lua_isnil(L, -1);
        lua_pop(L, 1);
        if (is_new) {
            push_decoded(L, a.value);
            lua_rawset(L, -3);
        } else {
            lua_pop(L, 1);
        }
    }
}

static void push_element(lua_State *L, const struct html *h, uint32_t element)
{
    lua_createtable(L, 0, 3);
    push_lower(L, html_name(h, element));
    lua_setfield(L, -2, "tag");
    push_text(L, h, element);
    lua_setfield(L, -2, "text");
    push_attributes(L, h, element);
    lua_setfield(L, -2, "attributes");
}

static struct html_slice word(const char *text)
{
    return (struct html_slice){text, strlen(text)};
}

static bool find(const struct html *h, uint32_t element, const char *name,
                 struct html_slice *value)
{
    return html_find_attribute(h, element, word(name), value);
}

static bool has(const struct html *h, uint32_t element, const char *name)
{
    struct html_slice value;
    return find(h, element, name, &value);
}

/* Pushes an attribute, or nil. */
static bool push_attribute(lua_State *L, const struct html *h, uint32_t element,
                           const char *name)
{
    struct html_slice value;
    bool found = find(h, element, name, &value);
    if (found)
        push_decoded(L, value);
    else
        lua_pushnil(L);
    return found;
}

/* ---------------------------------------------------------------- selecting */

static void check_selector(lua_State *L, int index, struct html_selector *s)
{
    size_t length;
    struct error err = {{0}};
    const char *text = luaL_checklstring(L, index, &length);
    if (!html_selector_read(s, text, length, &err))
        luaL_error(L, "selector '%s': %s", text, err.text);
}

/* page:first(selector) -> element | nil */
static int html_first(lua_State *L)
{
    const struct html *h = check(L);
    struct html_selector s;
    check_selector(L, 2, &s);
    uint32_t found = html_select(h, &s, 0, h->count);
    if (found == HTML_NONE)
        lua_pushnil(L);
    else
        push_element(L, h, found);
    return 1;
}

/* page:all(selector) -> { element, … } */
static int html_all(lua_State *L)
{
    const struct html *h = check(L);
    struct html_selector s;
    check_selector(L, 2, &s);
    lua_newtable(L);
    uint32_t at = html_select(h, &s, 0, h->count);
    for (int i = 1; at != HTML_NONE && i <= LIST_MAX; i++) {
        push_element(L, h, at);
        lua_rawseti(L, -2, i);
        at = html_select(h, &s, at + 1, h->count);
    }
    return 1;
}

/* page:links() -> { { href, text }, … } */
static int html_links(lua_State *L)
{
    const struct html *h = check(L);
    int count = 0;
    lua_newtable(L);
    for (uint32_t i = 0; i < h->count && count < LIST_MAX; i++) {
        if (!html_is(h, i, "a") || !push_attribute(L, h, i, "href")) {
            lua_settop(L, 2);
            continue;
        }
        lua_createtable(L, 0, 2); // page, list, href, link
        lua_insert(L, -2);
        lua_setfield(L, -2, "href");
        push_text(L, h, i);
        lua_setfield(L, -2, "text");
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

/* -------------------------------------------------------------------- forms */

/* The elements inside one, from `*from` up to, not including, `*to`. */
static void inside(const struct html *h, uint32_t element, uint32_t *from,
                   uint32_t *to)
{
    *from = *to = element + 1;
    while (*to < h->count && h->elements[*to].tag < h->elements[element].end)
        ++*to;
}

static bool is_type(const struct html *h, uint32_t element, const char *type)
{
    struct html_slice value;
    return find(h, element, "type", &value) &&
           html_same_word(value, word(type));
}

/* page:hidden(name [, selector of the form]) -> value | nil */
static int html_hidden(lua_State *L)
{
    const struct html *h = check(L);
    uint32_t i = 0, to = h->count;
    const char *name = luaL_checkstring(L, 2);
    if (!lua_isnoneornil(L, 3)) {
        struct html_selector s;
        check_selector(L, 3, &s);
        uint32_t form = html_select(h, &s, 0, h->count);
        if (form == HTML_NONE)
            return 0;
        inside(h, form, &i, &to);
    }
    for (; i < to; i++) {
        lua_settop(L, 3);
        if (html_is(h, i, "input") && is_type(h, i, "hidden") &&
            push_attribute(L, h, i, "name") &&
            strcmp(lua_tostring(L, -1), name) == 0) {
            if (!push_attribute(L, h, i, "value"))
                lua_pushliteral(L, "");
            return 1;
        }
    }
    return 0;
}

/* Adds the value on top to the list of its name, the name below it. */
static void add_field(lua_State *L, int fields)
{
    lua_pushvalue(L, -2);
    lua_rawget(L, fields); // name, value, before
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_rawset(L, fields);
        return;
    }
    if (!lua_istable(L, -1)) {
        lua_createtable(L, 2, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1); // name, value, list
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -2);
        lua_rawset(L, fields);
    }
    lua_insert(L, -2);
    lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
    lua_pop(L, 2);
}

/* Pushes the value of an input, unless nothing of it would be sent. */
static bool push_input(lua_State *L, const struct html *h, uint32_t i)
{
    static const char *const unsent[] = {"submit", "button", "image", "reset",
                                         "file"};
    for (size_t k = 0; k < sizeof unsent / sizeof *unsent; k++)
        if (is_type(h, i, unsent[k]))
            return false;
    bool is_box = is_type(h, i, "checkbox") || is_type(h, i, "radio");
    if (is_box && !has(h, i, "checked"))
        return false;
    if (!push_attribute(L, h, i, "value")) {
        lua_pop(L, 1);
        lua_pushstring(L, is_box ? "on" : "");
    }
    return true;
}

/* A newline behind the tag of a textarea is not part of it. */
static void push_textarea(lua_State *L, const struct html *h, uint32_t i)
{
    struct html_slice text = html_content(h, i);
    size_t newline = 0;
    if (text.length && text.at[0] == '\r')
        newline = text.length > 1 && text.at[1] == '\n' ? 2 : 0;
    else if (text.length && text.at[0] == '\n')
        newline = 1;
    text.at += newline;
    text.length -= newline;
    push_decoded(L, text);
}

static void add_option(lua_State *L, const struct html *h, uint32_t option,
                       int fields)
{
    lua_pushvalue(L, -1);
    if (!push_attribute(L, h, option, "value")) {
        lua_pop(L, 1);
        push_text(L, h, option);
    }
    add_field(L, fields);
}

/* Adds the options that are selected, the name being on top. Where one only can
 * be, it is the last of them, or the first option of all. */
static void add_select(lua_State *L, const struct html *h, uint32_t element,
                       int fields)
{
    uint32_t i, to, chosen = HTML_NONE;
    bool is_multiple = has(h, element, "multiple");
    inside(h, element, &i, &to);
    for (; i < to; i++) {
        if (!html_is(h, i, "option") || has(h, i, "disabled"))
            continue;
        bool is_selected = has(h, i, "selected");
        if (is_selected && is_multiple)
            add_option(L, h, i, fields);
        else if (is_selected || chosen == HTML_NONE)
            chosen = i;
    }
    if (!is_multiple && chosen != HTML_NONE)
        add_option(L, h, chosen, fields);
}

/* Adds what a browser would send for an element, if it is a field at all. */
static void add_control(lua_State *L, const struct html *h, uint32_t i,
                        int fields)
{
    bool is_input = html_is(h, i, "input");
    bool is_text = html_is(h, i, "textarea"), is_list = html_is(h, i, "select");
    if ((!is_input && !is_text && !is_list) || has(h, i, "disabled") ||
        !push_attribute(L, h, i, "name"))
        return;
    if (is_list)
        add_select(L, h, i, fields);
    else if (is_text)
        push_textarea(L, h, i);
    if (is_text || (is_input && push_input(L, h, i)))
        add_field(L, fields);
}

static void push_fields(lua_State *L, const struct html *h, uint32_t form)
{
    uint32_t i, to;
    lua_newtable(L);
    int fields = lua_gettop(L);
    inside(h, form, &i, &to);
    for (; i < to; i++) {
        add_control(L, h, i, fields);
        lua_settop(L, fields);
    }
}

/* page:form([selector]) -> { action, method, fields } | nil */
static int html_form(lua_State *L)
{
    const struct html *h = check(L);
    struct html_slice method;
    struct html_selector s;
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_pushliteral(L, "form");
        lua_replace(L, 2);
    }
    check_selector(L, 2, &s);
    uint32_t form = html_select(h, &s, 0, h->count);
    if (form == HTML_NONE)
        return 0;
    lua_createtable(L, 0, 3);
    if (!push_attribute(L, h, form, "action")) {
        lua_pop(L, 1);
        lua_pushliteral(L, "");
    }
    lua_setfield(L, -2, "action");
    bool is_post = find(h, form, "method", &method) &&
                   html_same_word(method, word("post"));
    lua_pushstring(L, is_post ? "POST" : "GET");
    lua_setfield(L, -2, "method");
    push_fields(L, h, form);
    lua_setfield(L, -2, "fields");
    return 1;
}

void html_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"first", html_first},   {"all", html_all},   {"links", html_links},
        {"hidden", html_hidden}, {"form", html_form}, {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    state_hide_metatable(L);
    lua_pop(L, 1);
}

const luaL_Reg core_html_functions[] = {{"html", core_html}, {NULL, NULL}};
