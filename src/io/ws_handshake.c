#include "io/ws_handshake.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/buffer.h"
#include "io/crypto.h"

bool ws_handshake_key(char key[WS_KEY_BYTES])
{
    unsigned char bytes[16];
    struct buffer text = {0};
    if (!crypto_random(bytes, sizeof bytes))
        return false;
    base64_add(&text, (const char *)bytes, sizeof bytes);
    memcpy(key, buffer_text(&text), WS_KEY_BYTES);
    buffer_fini(&text);
    return true;
}

void ws_handshake_write(struct buffer *lines, const char *key,
                        const char *protocols)
{
    buffer_printf(lines,
                  "Connection: Upgrade\r\n"
                  "Upgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: %s\r\n",
                  key);
    if (protocols)
        buffer_printf(lines, "Sec-WebSocket-Protocol: %s\r\n", protocols);
}

/* ------------------------------------------------------------------- answer */

struct value {
    const char *at; /* NULL: there is no such line */
    size_t length;
    bool is_double; /* another line has the same name */
};

static struct value trimmed(const char *at, const char *end)
{
    while (at < end && strchr(" \t", *at))
        at++;
    while (at < end && strchr(" \t\r", end[-1]))
        end--;
    return (struct value){.at = at, .length = (size_t)(end - at)};
}

/* The value of the next line of that name from `*at` on, which moves behind
 * it. */
static struct value next_line(const char **at, const char *end,
                              const char *name)
{
    size_t length = strlen(name);
    while (*at < end) {
        const char *line = *at,
                   *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        *at = stop + (stop < end);
        if ((size_t)(stop - line) > length && line[length] == ':' &&
            strncasecmp(line, name, length) == 0)
            return trimmed(line + length + 1, stop);
    }
    return (struct value){0};
}

static struct value line_of(const char *lines, size_t size, const char *name)
{
    const char *at = lines, *end = lines + size;
    struct value found = next_line(&at, end, name);
    found.is_double = next_line(&at, end, name).at != NULL;
    return found;
}

static bool is_text(struct value v, const char *text)
{
    return v.at && v.length == strlen(text) &&
           memcmp(v.at, text, v.length) == 0;
}

/* Is the word one of "a, b, c"? */
static bool lists(const char *list, size_t size, struct value word,
                  bool any_case)
{
    const char *at = list, *end = list + size;
    while (at < end) {
        const char *stop = memchr(at, ',', (size_t)(end - at));
        if (!stop)
            stop = end;
        struct value v = trimmed(at, stop);
        if (v.length == word.length &&
            (any_case ? strncasecmp(v.at, word.at, v.length)
                      : memcmp(v.at, word.at, v.length)) == 0)
            return true;
        at = stop + 1;
    }
    return false;
}

/* A list may be spread over several lines: RFC 9110 5.3. */
static bool line_has(const char *lines, size_t size, const char *name,
                     const char *word)
{
    const char *at = lines, *end = lines + size;
    struct value wanted = {.at = word, .length = strlen(word)}, v;
    while ((v = next_line(&at, end, name)).at)
        if (lists(v.at, v.length, wanted, true))
            return true;
    return false;
}

/* RFC 6455 1.3: the digest of the key and a fixed text. */
static bool accept_of(struct crypto *crypto, const char *key,
                      struct buffer *accept)
{
    static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[CRYPTO_DIGEST_MAX];
    char text[WS_KEY_BYTES + sizeof magic];
    size_t key_length = strlen(key);
    memcpy(text, key, key_length);
    memcpy(text + key_length, magic, sizeof magic);
    size_t size = crypto_digest(crypto, CRYPTO_SHA1, text,
                                key_length + sizeof magic - 1, digest);
    base64_add(accept, (const char *)digest, size);
    return size > 0;
}

static bool is_accepted(struct crypto *crypto, struct value accept,
                        const char *key)
{
    struct buffer wanted = {0};
    bool ok = accept_of(crypto, key, &wanted) && !accept.is_double &&
              is_text(accept, buffer_text(&wanted));
    buffer_fini(&wanted);
    return ok;
}

static const char *take_protocol(struct value agreed, const char *protocols,
                                 char protocol[WS_PROTOCOL_MAX_BYTES])
{
    *protocol = '\0';
    if (!agreed.at)
        return NULL;
    if (agreed.is_double || agreed.length >= WS_PROTOCOL_MAX_BYTES ||
        !protocols || !lists(protocols, strlen(protocols), agreed, false))
        return "the server chose a subprotocol that was not offered";
    memcpy(protocol, agreed.at, agreed.length);
    protocol[agreed.length] = '\0';
    return NULL;
}

const char *ws_handshake_problem(struct crypto *crypto, const char *lines,
                                 size_t line_bytes, const char *key,
                                 const char *protocols,
                                 char protocol[WS_PROTOCOL_MAX_BYTES])
{
    if (!line_has(lines, line_bytes, "Upgrade", "websocket"))
        return "the answer's Upgrade is not websocket";
    if (!line_has(lines, line_bytes, "Connection", "upgrade"))
        return "the answer's Connection does not say Upgrade";
    if (!is_accepted(crypto, line_of(lines, line_bytes, "Sec-WebSocket-Accept"),
                     key))
        return "Sec-WebSocket-Accept is not the answer to our key";
    if (line_of(lines, line_bytes, "Sec-WebSocket-Extensions").at)
        return "the server uses an extension that was not offered";
    return take_protocol(line_of(lines, line_bytes, "Sec-WebSocket-Protocol"),
                         protocols, protocol);
}
