--- Values that scenarios make and take apart, through the real binary.
--
-- Most of it works while a file loads, so that these files check themselves there: `same(got,
-- wanted, what)` and `raises(words, f)`. A file that raises is 104.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- On the first line of every file, so that line numbers stay.
local HELPERS = ([[
local function show(v) return type(v) == "string" and ("%q"):format(v) or tostring(v) end
local function same(got, wanted, what)
  if got ~= wanted then
    error(("%s is %s, should be %s"):format(what or "it", show(got), show(wanted)), 2)
  end
end
local function raises(words, f)
  local line = ("scenario.lua:%d: "):format(debug.getinfo(2, "l").currentline)
  local ok, message = pcall(f)
  same(ok, false, "what pcall returns for " .. words)
  if not (message:find(line, 1, true) and message:find(words, 1, true)) then
    error(("%q does not name %s and %s"):format(message, line, words), 2)
  end
end
]]):gsub("\n", " ")

-- Loads a file with this text, which must not raise. `files` are put beside it.
local function loads(text, files)
  local path, dir = cli.scenario(HELPERS .. text .. "\nreturn { journey = function() end }")
  for name, content in pairs(files or {}) do tmp.write(dir, name, content) end
  local r = cli.run { "check", path }
  expect.code(r, 0)
  return r
end

describe("random values", function()
  local httpd

  setup(function() httpd = server.httpd() end)
  teardown(function() httpd:stop() end)
  before_each(function() httpd:reset_counts() end)

  it("are there while a file loads", function()
    loads [[
local random = lload.random
local uuid = lload.uuid()
assert(uuid:find "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$" and #uuid == 36, uuid)
assert(lload.uuid() ~= uuid)
local sum, squares = 0, 0
for _ = 1, 20000 do
  local x = random.normal(100, 15)
  sum, squares = sum + x, squares + (x - 100) ^ 2
end
assert(math.abs(sum / 20000 - 100) < 0.6, sum / 20000)
assert(math.abs(math.sqrt(squares / 20000) - 15) < 0.6, squares)
same(random.normal(7, 0), 7)
assert(math.abs(random.normal()) < 10)
local first = 0
for _ = 1, 20000 do
  local k = random.zipf(10)
  assert(k >= 1 and k <= 10 and k % 1 == 0, k)
  first = first + (k == 1 and 1 or 0)
end
assert(math.abs(first / 20000 - 1 / 2.928968) < 0.02, first) -- the sum of 1/k for 1 to 10
same(random.zipf(1, 5), 1) ]]
  end)

  it("blame the caller for misuse", function()
    loads [[
local random = lload.random
for _, n in ipairs { 0, -1, 1.5, 0 / 0, math.huge, 2 ^ 54 } do
  raises("random.zipf", function() return (random.zipf(n)) end)
end
for _, s in ipairs { -0.1, 0 / 0, 101 } do
  raises("random.zipf", function() return (random.zipf(10, s)) end)
end
raises("random.normal", function() return (random.normal(0, -1)) end)
raises("random.normal", function() return (random.normal(0 / 0)) end)
raises("random.string", function() return (random.string(-1)) end)
raises("number expected", function() return (random.zipf()) end) ]]
  end)

  it("follow the seed, user by user", function()
    local function choices(seed)
      httpd:reset_counts()
      local r = cli.run_scenario([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 3, iterations = 3 } },
  journey = function()
    local z, n = lload.random.zipf(1e9), ("%.6f"):format(lload.random.normal())
    http.get("/any/:a", { params = { a = lload.uuid() .. "_" .. z .. "_" .. n } })
  end,
}]], { "--seed", seed }, { base_url = httpd.url })
      expect.code(r, 0)
      return httpd:counts().paths
    end
    local first = choices "7"
    assert.same(first, choices "7")
    assert.not_same(first, choices "8")
    for path, count in pairs(first) do assert.equal(1, count, path) end
  end)
end)

