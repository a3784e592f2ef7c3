#include "script/core_crypto.h"

#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "base/error.h"
#include "io/crypto.h"
#include "script/core.h"
#include "script/state.h"

static const char TYPE[] = "lload.crypto", KEY_TYPE[] = "lload.jwt_key";

enum { STACK_BYTES = 1024, RANDOM_MAX = 1 << 20 };

enum encoding { HEX, STANDARD_BASE64, URL_BASE64, RAW };
static const char *const ENCODINGS[] = {"hex", "base64", "base64url", "raw",
                                        NULL};

static const char CRYPTO_KEY = 'c'; /* its address is the registry key */

/* The state's own, made when a script first wants it. */
static struct crypto *crypto_of(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&CRYPTO_KEY);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct crypto **held = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (held)
        return *held;
    lua_pushlightuserdata(L, (void *)(uintptr_t)&CRYPTO_KEY);
    held = lua_newuserdata(L, sizeof *held);
    *held = NULL;
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    *held = crypto_new();
    if (!*held)
        luaL_error(L, "OpenSSL has no memory left");
    lua_rawset(L, LUA_REGISTRYINDEX);
    return *held;
}

static int crypto_gc(lua_State *L)
{
    struct crypto **held = lua_touserdata(L, 1);
    if (*held)
        crypto_free(*held);
    *held = NULL;
    return 0;
}

/* Numbers are no text here: 14 digits of them would be. */
static const char *check_text(lua_State *L, int index, const char *what,
                              size_t *length)
{
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s: text is wanted, got %s", what,
                   luaL_typename(L, index));
    return lua_tolstring(L, index, length);
}

/* ---------------------------------------------------------------- encodings */

/* Room that Lua frees: on the stack if it is enough. */
static void *room_for(lua_State *L, char *stack, size_t size)
{
    return size <= STACK_BYTES ? stack : lua_newuserdata(L, size);
}

static void push_hex(lua_State *L, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char stack[STACK_BYTES], *text = room_for(L, stack, 2 * size);
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    lua_pushlstring(L, text, 2 * size);
}

static void push_base64(lua_State *L, const void *bytes, size_t size,
                        enum base64_kind kind)
{
    char stack[STACK_BYTES];
    char *text = room_for(L, stack, base64_encoded_max(size));
    lua_pushlstring(L, text, base64_write(text, bytes, size, kind));
}

static enum encoding check_encoding(lua_State *L, int index,
                                    enum encoding absent, const char *what)
{
    if (lua_isnoneornil(L, index))
        return absent;
    const char *name =
        lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    for (int i = 0; ENCODINGS[i]; i++)
        if (strcmp(name, ENCODINGS[i]) == 0)
            return (enum encoding)i;
    luaL_error(L,
               "%s: the encoding is \"hex\", \"base64\", \"base64url\" or "
               "\"raw\"",
               what);
    return absent;
}

static int push_encoded(lua_State *L, const void *bytes, size_t size,
                        enum encoding encoding)
{
    if (encoding == HEX)
        push_hex(L, bytes, size);
    else if (encoding == RAW)
        lua_pushlstring(L, bytes, size);
    else
        push_base64(L, bytes, size,
                    encoding == URL_BASE64 ? BASE64_URL : BASE64_STANDARD);
    return 1;
}

static enum base64_kind base64_kind(lua_State *L)
{
    return lua_toboolean(L, 2) ? BASE64_URL : BASE64_STANDARD;
}

/* core.base64_encode(text, for URLs) -> text */
static int core_base64_encode(lua_State *L)
{
    size_t size;
    const char *bytes = check_text(L, 1, "base64.encode", &size);
    push_base64(L, bytes, size, base64_kind(L));
    return 1;
}

/* core.base64_decode(text, for URLs) -> text | nil, message */
static int core_base64_decode(lua_State *L)
{
    size_t length, size;
    const char *text = check_text(L, 1, "base64.decode", &length);
    char stack[STACK_BYTES];
    char *bytes = room_for(L, stack, base64_decoded_max(length));
    if (!base64_read(bytes, &size, text, length, base64_kind(L))) {
        lua_pushnil(L);
        lua_pushfstring(L, "this is not %s",
                        lua_toboolean(L, 2) ? "base64url" : "base64");
        return 2;
    }
    lua_pushlstring(L, bytes, size);
    return 1;
}

/* ------------------------------------------------------------------ digests */

static enum crypto_algorithm check_algorithm(lua_State *L, const char *what)
{
    static const char *const names[] = {"md5", "sha1", "sha256", "sha512"};
    const char *name = lua_type(L, 1) == LUA_TSTRING ? lua_tostring(L, 1) : "";
    for (int i = 0; i < CRYPTO_ALGORITHMS; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum crypto_algorithm)i;
    luaL_error(L,
               "%s: the algorithm is \"md5\", \"sha1\", \"sha256\" or "
               "\"sha512\"",
               what);
    return CRYPTO_ALGORITHMS;
}

static int push_digest(lua_State *L, const unsigned char *digest, size_t size,
                       enum encoding encoding)
{
    if (!size)
        return luaL_error(L, "%s: this OpenSSL does without it",
                          lua_tostring(L, 1));
    return push_encoded(L, digest, size, encoding);
}

