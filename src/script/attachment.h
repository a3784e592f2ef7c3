/* attachment — a file that scripts send: `lload.file "logo.png"`.
 *
 * Read once, while the first state loads; its bytes are kept once for the
 * process and belong to script_shared, so that requests point to them. A handle
 * in a state adds what it is called and its media type. */
#pragma once

#include <stddef.h>

#include <lua.h>

struct shared_file;

struct attachment {
    const char *bytes; /* of script_shared: as long as any state */
    size_t size;
    const char *name; /* in the handle */
    const char *type; /* in the handle; NULL if it was not said */
};

/* Once per state, while lload.core is opened. */
void attachment_register(lua_State *L);
/* The handle at `index`; NULL if the value is none. */
const struct attachment *attachment_at(lua_State *L, int index);
void attachment_free_all(struct shared_file *files);
