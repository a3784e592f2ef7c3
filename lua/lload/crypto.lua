--- lload.crypto: digests, HMAC, base64, and bytes that nobody can guess.

local core = require "lload.core"

local M = { hmac = core.hmac, random_bytes = core.random_bytes }

for _, name in ipairs { "md5", "sha1", "sha256", "sha512" } do
  M[name] = function(text, encoding) return core.digest(name, text, encoding) end
end

M.base64 = {
  encode = function(text) return core.base64_encode(text, false) end,
  decode = function(text) return core.base64_decode(text, false) end,
}

M.base64url = {
  encode = function(text) return core.base64_encode(text, true) end,
  decode = function(text) return core.base64_decode(text, true) end,
}

return M
