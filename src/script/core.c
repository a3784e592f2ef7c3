#include "script/core.h"

#include "script/attachment.h"
#include "script/cookie_jar.h"
#include "script/core_crypto.h"
#include "script/core_html.h"
#include "script/core_regex.h"
#include "script/core_shared.h"
#include "script/core_ws.h"
#include "script/data.h"
#include "script/response.h"
#include "script/stream.h"

int core_open(lua_State *L)
{
    static const luaL_Reg *const families[] = {
        core_http_functions,   core_time_functions,   core_metric_functions,
        core_random_functions, core_data_functions,   core_script_functions,
        core_guard_functions,  core_crypto_functions, core_json_functions,
        core_url_functions,    core_regex_functions,  core_shared_functions,
        core_file_functions,   core_html_functions,   core_ws_functions};
    lua_newtable(L);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        luaL_register(L, NULL, families[i]);
    response_register(L);
    stream_register(L);
    cookie_jar_register(L);
    data_register(L);
    attachment_register(L);
    crypto_register(L);
    regex_register(L);
    shared_register(L);
    html_register(L);
    ws_register(L);
    return 1;
}
