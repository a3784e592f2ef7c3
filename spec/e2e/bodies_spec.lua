--- Bodies on their way: coded, discarded, from files, of several parts.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

-- On the first line of every scenario, so that line numbers stay.
local HELPERS = ([[
local function same(got, wanted, what)
  if got ~= wanted then
    error(("%s is %q, should be %q"):format(what or "it", tostring(got), tostring(wanted)), 2)
  end
end
local function raises(words, f)
  local ok, message = pcall(f)
  same(ok, false, "what pcall returns for " .. words)
  if not (message:find("scenario.lua:", 1, true) and message:find(words, 1, true)) then
    error(("%q does not name %s"):format(message, words), 2)
  end
end
]]):gsub("\n", " ")

describe("bodies", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  local function run(text, args)
    return cli.run_scenario(HELPERS .. text, args, { base_url = httpd.url })
  end

  -- One iteration of `body`, which must not raise.
  local function journey(body, args)
    local r = run("return { journey = function(vu)\n" .. body .. "\nend }", args)
    expect.code(r, 0)
    return r
  end

  describe("in a coding", function()
    it("are compressed, named, and undone", function()
      journey [[
local text = ("the quick brown fox "):rep(500)
for _, coding in ipairs { "gzip", "deflate", "br", "zstd" } do
  local seen = http.post("/echo", { body = text, compress = coding })
  same(seen:json "headers.content-encoding", coding)
  assert(seen:json "length" < 500, coding)
  local back = http.post("/mirror", { body = text, compress = coding })
  same(back.error, nil, coding) same(back.body, text, coding)
  same(back.headers["content-encoding"], coding)
  same(http.post("/mirror", { body = "", compress = coding }).body, "", coding)
  back = http.post("/mirror", { json = { id = 7 }, compress = coding })
  same(back:json "id", 7, coding) same(back.headers["content-type"], "application/json")
end
local seen = http.get("/echo", { compress = "gzip" })
same(seen:json "headers.content-encoding", nil) same(seen:json "length", 0)
seen = http.post("/echo", { compress = "gzip" })
same(seen:json "headers.content-encoding", nil) same(seen:json "length", 0) ]]
    end)

    it("are undone in the order of a list, and bounded", function()
      journey [[
local text = ("a"):rep(100000)
local inner = http.post("/mirror", { body = text, compress = "br", discard_body = true })
same(inner.body, nil)
local function mirror(body, coding, max)
  return http.post("/mirror", { body = body, max_body = max,
    headers = { ["Content-Encoding"] = coding } })
end
same(mirror("plain", "identity").body, "plain")
same(mirror("no coding at all", "br").error, "decoding")
same(mirror("no coding at all", "gzip, zstd").error, "decoding")
same(mirror("x", "compress").error, "decoding")
for _, coding in ipairs { "gzip", "deflate", "br", "zstd" } do
  local options = { body = text, compress = coding, max_body = 99999 }
  same(http.post("/mirror", options).error, "too_large", coding)
  options.max_body = 100000
  same(#http.post("/mirror", options).body, 100000, coding)
end ]]
    end)

    it("are misuse where the coding is none, or given twice", function()
      journey [[
local function post(options) return function() http.post("/mirror", options) end end
raises("compress: 'lzma' is not gzip, deflate, br or zstd", post { body = "x", compress = "lzma" })
raises("compress: 'GZIP' is not", post { body = "x", compress = "GZIP" })
raises("compress: text is wanted", post { body = "x", compress = true })
raises("headers.Content-Encoding and compress exclude each other",
  post { body = "x", compress = "br", headers = { ["content-encoding"] = "gzip" } }) ]]
    end)
  end)

  describe("that are discarded", function()
    it("are received and counted, whatever their size and coding", function()
      local r = journey [[
for _, path in ipairs { "/bytes/300000", "/chunked/300000" } do
  local r = http.get(path, { discard_body = true, max_body = 10 })
  same(r.error, nil, path) same(r.status, 200) same(r.ok, true) same(r.body, nil)
  local value, why = r:json "x"
  same(value, nil) assert(why:find "was discarded", why)
end
local r = http.get("/gzip-broken", { discard_body = true })
same(r.error, nil) same(r.headers["content-encoding"], "gzip")
same(http.get("/bytes/100").body:len(), 100)
same(http.get("/drop", { discard_body = true }).error, "closed") ]]
      assert.is_true(r.result.metrics.data_received.count > 600000)
    end)

    it("are so for all requests of a file, but for those that say otherwise", function()
      local r = run [[
return {
  http = { discard_body = true },
  journey = function()
    same(http.get("/bytes/100").body, nil)
    same(#http.get("/bytes/100", { discard_body = false }).body, 100)
    raises("discard_body: true or false is wanted", function()
      http.get("/ok", { discard_body = "yes" })
    end)
  end,
}]]
      expect.code(r, 0)
      r = run "return { http = { discard_body = 1 }, journey = function() end }"
      expect.code(r, 104)
      assert.truthy(r.stderr:find("http.discard_body: must be a boolean", 1, true), r.stderr)
    end)
  end)
end)
