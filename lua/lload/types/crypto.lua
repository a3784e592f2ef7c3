---@meta _
-- Digests, signatures, encodings and tokens.

---@class lload
local lload = {}

--- ## Digests, signatures and encodings
---
--- All of this works while the file loads, too. What is not text is refused at the caller's line;
--- what came from a server and turns out wrong gives nil and a message.

--- Digests, HMAC and base64, by OpenSSL.
---@class lload.crypto
lload.crypto = {}

--- How bytes are written: two hexadecimal digits each, base64 (RFC 4648) with the standard alphabet
--- and padding, base64 for URLs without padding, or as they are.
---@alias lload.Encoding "hex"|"base64"|"base64url"|"raw"

--- The MD5 digest of a text. Of use for servers that want it, not against anybody.
---
--- ```lua journey
--- http.get("/api/v1/products", { headers = { ["X-Checksum"] = lload.crypto.md5 "page=1" } })
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.md5(text, encoding) end

--- The SHA-1 digest of a text.
---
--- ```lua journey
--- local digest = lload.crypto.sha1("gift", "base64")
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.sha1(text, encoding) end

--- The SHA-256 digest of a text.
---
--- ```lua journey
--- local body = '{"email":"ada@example.com"}'
--- local digest = "sha-256=:" .. lload.crypto.sha256(body, "base64") .. ":"
--- http.post("/api/login", { body = body, headers = { ["Content-Digest"] = digest } })
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.sha256(text, encoding) end

--- The SHA-512 digest of a text.
---
--- ```lua journey
--- local digest = lload.crypto.sha512 "gift"
--- ```
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string digest
function lload.crypto.sha512(text, encoding) end

--- The HMAC of a text (RFC 2104), which signs requests to many APIs.
---
--- ```lua journey
--- local signature = lload.crypto.hmac("sha256", "the shared key", "GET /healthz", "base64")
--- http.get("/healthz", { headers = { ["X-Signature"] = signature } })
--- ```
---@param algorithm "md5"|"sha1"|"sha256"|"sha512"
---@param key string
---@param text string
---@param encoding? lload.Encoding `"hex"` if absent
---@return string code
function lload.crypto.hmac(algorithm, key, text, encoding) end

--- Bytes that nobody can guess or repeat, not even with `--seed`. For what only has to differ, take
--- `lload.uuid` or `random.string`.
---
--- ```lua journey
--- local nonce = lload.crypto.random_bytes(16, "base64url")
--- ```
---@param n integer up to 1,048,576
---@param encoding? lload.Encoding `"raw"` if absent
---@return string bytes
function lload.crypto.random_bytes(n, encoding) end

--- Base64 with `+`, `/` and padding.
---@class lload.crypto.base64
lload.crypto.base64 = {}

--- Writes bytes as base64.
---
--- ```lua journey
--- local upload = { name = "note.txt", content = lload.crypto.base64.encode "a note" }
--- ```
---@param text string
---@return string encoded
function lload.crypto.base64.encode(text) end

--- Reads base64. Spaces, missing padding and other alphabets are not taken.
---
--- ```lua journey
--- local note = lload.crypto.base64.decode "YSBub3Rl" -- "a note"
--- ```
---@param text string
---@return string? decoded nil if it is not base64
---@return string? message why it is nil
function lload.crypto.base64.decode(text) end

--- Base64 with `-` and `_`, for URLs and tokens.
---@class lload.crypto.base64url
lload.crypto.base64url = {}

--- Writes bytes as base64 for URLs, without padding.
---
--- ```lua journey
--- local state = lload.crypto.base64url.encode '{"page":1}'
--- http.get("/api/v1/products", { query = { state = state } })
--- ```
---@param text string
---@return string encoded
function lload.crypto.base64url.encode(text) end

--- Reads base64 for URLs, with padding or without.
---
--- ```lua journey
--- local state = lload.crypto.base64url.decode "eyJwYWdlIjoxfQ" -- {"page":1}
--- ```
---@param text string
---@return string? decoded nil if it is not base64 for URLs
---@return string? message why it is nil
function lload.crypto.base64url.decode(text) end

--- JSON web tokens: what an identity provider would issue, made by the test itself, and what a
--- server issued, taken apart.
---@class lload.jwt
lload.jwt = {}

--- Makes a signed token (RFC 7519). `exp`, `iat` and the like are claims as any other.
---
--- ```lua journey
--- local claims = { sub = "user-" .. vu.id, exp = os.time() + 300 }
--- local token = lload.jwt.sign(claims, "the shared key")
--- http.get("/api/v1/products", { bearer = token })
--- ```
---@param claims table<string, any> what `json` of a request takes
---@param key string the secret of HS256, or a private RSA or P-256 key in PEM (`lload.read_file`)
---@param options? lload.JwtSignOptions
---@return string token
function lload.jwt.sign(claims, key, options) end

--- How a token is signed.
---@class lload.JwtSignOptions
--- That of the key if absent: `"RS256"` for RSA and `"ES256"` for EC in PEM, `"HS256"` for any
--- other text. Another one raises.
---@field algorithm? "HS256"|"RS256"|"ES256"
--- Fields of the header beside `alg` and `typ`, such as `kid`.
---@field header? table<string, any>

--- Takes a token apart. Without a key nothing is verified. With one, the signature must be right,
--- and by the algorithm that belongs to the key, whatever the token itself says; one that is not
--- signed (`none`) is refused.
---
--- ```lua journey
--- local token = lload.jwt.sign({ sub = "ada", exp = os.time() + 300 }, "a key")
--- local claims = assert(lload.jwt.decode(token, "a key", { at = os.time() }))
--- lload.log.debug("signed in as", claims.sub)
--- ```
---@param token string? nil is no token
---@param key? string the secret of HS256, or a key in PEM, public or private
---@param options? lload.JwtDecodeOptions
---@return table? claims nil if it is no token, or not a valid one
---@return table|string header or, without claims, why it is not valid
function lload.jwt.decode(token, key, options) end

--- What is verified.
---@class lload.JwtDecodeOptions
--- The only algorithm that is taken. That of the key if absent.
---@field algorithm? "HS256"|"RS256"|"ES256"
--- A time in seconds since 1970 at which the token must be valid, by its `exp` and `nbf`. Neither
--- is looked at if absent.
---@field at? number