describe("lload.crypto", function()
  it("gives the digests of the standards, in each encoding", function()
    loads [[
local crypto = lload.crypto
same(crypto.md5 "abc", "900150983cd24fb0d6963f7d28e17f72")
same(crypto.sha1 "abc", "a9993e364706816aba3e25717850c26c9cd0d89d")
same(crypto.sha256 "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
same(crypto.sha512 "":sub(1, 32), "cf83e1357eefb8bdf1542850d66d8007")
same(crypto.sha256(("a"):rep(1000000)),
  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
same(crypto.md5("abc", "raw"), "\144\1\80\152\60\210\79\176\214\150\63\125\40\225\127\114")
same(crypto.md5("abc", "base64"), "kAFQmDzST7DWlj99KOF/cg==")
same(crypto.md5("abc", "base64url"), "kAFQmDzST7DWlj99KOF_cg")
same(crypto.md5("abc", "hex"), crypto.md5 "abc")
same(#crypto.sha512("a\0b", "raw"), 64)
assert(crypto.sha1 "a\0b" ~= crypto.sha1 "a") ]]
  end)

  it("gives the HMACs of RFC 4231 and RFC 2202", function()
    loads [[
local hmac = lload.crypto.hmac
same(hmac("sha256", "Jefe", "what do ya want for nothing?"),
  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
same(hmac("sha256", ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First"),
  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
same(hmac("sha1", "Jefe", "what do ya want for nothing?", "base64"), "7/zfauXrL6LSdBbV8YTfnCWafHk=")
same(hmac("md5", "Jefe", "what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738")
same(hmac("sha256", "", ""), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad") ]]
  end)

  it("writes and reads base64 of any bytes and sizes", function()
    loads [[
local base64, base64url = lload.crypto.base64, lload.crypto.base64url
same(base64.encode "foob", "Zm9vYg==") same(base64url.encode "foob", "Zm9vYg")
same(base64.encode "\251\255\191", "+/+/") same(base64url.encode "\251\255\191", "-_-_")
same(base64.encode "", "") same(base64.decode "", "")
for size = 1, 3000, 97 do
  local bytes = lload.crypto.random_bytes(size)
  same(#bytes, size)
  same(base64.decode(base64.encode(bytes)), bytes)
  same(base64url.decode(base64url.encode(bytes)), bytes)
end
local large = ("\0\255"):rep(500000)
same(base64.decode(base64.encode(large)), large)
for _, text in ipairs { "Zm9vYg", "Zm9v!", "Z", "Zm9v\n", "Zm9vYh==", "====" } do
  local decoded, message = base64.decode(text)
  same(decoded, nil, text) same(message, "this is not base64")
end
same(base64url.decode "Zm9vYg==", "foob")
same(select(2, base64url.decode "+/+/"), "this is not base64url") ]]
  end)

  it("has random bytes of its own", function()
    local function bytes()
      local path = cli.scenario 'print(lload.crypto.random_bytes(16, "hex")) '
        .. "return { journey = function() end }"
      local r = cli.run { "check", path, "--seed", "1" }
      return (assert(r.stderr:match(("%x"):rep(32)), r.stderr))
    end
    loads [[ same(lload.crypto.random_bytes(0), "") ]]
    assert.not_equal(bytes(), bytes())
  end)

  it("blames the caller for misuse", function()
    loads [[
local crypto = lload.crypto
raises("sha256: text is wanted, got nil", function() return (crypto.sha256()) end)
raises("md5: text is wanted, got number", function() return (crypto.md5(12345678901234567)) end)
raises("sha1: the encoding", function() return (crypto.sha1("a", "Hex")) end)
raises("hmac: the algorithm", function() return (crypto.hmac("SHA256", "k", "t")) end)
raises("hmac: the key: text", function() return (crypto.hmac("sha256", nil, "t")) end)
raises("hmac: text is wanted", function() return (crypto.hmac("sha256", "k")) end)
raises("base64.encode: text", function() return (crypto.base64.encode(5)) end)
for _, n in ipairs { -1, 1.5, 2 ^ 21, 0 / 0 } do
  raises("random_bytes: a whole number", function() return (crypto.random_bytes(n)) end)
end ]]
  end)

  it("works in journeys, in every state", function()
    expect.code(cli.run_scenario(HELPERS .. [[
return { journey = function() same(lload.crypto.md5 "", "d41d8cd98f00b204e9800998ecf8427e") end }
]], { "-u", "4", "-i", "40", "--threads", "2" }), 0)
  end)
end)
