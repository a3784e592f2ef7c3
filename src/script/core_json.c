/* core_json — JSON text for modules of lload, by the rules of requests and
 * responses. */
#include "base/buffer.h"
#include "base/error.h"
#include "script/core.h"
#include "script/json_decode.h"
#include "script/json_encode.h"
#include "script/scratch.h"

/* core.json_encode(value) -> text | nil, message */
static int core_json_encode(lua_State *L)
{
    struct error err = {{0}};
    luaL_checkany(L, 1);
    struct buffer *out = scratch(L);
    if (!json_encode(L, 1, out, &err)) {
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 2;
    }
    return scratch_push(L, out);
}

/* core.json_decode(text) -> value | nil, message */
static int core_json_decode(lua_State *L)
{
    size_t length;
    struct json_slice value;
    const char *text = luaL_checklstring(L, 1, &length);
    if (json_document(text, length, &value))
        return json_decode_push(L, value) ? 1 : 2;
    lua_pushnil(L);
    lua_pushliteral(L, "this is not JSON");
    return 2;
}

const luaL_Reg core_json_functions[] = {{"json_encode", core_json_encode},
                                        {"json_decode", core_json_decode},
                                        {NULL, NULL}};