/* core.digest(algorithm, text [, encoding]) -> text; hex if absent */
static int core_digest(lua_State *L)
{
    size_t size;
    unsigned char digest[CRYPTO_DIGEST_MAX];
    enum crypto_algorithm algorithm = check_algorithm(L, "digest");
    const char *bytes = check_text(L, 2, lua_tostring(L, 1), &size);
    enum encoding encoding = check_encoding(L, 3, HEX, lua_tostring(L, 1));
    struct crypto *c = crypto_of(L);
    return push_digest(
        L, digest, crypto_digest(c, algorithm, bytes, size, digest), encoding);
}

/* core.hmac(algorithm, key, text [, encoding]) -> text; hex if absent */
static int core_hmac(lua_State *L)
{
    size_t key_size, size;
    unsigned char digest[CRYPTO_DIGEST_MAX];
    enum crypto_algorithm algorithm = check_algorithm(L, "hmac");
    const char *key = check_text(L, 2, "hmac: the key", &key_size);
    const char *bytes = check_text(L, 3, "hmac", &size);
    enum encoding encoding = check_encoding(L, 4, HEX, "hmac");
    struct crypto *c = crypto_of(L);
    return push_digest(
        L, digest,
        crypto_hmac(c, algorithm, key, key_size, bytes, size, digest),
        encoding);
}

/* core.random_bytes(n [, encoding]) -> text; raw if absent */
static int core_random_bytes(lua_State *L)
{
    lua_Number n = lua_isnumber(L, 1) ? lua_tonumber(L, 1) : -1;
    if (!(n >= 0 && n <= RANDOM_MAX) || n != (lua_Number)(size_t)n)
        return luaL_error(L, "random_bytes: a whole number up to %d is wanted",
                          (int)RANDOM_MAX);
    enum encoding encoding = check_encoding(L, 2, RAW, "random_bytes");
    char stack[STACK_BYTES], *bytes = room_for(L, stack, (size_t)n);
    if (!crypto_random(bytes, (size_t)n))
        return luaL_error(L, "random_bytes: OpenSSL gives none");
    return push_encoded(L, bytes, (size_t)n, encoding);
}

/* --------------------------------------------------------------- signatures */

static int key_gc(lua_State *L)
{
    struct crypto_key **held = lua_touserdata(L, 1);
    crypto_key_free(*held);
    *held = NULL;
    return 0;
}

/* core.jwt_key(pem) -> key, algorithm | nil, message */
static int core_jwt_key(lua_State *L)
{
    size_t size;
    struct error err = {{0}};
    const char *pem = check_text(L, 1, "the key", &size);
    struct crypto_key **held = lua_newuserdata(L, sizeof *held);
    *held = NULL;
    luaL_getmetatable(L, KEY_TYPE);
    lua_setmetatable(L, -2);
    *held = crypto_key_read(pem, size, &err);
    if (!*held)
        lua_pushnil(L);
    lua_pushstring(L, *held ? crypto_key_algorithm(*held) : err.text);
    return 2;
}

static const struct crypto_key *check_key(lua_State *L)
{
    return *(struct crypto_key **)luaL_checkudata(L, 1, KEY_TYPE);
}

/* core.jwt_sign(key, text) -> signature | nil, message */
static int core_jwt_sign(lua_State *L)
{
    size_t size;
    const struct crypto_key *key = check_key(L);
    const char *bytes = check_text(L, 2, "jwt_sign", &size);
    struct crypto *c = crypto_of(L);
    char stack[STACK_BYTES];
    unsigned char *to = room_for(L, stack, crypto_signature_max(key));
    size_t length = crypto_sign(c, key, bytes, size, to);
    if (length) {
        lua_pushlstring(L, (char *)to, length);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, crypto_key_is_private(key)
                          ? "the key is too small to sign with"
                          : "a private key is wanted, this is a public one");
    return 2;
}

/* core.jwt_verify(key, text, signature) -> boolean */
static int core_jwt_verify(lua_State *L)
{
    size_t size, signature_size;
    const struct crypto_key *key = check_key(L);
    const char *bytes = check_text(L, 2, "jwt_verify", &size);
    const char *signature = check_text(L, 3, "jwt_verify", &signature_size);
    lua_pushboolean(L, crypto_verify(crypto_of(L), key, bytes, size,
                                     (const unsigned char *)signature,
                                     signature_size));
    return 1;
}

static void register_type(lua_State *L, const char *type, lua_CFunction gc)
{
    luaL_newmetatable(L, type);
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    state_hide_metatable(L);
    lua_pop(L, 1);
}

void crypto_register(lua_State *L)
{
    register_type(L, TYPE, crypto_gc);
    register_type(L, KEY_TYPE, key_gc);
}

const luaL_Reg core_crypto_functions[] = {{"base64_encode", core_base64_encode},
                                          {"base64_decode", core_base64_decode},
                                          {"digest", core_digest},
                                          {"hmac", core_hmac},
                                          {"random_bytes", core_random_bytes},
                                          {"jwt_key", core_jwt_key},
                                          {"jwt_sign", core_jwt_sign},
                                          {"jwt_verify", core_jwt_verify},
                                          {NULL, NULL}};
