#include "base/ws_frame.h"

#include <string.h>

enum {
    FINAL = 0x80,
    RESERVED = 0x70,
    OPCODE = 0x0F,
    CONTROL = 0x08, /* the bit that all control opcodes have */
    MASKED = 0x80,
    LENGTH = 0x7F,
    LENGTH_IN_2 = 126,
    LENGTH_IN_8 = 127
};

/* Those of RFC 6455, and of the registry it founded, that are for the wire; and
 * what is left to libraries and applications. */
bool ws_code_is_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* ------------------------------------------------------------------ writing */

static size_t put_big_endian(unsigned char *to, uint64_t n, size_t bytes)
{
    for (size_t i = bytes; i-- > 0; n >>= 8)
        to[i] = (unsigned char)(n & 0xFF);
    return bytes;
}

size_t ws_frame_head(unsigned char to[WS_HEAD_MAX_BYTES], enum ws_opcode opcode,
                     size_t size, const unsigned char key[4])
{
    size_t used = 2;
    to[0] = (unsigned char)(FINAL | (unsigned)opcode);
    if (size < LENGTH_IN_2) {
        to[1] = (unsigned char)(MASKED | size);
    } else if (size <= UINT16_MAX) {
        to[1] = MASKED | LENGTH_IN_2;
        used += put_big_endian(to + 2, size, 2);
    } else {
        to[1] = MASKED | LENGTH_IN_8;
        used += put_big_endian(to + 2, size, 8);
    }
    memcpy(to + used, key, 4);
    return used + 4;
}

void ws_frame_mask(char *to, const char *from, size_t size,
                   const unsigned char key[4])
{
    unsigned char twice[8];
    uint64_t mask, word;
    size_t i = 0;
    memcpy(twice, key, 4);
    memcpy(twice + 4, key, 4);
    memcpy(&mask, twice, sizeof mask);
    for (; size - i >= sizeof word; i += sizeof word) {
        memcpy(&word, from + i, sizeof word);
        word ^= mask;
        memcpy(to + i, &word, sizeof word);
    }
    for (; i < size; i++)
        to[i] = (char)((unsigned char)from[i] ^ twice[i % 8]);
}

/* ------------------------------------------------------------------ reading */

void ws_reader_init(struct ws_reader *r, size_t max_message_bytes)
{
    *r = (struct ws_reader){.max_message_bytes = max_message_bytes};
}

static struct ws_event violation(unsigned code, const char *problem)
{
    return (struct ws_event){
        .kind = WS_VIOLATION, .code = code, .problem = problem};
}

static enum ws_opcode opcode_of(const struct ws_reader *r)
{
    return (enum ws_opcode)(r->head[0] & OPCODE);
}

static bool is_control(const struct ws_reader *r)
{
    return r->head[0] & CONTROL;
}

static bool is_final(const struct ws_reader *r)
{
    return r->head[0] & FINAL;
}

/* What is wrong with the first byte of a frame, or NULL. */
static const char *first_byte_problem(const struct ws_reader *r)
{
    enum ws_opcode opcode = opcode_of(r);
    if (r->head[0] & RESERVED)
        return "a frame has a reserved bit set";
    if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
        return "a frame has a reserved opcode";
    if (is_control(r))
        return is_final(r) ? NULL : "a control frame is fragmented";
    if (opcode == WS_CONTINUATION)
        return r->is_in_message ? NULL : "a frame continues no message";
    return r->is_in_message ? "a message begins amid another" : NULL;
}

static const char *second_byte_problem(const struct ws_reader *r)
{
    if (r->head[1] & MASKED)
        return "a frame of the server is masked";
    if (is_control(r) && r->head[1] > WS_CONTROL_MAX_BYTES)
        return "a control frame has more than 125 bytes";
    return NULL;
}

static size_t head_size(const struct ws_reader *r)
{
    unsigned length = r->head_bytes < 2 ? 0 : r->head[1] & LENGTH;
    return length == LENGTH_IN_8 ? 10 : length == LENGTH_IN_2 ? 4 : 2;
}

static uint64_t get_big_endian(const unsigned char *from, size_t bytes)
{
    uint64_t n = 0;
    for (size_t i = 0; i < bytes; i++)
        n = n << 8 | from[i];
    return n;
}

/* RFC 6455 5.2: in as few bytes as possible, the first bit of eight 0. */
static const char *read_length(struct ws_reader *r)
{
    unsigned length = r->head[1] & LENGTH;
    r->left = length;
    if (length == LENGTH_IN_2) {
        r->left = get_big_endian(r->head + 2, 2);
        return r->left < LENGTH_IN_2 ? "a length takes more bytes than it needs"
                                     : NULL;
    }
    if (length == LENGTH_IN_8) {
        r->left = get_big_endian(r->head + 2, 8);
        if (r->left >> 63)
            return "a length of 64 bits has its first bit set";
        return r->left <= UINT16_MAX ? "a length takes more bytes than it needs"
                                     : NULL;
    }
    return NULL;
}

