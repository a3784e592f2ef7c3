--- Values that scenarios make and take apart, through the real binary.
--
-- Most of it works while a file loads, so that these files check themselves there: `same(got,
-- wanted, what)` and `raises(words, f)`. A file that raises is 104.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local keys = require "spec.support.keys"
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
      local path = cli.scenario('print(lload.crypto.random_bytes(16, "hex")) '
        .. "return { journey = function() end }")
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

describe("lload.read_file", function()
  it("reads bytes as they are, from beside the scenario, in every state", function()
    local path, dir = cli.scenario(HELPERS .. [[
local text = lload.read_file "keys/any.pem"
same(lload.read_file "empty", "") same(#text, 5)
return { journey = function() same(text, "a\0b\r\n") end }]])
    tmp.write(dir, "keys/any.pem", "a\0b\r\n")
    tmp.write(dir, "empty", "")
    expect.code(cli.run { "run", path, "-u", "3", "-i", "6", "--threads", "2" }, 0)
  end)

  it("is refused for a file that is not there or too large, and once users run", function()
    local path, dir = cli.scenario 'local a\nlload.read_file "none.pem"'
    local r = cli.run { "check", path }
    expect.code(r, 104)
    expect.line(r, "scenario.lua:2", dir .. "/none.pem", "No such file")
    path, dir = cli.scenario 'lload.read_file "large"'
    tmp.write(dir, "large", ("x"):rep(17 * 1024 * 1024))
    r = cli.run { "check", path }
    expect.code(r, 104)
    expect.line(r, "scenario.lua:1", "large: is larger than 16 MB")
    expect.code(cli.run_scenario(HELPERS .. [[
return { journey = function()
  raises("while the file loads", function() lload.read_file "scenario.lua" end)
end }]]), 0)
  end)
end)

describe("lload.jwt", function()
  local FILES = {
    ["private.pem"] = keys.private, ["pkcs8.pem"] = keys.pkcs8, ["public.pem"] = keys.public,
    ["encrypted.pem"] = keys.encrypted, ["ec.pem"] = keys.ec,
    ["ec_public.pem"] = keys.ec_public, ["ec_p384.pem"] = keys.ec_p384,
  }
  -- RFC 7515, A.1 to A.3; RFC 7519, 3.1 and 6.1.
  local VECTORS = [[
local read, jwt = lload.read_file, lload.jwt
local payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y"
  .. "b290Ijp0cnVlfQ"
local secret = lload.crypto.base64url.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH7"
  .. "5aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
local hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." .. payload
  .. ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
local rs256 = "eyJhbGciOiJSUzI1NiJ9." .. payload
  .. ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2F"
  .. "p5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMH"
  .. "lb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9"
  .. "QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
local es256 = "eyJhbGciOiJFUzI1NiJ9." .. payload
  .. ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
local none = "eyJhbGciOiJub25lIn0." .. payload .. "."
local function refused(words, ...)
  local claims, message = jwt.decode(...)
  same(claims, nil, words)
  if not message:find(words, 1, true) then error(show(message) .. " is not " .. words, 2) end
end
]]

  it("verifies the examples of the RFCs", function()
    loads(VECTORS .. [[
for _, row in ipairs {
  { hs256, secret, "HS256" }, { rs256, read "public.pem", "RS256" },
  { rs256, read "private.pem", "RS256" }, { rs256, read "pkcs8.pem", "RS256" },
  { es256, read "ec_public.pem", "ES256" }, { es256, read "ec.pem", "ES256" },
} do
  local claims, header = jwt.decode(row[1], row[2])
  same(header and header.alg, row[3])
  same(claims.iss, "joe") same(claims.exp, 1300819380)
  same(claims["http://example.com/is_root"], true)
end
same(jwt.decode(none).iss, "joe") same(select(2, jwt.decode(none)).alg, "none") ]], FILES)
  end)

  it("signs what it verifies, and others do", function()
    loads(VECTORS .. [[
local claims = { sub = "ann", id = 9007199254740992, roles = { "a", "b" }, deep = { x = false } }
for _, pair in ipairs {
  { "secret", "secret" }, { read "private.pem", read "public.pem" },
  { read "pkcs8.pem", read "private.pem" }, { read "ec.pem", read "ec_public.pem" },
} do
  local token = jwt.sign(claims, pair[1], { header = { kid = "k-1" } })
  local back, header = jwt.decode(token, pair[2])
  same(back.sub, "ann") same(back.id, 9007199254740992) same(back.roles[2], "b")
  same(back.deep.x, false) same(header.kid, "k-1") same(header.typ, "JWT")
  assert(not token:find "[^%w_.-]", token)
end
-- openssl dgst and the debugger of jwt.io give the same
same(jwt.sign({ sub = "1" }, "secret"), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0."
  .. lload.crypto.hmac("sha256", "secret", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0",
    "base64url"))
same(next((jwt.decode(jwt.sign({}, "k"), "k"))), nil) ]], FILES)
  end)

  it("refuses what is not signed, or otherwise than the key wants", function()
    loads(VECTORS .. [[
refused("signed with none, not with HS256", none, secret)
refused("signed with none, not with RS256", none, read "public.pem")
refused("signed with RS256, not with HS256", rs256, secret)
refused("signed with HS256, not with RS256", hs256, read "public.pem")
-- the public key as the secret of an HMAC, which careless servers fall for
local forged = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0"
forged = forged .. "." .. lload.crypto.hmac("sha256", read "public.pem", forged, "base64url")
refused("signed with HS256, not with RS256", forged, read "public.pem")
local HS, RS = { algorithm = "HS256" }, { algorithm = "RS256" }
raises("do not go together", function() jwt.decode(forged, read "public.pem", HS) end)
raises("do not go together", function() jwt.sign({}, read "public.pem", HS) end)
raises("do not go together", function() jwt.sign({}, "secret", RS) end)
refused("signature is wrong", hs256, secret .. "x")
refused("signature is wrong", hs256:gsub("XVCJ", "XVDJ", 1):gsub("dBjf", "dBjg"), secret)
for at = 1, #rs256, 41 do
  local c = rs256:sub(at, at)
  if c ~= "." then
    same(jwt.decode(rs256:sub(1, at - 1) .. (c == "x" and "y" or "x") .. rs256:sub(at + 1),
      read "public.pem"), nil, "changed at " .. at)
  end
end
refused("signature is wrong", rs256:match "^(.*%.)", read "public.pem")
for at = es256:find "DtEh", #es256, 7 do
  local c = es256:sub(at, at)
  same(jwt.decode(es256:sub(1, at - 1) .. (c == "x" and "y" or "x") .. es256:sub(at + 1),
    read "ec.pem"), nil, "changed at " .. at)
end
-- as long as the numbers are, and no other way to write them
for _, text in ipairs { "", ("\0"):rep(64), ("\255"):rep(64), ("\1"):rep(63), ("\1"):rep(200) } do
  refused("signature is wrong", es256:match "^(.*%.)" .. lload.crypto.base64url.encode(text),
    read "ec.pem")
end
refused("signed with ES256, not with RS256", es256, read "public.pem")
raises("do not go together", function() jwt.sign({}, read "ec.pem", RS) end)
refused("signature is wrong", hs256:match "^(.*%.)", secret)
refused("crit", jwt.sign({}, "k", { header = { crit = { "b64" } } }), "k") ]], FILES)
  end)

  it("looks at exp and nbf when a time is given", function()
    loads(VECTORS .. [[
refused("expired", hs256, secret, { at = 1300819380 })
same(jwt.decode(hs256, secret, { at = 1300819379.5 }).iss, "joe")
refused("expired", hs256, nil, { at = 2e9 })
local token = jwt.sign({ nbf = 100, exp = 200 }, "k")
refused("not valid yet", token, "k", { at = 99 })
same(jwt.decode(token, "k", { at = 100 }).exp, 200)
refused("expired", jwt.sign({ exp = "200" }, "k"), "k", { at = 100 })
same(jwt.decode(jwt.sign({ a = 1 }, "k"), "k", { at = 1 }).a, 1) ]])
  end)

  it("gives nil and a message for what is no token", function()
    loads(VECTORS .. [[
refused("this is nil", nil, "k") refused("this is number", 5)
for _, text in ipairs {
  "", ".", "..", "a", "a.b", "a.b.c.d", "a.b.c", "e30.e30", "e30.W10.x", "W10.e30.x", "bnVsbA.e30.",
  "e30=.e30=.", "e30.e30. ", "\0.\0.\0", ("a."):rep(100000), ("e30."):rep(3),
} do refused("no JSON web token", text) end
same(next((jwt.decode "e30.e30.")), nil) ]])
  end)

  it("blames the caller for misuse", function()
    loads(VECTORS .. [[
raises("the key is", function() jwt.sign({}, nil) end)
raises("the key is", function() jwt.sign({}, "") end)
raises("claims are no table", function() jwt.sign("x", "k") end)
raises("claims are a list", function() jwt.sign({ 1, 2 }, "k") end)
raises("claims: ", function() jwt.sign({ f = print }, "k") end)
raises("header: ", function() jwt.sign({}, "k", { header = { f = print } }) end)
raises("header's alg", function() jwt.sign({}, "k", { header = { alg = "none" } }) end)
raises("unknown option 'algorithms'", function() jwt.sign({}, "k", { algorithms = "HS256" }) end)
raises("HS256, RS256 or ES256", function() jwt.sign({}, "k", { algorithm = "none" }) end)
raises("options are no table", function() jwt.decode(hs256, "k", "HS256") end)
raises("`at` is a time", function() jwt.decode(hs256, "k", { at = "now" }) end)
raises("no key in PEM", function() jwt.sign({}, "-----BEGIN RSA PRIVATE KEY-----") end)
raises("or an encrypted one", function() jwt.sign({}, read "encrypted.pem") end)
raises("neither RSA nor EC on P-256", function() jwt.sign({}, read "ec_p384.pem") end)
raises("this is a public one", function() jwt.sign({}, read "ec_public.pem") end)
raises("this is a public one", function() jwt.sign({}, read "public.pem") end) ]], FILES)
  end)

  it("survives any number of keys", function()
    loads(VECTORS .. [[
local pem = read "public.pem"
for i = 1, 200 do same(jwt.decode(rs256, pem .. (" "):rep(i)).iss, "joe") end ]], FILES)
  end)
end)

describe("lload.url and lload.time", function()
  it("work while a file loads", function()
    loads [[
local url, time = lload.url, lload.time
local parts = url.parse "https://api.test:8443/a%20b?x=1&x=2&q=caf%C3%A9+au#top"
same(parts.host, "api.test") same(parts.port, 8443) same(parts.path, "/a%20b")
same(parts.query.x[2], "2") same(parts.query.q, "caf\195\169 au") same(parts.fragment, "top")
same(url.build(parts), "https://api.test:8443/a%20b?q=caf%C3%A9%20au&x=1&x=2#top")
same(url.resolve("http://a/b/c/d;p?q", "../g?x#y"), "http://a/b/g?x#y")
same(url.query { b = { 1, 2 }, a = "x y" }, "a=x%20y&b=1&b=2")
local bytes = {}
for i = 0, 255 do bytes[i + 1] = string.char(i) end
bytes = table.concat(bytes)
same(url.decode(url.encode(bytes)), bytes)
same(url.encode "a b/\0~", "a%20b%2F%00~") same(url.decode "%zz%4", "%zz%4")
same(#url.encode(("\255"):rep(100000)), 300000)
raises("url.encode: text is wanted, got nil", function() return (url.encode(nil)) end)
raises("url.decode: text is wanted, got table", function() url.decode {} end)
assert(math.abs(time.now() - os.time()) <= 1.5, time.now())
same(time.iso8601(1769853600.25), "2026-01-31T10:00:00.250Z")
same(time.parse "2026-01-31T12:00:00.250+02:00", 1769853600.25)
same(time.format(0, "%a, %d %b %Y %H:%M:%S GMT"), "Thu, 01 Jan 1970 00:00:00 GMT") ]]
  end)
end)

describe("lload.regex", function()
  it("matches, finds and iterates as string.match and its kin do", function()
    loads [[
local regex = lload.regex
local html = '<input type="hidden" name="csrf" value="a1b2">'
  .. '<a href="/1">one</a><a href="/2">two</a>'
same(regex [=[name="csrf" value="([^"]+)"]=]:match(html), "a1b2")
same(regex "two|one":match(html), "one") same(regex "THREE":match(html), nil)
same(regex("ONE", "i"):match(html), "one")
local href, text = regex [=[<a href="([^"]*)">(.*?)</a>]=]:match(html, 60)
same(href, "/2") same(text, "two")
local from, to, group = regex "=\"(c)srf":find(html)
same(html:sub(from, to), '="csrf') same(group, "c")
same(regex "one":find "", nil)
same(select("#", regex "x":find "axb"), 2)
local all = {}
for path, label in regex [=[<a href="([^"]*)">(.*?)</a>]=]:gmatch(html) do
  all[#all + 1] = path .. label
end
same(table.concat(all, " "), "/1one /2two")
local a, b = regex "(a)|(b)":match "b"
same(a, false) same(b, "b")
local n = 0
for _ in regex "(a)|(b)":gmatch "ab" do n = n + 1 end
same(n, 2)
n = 0
for _ in regex("", "u"):gmatch "\195\169x" do n = n + 1 end
same(n, 3)
same(regex "b":find("abab", 3), 4) same(regex "b":find("abab", -1), 4)
same(regex "a":find("abab", 9), nil) same(regex "^b":match("ab", 2), nil)
same(regex "\0(.)":match "a\0b", "b")
same(regex "x", regex "x") assert(regex "x" ~= regex("x", "i")) ]]
  end)

  it("takes the nil of what a server did not send", function()
    loads [[
local re = lload.regex "a"
local found, message = re:match(nil)
same(found, nil) same(message, "there is no text")
same(select(2, re:find(nil)), "there is no text")
for _ in re:gmatch(nil) do error "there is none" end ]]
  end)

  it("gives up hostile texts, and says so", function()
    loads [[
for pattern, text in pairs {
  ["(a+)+$"] = (("a"):rep(40) .. "b"):rep(1000), ["\\w+@"] = ("a"):rep(1000000),
  ["^(?:(a)|(?1))*$"] = ("a"):rep(100000) .. "b",
} do
  local began = lload.time.now()
  local found, message = lload.regex(pattern):match(text)
  same(found, nil) same(message, "given up: matching takes too long", pattern)
  for _ in lload.regex(pattern):gmatch(text) do error "none" end
  assert(lload.time.now() - began < 4)
end ]]
  end)

  it("does not grow without end", function()
    loads [[
for i = 1, 2000 do same(lload.regex("x" .. i):match("ax" .. i), "x" .. i) end ]]
  end)

  it("blames the caller for misuse", function()
    loads [[
local regex = lload.regex
raises("regex 'a(b': missing closing parenthesis at position 4", function() regex "a(b" end)
raises("the flags are letters of", function() regex("a", "g") end)
raises("a pattern is wanted", function() regex() end)
raises("a pattern is wanted", function() regex("a", 5) end)
raises("string expected", function() regex "a":match {} end)
raises("string expected", function() regex "a":gmatch() end)
raises("lload.regex expected", function() regex "a".match("a", "b") end)
same(getmetatable(regex "a"), false) ]]
  end)

  it("works in journeys, in every state", function()
    expect.code(cli.run_scenario(HELPERS .. [[
local re = lload.regex "(\\d+)"
return { journey = function(vu)
  same(re:match("vu " .. vu.id), tostring(vu.id))
  same(lload.regex "\\D+":match "ab1", "ab")
end }]], { "-u", "4", "-i", "40", "--threads", "2" }), 0)
  end)
end)

describe("HTML", function()
  local PAGE = [=[
local page = lload.html [==[<!doctype html>
<title>The shop &amp; more</title><meta name=csrf-token content="m&#x31;">
<nav><a href="/cart?a=1&amp;b=2">My  <b>cart</b>
</a> <a name=here>no link</a><A HREF='/help'>Help</A></nav>
<form id=search action="/search"><input name=q value=""><input type=submit name=go></form>
<form id="login" name="login" method=POST action="../session">
  <input type="hidden" name="csrf" value="a&quot;1"><input type=HIDDEN name=empty>
  <input name=user value=ann><input type=password name=password>
  <input type=checkbox name=stay checked><input type=checkbox name=never value=1>
  <input type=radio name=kind value=a><input type=radio name=kind value=b checked>
  <input name=off value=1 disabled><input value=nameless><input type=file name=photo>
  <textarea name=note>
a &lt;b></textarea>
  <select name=size><option value=s>S<option value=m selected>M</select>
  <select name=first><option> one <option>two</select><select name=none></select>
  <select name=tag multiple><option selected>x</option><option>y</option><option selected>z</select>
  <input type=hidden name=list value=1><input type=hidden name=list value=2>
  <button name=save value=1>Save</button>
</form>
<input type=hidden name=late value=x><script>"<a href='/no'>"</script>]==]
]=]

  it("gives elements by selector, links and hidden fields", function()
    loads(PAGE .. [[
same(page:first "title".text, "The shop & more")
same(page:first "meta[name=csrf-token]".attributes.content, "m1")
local link = page:first "nav a"
same(link.tag, "a") same(link.text, "My cart") same(link.attributes.href, "/cart?a=1&b=2")
same(page:first "#nowhere", nil)
same(#page:all "form", 2) same(#page:all "nothing", 0)
same(page:all "form#login select"[3].attributes.name, "none")
local links = page:links()
same(#links, 2) same(links[1].href, "/cart?a=1&b=2") same(links[1].text, "My cart")
same(links[2].href, "/help") same(links[2].text, "Help")
same(page:hidden "csrf", 'a"1') same(page:hidden "empty", "") same(page:hidden "late", "x")
same(page:hidden "user", nil) same(page:hidden("csrf", "#search"), nil)
same(page:hidden("csrf", "form[name=login]"), 'a"1') same(page:hidden("csrf", "#nowhere"), nil)
same(lload.url.resolve("http://shop.test/account/login", page:form "#login".action),
  "http://shop.test/session") ]])
  end)

  it("gives what a browser would send of a form", function()
    loads(PAGE .. [[
local form = page:form "#login"
same(form.method, "POST") same(form.action, "../session")
local f = form.fields
same(f.csrf, 'a"1') same(f.empty, "") same(f.user, "ann") same(f.password, "")
same(f.stay, "on") same(f.never, nil) same(f.kind, "b") same(f.off, nil) same(f.photo, nil)
same(f.note, "a <b>") same(f.size, "m") same(f.first, "one") same(f.none, nil) same(f.save, nil)
same(table.concat(f.tag, ","), "x,z") same(table.concat(f.list, ","), "1,2")
local names = 0
for _ in pairs(f) do names = names + 1 end
same(names, 11)
local first = page:form()
same(first.action, "/search") same(first.method, "GET") same(first.fields.q, "")
same(first.fields.go, nil) same(page:form "#nowhere", nil) ]])
  end)

  it("comes with a response, whatever its body is", function()
    local httpd = server.httpd()
    local r = cli.run_scenario(HELPERS .. [[
return { journey = function()
  local body = "<form action=.><input type=hidden name=csrf value=t1></form><a href=x>go</a>"
  local r = http.post("/echo", { body = body })
  same(r:html():hidden "csrf", "t1") same(r:html():links()[1].text, "go")
  same(r:html(), r:html()) same(r.headers["content-type"], "application/json")
  local page = http.post("/echo", { body = body }):html()
  collectgarbage() collectgarbage()
  same(page:hidden "csrf", "t1")
  for _, path in ipairs { "/json", "/bytes/1000", "/chunked/0", "/status/404", "/drop" } do
    local p = http.get(path):html()
    same(p:first "a", nil) same(#p:links(), 0) same(p:form(), nil) same(p:hidden "x", nil)
  end
end }]], { "-i", "3" }, { base_url = httpd.url })
    httpd:stop()
    expect.code(r, 0)
  end)

  it("is bounded on hostile pages", function()
    loads [[
local began = lload.time.now()
for _, unit in ipairs {
  "<a href=x>", "<b><i>", "</b>", "<!--", "<script>", "<a b='", "<a b=c ", "&#x41;", "<p x=",
  "<select name=x multiple><option selected>", "<input type=hidden name=csrf>", "<", "</a",
  "<form><input name=x>",
} do
  local page = lload.html(unit:rep(50000))
  assert(#page:links() <= 1000) assert(#page:all "*" <= 1000)
  page:form() page:hidden "csrf2" page:first "a b i [x^=y] z"
end
for _ = 1, 20 do lload.html(("<div class='a b'>"):rep(100000)):first "div div div .c" end
assert(lload.time.now() - began < 60) ]]
  end)

  it("blames the caller for misuse", function()
    loads [[
local page = lload.html "<a>"
raises("html: text is wanted, got nil", function() return (lload.html(nil)) end)
raises("selector 'a,b': ',b' is not understood", function() page:first "a,b" end)
raises("selector 'a >': '>' is not understood", function() page:all "a >" end)
raises("selector '[': ", function() page:form "[" end)
raises("selector '..': ", function() page:hidden("x", "..") end)
raises("string expected", function() page:first() end)
raises("lload.html expected", function() page.first("a", "b") end)
same(getmetatable(page), false) ]]
  end)
end)
