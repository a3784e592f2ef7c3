/* core_url — percent-encoding, there and back. */
#include "base/buffer.h"
#include "base/url.h"
#include "script/core.h"
#include "script/scratch.h"

static const char *check_text(lua_State *L, const char *what, size_t *length)
{
    if (lua_type(L, 1) != LUA_TSTRING)
        luaL_error(L, "%s: text is wanted, got %s", what, luaL_typename(L, 1));
    return lua_tolstring(L, 1, length);
}

/* core.url_encode(text) -> text */
static int core_url_encode(lua_State *L)
{
    size_t length;
    const char *text = check_text(L, "url.encode", &length);
    struct buffer *out = scratch(L);
    url_add_encoded(out, text, length);
    return scratch_push(L, out);
}

/* core.url_decode(text [, + is a space]) -> text */
static int core_url_decode(lua_State *L)
{
    size_t length;
    const char *text = check_text(L, "url.decode", &length);
    struct buffer *out = scratch(L);
    url_add_decoded(out, text, length, lua_toboolean(L, 2));
    return scratch_push(L, out);
}

const luaL_Reg core_url_functions[] = {{"url_encode", core_url_encode},
                                       {"url_decode", core_url_decode},
                                       {NULL, NULL}};
