/* core_html — pages as scripts see them: `r:html()`, `lload.html(text)`. */
#pragma once

#include <stddef.h>

#include <lua.h>

/* Once per state, while lload.core is opened. */
void html_register(lua_State *L);
/* Pushes the page that `text` is. The table on top of the stack, which keeps
 * the text alive, is popped and becomes the page's environment. */
void html_push(lua_State *L, const char *text, size_t size);
