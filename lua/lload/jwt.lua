--- lload.jwt: JSON web tokens (RFC 7519), signed (RFC 7515) with HS256, RS256 or ES256.

local core = require "lload.core"

local M = {}

local ALGORITHMS = { HS256 = true, RS256 = true, ES256 = true }
local SIGN_OPTIONS = { algorithm = true, header = true }
local DECODE_OPTIONS = { algorithm = true, at = true }
local KEYS_MAX = 64

-- Reading a PEM takes longer than an HMAC: keys by their text.
local keys, key_count = {}, 0

local function signing_key(pem)
  local known = keys[pem]
  if known then return known.key, known.algorithm end
  local key, algorithm = core.jwt_key(pem)
  if not key then return nil, algorithm end
  if key_count == KEYS_MAX then keys, key_count = {}, 0 end
  keys[pem], key_count = { key = key, algorithm = algorithm }, key_count + 1
  return key, algorithm
end

local function encode(text) return core.base64_encode(text, true) end

local function check_options(what, options, known, level)
  if options == nil then return {} end
  if type(options) ~= "table" then error(what .. ": the options are no table", level + 1) end
  for name in pairs(options) do
    if not known[name] then
      error(("%s: unknown option '%s'"):format(what, tostring(name)), level + 1)
    end
  end
  return options
end

-- A public key must never serve as the secret of an HMAC: everybody has it.
local function check_key(what, key, wanted, level)
  if type(key) ~= "string" or key == "" then
    error(what .. ": the key is a secret text, or RSA or EC in PEM", level + 1)
  elseif wanted ~= nil and not ALGORITHMS[wanted] then
    error(what .. ": the algorithm is HS256, RS256 or ES256", level + 1)
  end
  local algorithm, pair = "HS256", nil
  if key:find("-----BEGIN ", 1, true) then
    pair, algorithm = signing_key(key)
    if not pair then error(what .. ": " .. algorithm, level + 1) end
  end
  if wanted and wanted ~= algorithm then
    error(("%s: %s and this kind of key do not go together"):format(what, wanted), level + 1)
  end
  return algorithm, pair
end

local PLAIN_HEADERS = {
  HS256 = encode '{"alg":"HS256","typ":"JWT"}', RS256 = encode '{"alg":"RS256","typ":"JWT"}',
  ES256 = encode '{"alg":"ES256","typ":"JWT"}',
}

local function header_segment(header, algorithm, level)
  if header == nil then return PLAIN_HEADERS[algorithm] end
  if type(header) ~= "table" then error("jwt.sign: the header is no table", level + 1) end
  local whole = { typ = "JWT" }
  for name, value in pairs(header) do whole[name] = value end
  if whole.alg ~= nil and whole.alg ~= algorithm then
    error("jwt.sign: the header's alg is another than the algorithm", level + 1)
  end
  whole.alg = algorithm
  local text, message = core.json_encode(whole)
  if not text then error("jwt.sign: header: " .. message, level + 1) end
  return encode(text)
end

--- Makes a token.
---@param claims table
---@param key string
---@param options? { algorithm?: string, header?: table }
---@return string token
function M.sign(claims, key, options)
  options = check_options("jwt.sign", options, SIGN_OPTIONS, 2)
  local algorithm, pair = check_key("jwt.sign", key, options.algorithm, 2)
  if type(claims) ~= "table" then error("jwt.sign: the claims are no table", 2) end
  local text, message = core.json_encode(claims)
  if not text then error("jwt.sign: claims: " .. message, 2) end
  if text:byte() ~= 123 then error("jwt.sign: the claims are a list, not names and values", 2) end
  local signed = header_segment(options.header, algorithm, 2) .. "." .. encode(text)
  if not pair then
    return signed .. "." .. core.hmac("sha256", key, signed, "base64url")
  end
  local signature
  signature, message = core.jwt_sign(pair, signed)
  if not signature then error("jwt.sign: " .. message, 2) end
  return signed .. "." .. encode(signature)
end

local function object(segment)
  local text = core.base64_decode(segment, true)
  local value = text and core.json_decode(text)
  return type(value) == "table" and text:find "^%s*{" and value or nil
end

local function is_signed(signed, signature, key, pair)
  if not pair then return core.hmac("sha256", key, signed, "base64url") == signature end
  local bytes = core.base64_decode(signature, true)
  return bytes and core.jwt_verify(pair, signed, bytes)
end

local function time_problem(claims, at)
  if claims.exp ~= nil and not (type(claims.exp) == "number" and at < claims.exp) then
    return "the token has expired"
  elseif claims.nbf ~= nil and not (type(claims.nbf) == "number" and at >= claims.nbf) then
    return "the token is not valid yet"
  end
end

--- Takes a token apart, and verifies it when a key is given.
---@param token string
---@param key? string
---@param options? { algorithm?: string, at?: number }
---@return table|nil claims
---@return table|string header or the message
function M.decode(token, key, options)
  options = check_options("jwt.decode", options, DECODE_OPTIONS, 2)
  if options.at ~= nil and type(options.at) ~= "number" then
    error("jwt.decode: `at` is a time in seconds, such as lload.time.now()", 2)
  end
  local algorithm, pair
  if key ~= nil then algorithm, pair = check_key("jwt.decode", key, options.algorithm, 2) end
  if type(token) ~= "string" then return nil, "a token is text, this is " .. type(token) end
  local signed, signature = token:match "^([%w_-]+%.[%w_-]+)%.([%w_-]*)$"
  local header = signed and object(signed:match "^[^.]+")
  local claims = header and object(signed:match "[^.]+$")
  if not claims then return nil, "this is no JSON web token" end
  if algorithm and header.alg ~= algorithm then
    return nil, ("the token is signed with %s, not with %s"):format(tostring(header.alg), algorithm)
  elseif algorithm and header.crit ~= nil then
    return nil, "the token has extensions that must be understood (crit)"
  elseif algorithm and not is_signed(signed, signature, key, pair) then
    return nil, "the signature is wrong"
  end
  local problem = options.at and time_problem(claims, options.at)
  if problem then return nil, problem end
  return claims, header
end

return M
