--- Bodies on their way: coded, discarded, from files, of several parts.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

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

  describe("from files", function()
    -- A scenario beside a file `data/all.bin` of all bytes, twice, and an empty one.
    local function run_with_files(text, args)
      local path, dir = cli.scenario(HELPERS .. text)
      local bytes = {}
      for i = 0, 511 do bytes[i + 1] = string.char(i % 256) end
      tmp.write(dir, "data/all.bin", table.concat(bytes))
      tmp.write(dir, "data/empty", "")
      local all = { "run", path, "--base-url", httpd.url, "--json", dir .. "/result.json" }
      for _, word in ipairs(args or {}) do all[#all + 1] = word end
      return cli.run(all)
    end

    it("are sent as they are, and read back", function()
      local r = run_with_files [[
local all = lload.file "data/all.bin"
local typed = lload.file("data/all.bin", { name = "a.png", type = "image/png" })
local empty = lload.file "data/empty"
same(#all, 512) same(all.name, "all.bin") same(all.type, nil) same(#empty, 0)
same(typed.name, "a.png") same(typed.type, "image/png") same(tostring(typed), "file a.png")
return {
  journey = function()
    local back = http.post("/mirror", { body = all })
    same(back.body, all:text()) same(back.headers["content-type"], nil)
    back = http.post("/mirror", { body = typed, compress = "zstd" })
    same(back.body, all:text()) same(back.headers["content-type"], "image/png")
    same(http.post("/mirror", { body = empty }).body, "") same(empty:text(), "")
    same(http.put("/echo", { body = empty }):json "length", 0)
    raises("files are read while the scenario loads", function() lload.file "data/all.bin" end)
    raises("text is wanted, got userdata", function() http.post("/echo", { body = back }) end)
    same(pcall(function() all.text(back) end), false)
  end,
}]]
      expect.code(r, 0)
    end)

    it("are one in memory for many users and states", function()
      local r = run_with_files([[
local all = lload.file "data/all.bin"
return { journey = function() same(http.post("/mirror", { body = all }).body, all:text()) end }]],
        { "-u", "50", "-i", "500", "--threads", "2" })
      expect.code(r, 0)
    end)

    it("that are missing, or misused, end the run before it begins", function()
      for code, words in pairs {
        ['lload.file "data/none"'] = "data/none: cannot read: No such file",
        ['lload.file "data"'] = "data: cannot read: Is a directory",
        ['lload.file("data/empty", { kind = "x" })'] = "file: unknown option 'kind'",
        ['lload.file("data/empty", { type = "a\\nb" })'] = "file: type is text without line breaks",
        ['lload.file("data/empty", { name = 1 })'] = "file: name is text",
      } do
        local r = run_with_files(code .. " return { journey = function() end }")
        expect.code(r, 104)
        assert.truthy(r.stderr:find(words, 1, true), r.stderr)
      end
    end)

    it("go into a body of several parts, binary and in order", function()
      local r = run_with_files [[
local all = lload.file("data/all.bin", { name = 'qu"ote\\.bin', type = "image/png" })
local text = lload.file "data/empty"
local function parts(multipart)
  local r = http.post("/mirror", { multipart = multipart })
  same(r.status, 200)
  local boundary = r.headers["content-type"]:match "^multipart/form%-data; boundary=([%w-]+)$"
  local list, rest = {}, r.body
  same(rest:sub(-#boundary - 8), "\r\n--" .. boundary .. "--\r\n")
  local at = 1
  while true do
    local open = "--" .. boundary .. "\r\n"
    if rest:sub(at, at + #open - 1) ~= open then break end
    local head_end, body_at = rest:find("\r\n\r\n", at, true)
    local next_at = rest:find("\r\n--" .. boundary, body_at, true)
    list[#list + 1] = { head = rest:sub(at + #open, head_end - 1),
      body = rest:sub(body_at + 1, next_at - 1) }
    at = next_at + 2
  end
  return list, boundary
end
return {
  journey = function()
    local list = parts { b = "two", a = 1, c = { true, "x" }, upload = all, empty = text }
    same(#list, 6)
    same(list[1].head, 'Content-Disposition: form-data; name="a"') same(list[1].body, "1")
    same(list[2].body, "two") same(list[3].body, "true") same(list[4].body, "x")
    same(list[4].head, 'Content-Disposition: form-data; name="c"')
    same(list[5].head, 'Content-Disposition: form-data; name="empty"; filename="empty"\r\n' ..
      "Content-Type: application/octet-stream") same(list[5].body, "")
    same(list[6].head, 'Content-Disposition: form-data; name="upload"; ' ..
      'filename="qu%22ote\\.bin"\r\nContent-Type: image/png')
    same(list[6].body, all:text())
    list = parts { { "z", "first" }, { "a\r\n", all, type = "x/y", filename = "n" },
      { "z", "{}", type = "application/json" } }
    same(#list, 3)
    same(list[1].body, "first")
    same(list[2].head, 'Content-Disposition: form-data; name="a%0D%0A"; filename="n"\r\n' ..
      "Content-Type: x/y")
    same(list[3].head, 'Content-Disposition: form-data; name="z"\r\n' ..
      "Content-Type: application/json")
    local _, usual = parts { a = "x" }
    local clash, other = parts { a = "before " .. usual .. " after" }
    assert(other ~= usual) same(clash[1].body, "before " .. usual .. " after")
    local big = ("0123456789abcdef"):rep(100000)
    same(parts({ big = big })[1].body, big)
    same(http.post("/mirror", { multipart = { a = big }, compress = "gzip" }).body:sub(-20, -3)
      :find "%-%-$" ~= nil, true)
  end,
}]]
      expect.code(r, 0)
    end)

    it("refuse parts that are none", function()
      local r = run_with_files [[
local function post(options) return function() http.post("/mirror", options) end end
return {
  journey = function()
    raises("multipart: there is no part", post { multipart = {} })
    raises("multipart: a table is wanted", post { multipart = "x" })
    raises("multipart: text, a number or a boolean", post { multipart = { a = print } })
    raises("multipart: the items of a list are { name, value }", post { multipart = { "a" } })
    raises("multipart: the name of a part is text", post { multipart = { { 1, "x" } } })
    raises("multipart: text, a number or a boolean", post { multipart = { { "a" } } })
    raises("multipart: type is text without", post { multipart = { { "a", "b", type = "\n" } } })
    raises("json, form, body and multipart exclude", post { multipart = { a = 1 }, body = "x" })
    raises("headers.Content-Type and multipart exclude each other",
      post { multipart = { a = 1 }, headers = { ["content-type"] = "x/y" } })
  end,
}]]
      expect.code(r, 0)
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
