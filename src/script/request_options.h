/* request_options — the table of options of a request, spread over the stack.
 *
 * While a request is built, slot 1 of the stack is the address, slot 2 the
 * table and each option given has a slot of its own. The
 * readers raise at the caller's line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

enum option {
    OPTION_PARAMS,
    OPTION_QUERY,
    OPTION_HEADERS,
    OPTION_JSON,
    OPTION_FORM,
    OPTION_BODY,
    OPTION_BEARER,
    OPTION_BASIC,
    OPTION_TIMEOUT,
    OPTION_NAME,
    OPTION_TAGS,
    OPTION_EXPECT,
    OPTION_MAX_BODY,
    OPTION_REDIRECTS,
    OPTION_COOKIES,
    OPTION_COMPRESS,
    OPTION_DISCARD_BODY,
    OPTION_MULTIPART,
    OPTION_DIGEST,
    OPTIONS
};

enum { URL_SLOT = 1, OPTIONS_SLOT = 2, FIRST_SLOT = 3 };

static inline int option_slot(enum option o)
{
    return FIRST_SLOT + (int)o;
}

static inline bool has_option(unsigned given, enum option o)
{
    return given >> o & 1;
}

/* What an option is called. */
const char *option_name(enum option o);
/* Each option given goes to its slot; returns a bit for each. Raises for an
 * unknown one. */
unsigned spread_options(lua_State *L);
const char *text_option(lua_State *L, enum option o, size_t *length);
/* A whole number from 0 to `max`. */
uint32_t whole_option(lua_State *L, enum option o, uint32_t max);
void table_option(lua_State *L, enum option o);
bool flag_option(lua_State *L, enum option o);
/* The value on top as text; whole numbers stay whole up to 2^53. `what` names
 * it in the error. */
const char *scalar_text(lua_State *L, const char *what, size_t *length);