/* The head is complete: its payload begins. */
static struct ws_event begin_payload(struct ws_reader *r)
{
    const char *problem = read_length(r);
    if (problem)
        return violation(WS_CODE_PROTOCOL, problem);
    r->is_in_payload = true;
    r->control_size = 0;
    if (is_control(r))
        return (struct ws_event){.kind = WS_MORE};
    if (opcode_of(r) != WS_CONTINUATION) {
        r->is_binary = opcode_of(r) == WS_BINARY;
        r->is_in_message = true;
        r->message_bytes = 0;
        r->text = (struct utf8){0};
    }
    if (r->left > r->max_message_bytes - r->message_bytes)
        return violation(WS_CODE_TOO_LARGE,
                         "a message is larger than max_message");
    r->message_bytes += (size_t)r->left;
    return (struct ws_event){.kind = WS_MORE};
}

/* Each byte is judged as it comes: a server that drips learns soon. */
static struct ws_event take_head(struct ws_reader *r, const char **at,
                                 const char *end)
{
    while (*at < end) {
        const char *problem = NULL;
        r->head[r->head_bytes++] = (unsigned char)*(*at)++;
        if (r->head_bytes == 1)
            problem = first_byte_problem(r);
        else if (r->head_bytes == 2)
            problem = second_byte_problem(r);
        if (problem)
            return violation(WS_CODE_PROTOCOL, problem);
        if (r->head_bytes >= 2 && r->head_bytes == head_size(r))
            return begin_payload(r);
    }
    return (struct ws_event){.kind = WS_MORE};
}

static size_t next_piece(const struct ws_reader *r, const char *at,
                         const char *end)
{
    size_t here = (size_t)(end - at);
    return r->left < here ? (size_t)r->left : here;
}

static void end_frame(struct ws_reader *r)
{
    r->is_in_payload = false;
    r->head_bytes = 0;
}

static struct ws_event end_message_frame(struct ws_reader *r)
{
    bool ends = is_final(r);
    end_frame(r);
    if (!ends)
        return (struct ws_event){.kind = WS_MORE};
    r->is_in_message = false;
    if (!r->is_binary && !utf8_is_whole(&r->text))
        return violation(WS_CODE_NO_UTF8, "a text ends amid a character");
    return (struct ws_event){.kind = WS_MESSAGE, .is_binary = r->is_binary};
}

static struct ws_event take_data(struct ws_reader *r, const char **at,
                                 const char *end)
{
    size_t size = next_piece(r, *at, end);
    struct ws_event piece = {.kind = WS_PIECE,
                             .bytes = *at,
                             .size = size,
                             .is_binary = r->is_binary};
    if (!r->left)
        return end_message_frame(r);
    *at += size;
    r->left -= size;
    if (size && !r->is_binary && !utf8_feed(&r->text, piece.bytes, size))
        return violation(WS_CODE_NO_UTF8, "a text is not UTF-8");
    return piece;
}

static struct ws_event close_event(struct ws_reader *r)
{
    struct ws_event e = {.kind = WS_CLOSED, .code = WS_CODE_NONE, .bytes = ""};
    struct utf8 text = {0};
    if (!r->control_size)
        return e;
    if (r->control_size == 1)
        return violation(WS_CODE_PROTOCOL, "a close frame has half a code");
    e.code = (unsigned)get_big_endian((unsigned char *)r->control, 2);
    e.bytes = r->control + 2;
    e.size = r->control_size - 2u;
    if (!ws_code_is_valid(e.code))
        return violation(WS_CODE_PROTOCOL,
                         "a close frame has a code that is not for the wire");
    if (!utf8_feed(&text, e.bytes, e.size) || !utf8_is_whole(&text))
        return violation(WS_CODE_NO_UTF8,
                         "the reason of a close frame is not UTF-8");
    return e;
}

static struct ws_event take_control(struct ws_reader *r, const char **at,
                                    const char *end)
{
    size_t size = next_piece(r, *at, end);
    if (size)
        memcpy(r->control + r->control_size, *at, size);
    *at += size;
    r->left -= size;
    r->control_size = (unsigned char)(r->control_size + size);
    if (r->left)
        return (struct ws_event){.kind = WS_MORE};
    end_frame(r);
    if (opcode_of(r) == WS_CLOSE)
        return close_event(r);
    return (struct ws_event){.kind = opcode_of(r) == WS_PING ? WS_PINGED
                                                             : WS_PONGED,
                             .bytes = r->control,
                             .size = r->control_size};
}

static bool has_work(const struct ws_reader *r, const char *at, const char *end)
{
    return at < end || (r->is_in_payload && !r->left);
}

struct ws_event ws_reader_next(struct ws_reader *r, const char **at,
                               const char *end)
{
    while (has_work(r, *at, end)) {
        struct ws_event e = !r->is_in_payload ? take_head(r, at, end)
                            : is_control(r)   ? take_control(r, at, end)
                                              : take_data(r, at, end);
        if (e.kind != WS_MORE)
            return e;
    }
    return (struct ws_event){.kind = WS_MORE};
}
