--- http.batch and http.session: many requests of one user at once, and what they share.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

local transports = os.getenv "SPEC_TRANSPORT" and { os.getenv "SPEC_TRANSPORT" }
  or { "h1", "curl" }

describe("http.batch", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  local function run(body, args)
    return cli.run_scenario(
      "return { journey = function(vu)\n" .. body .. "\nend }", args, { base_url = httpd.url })
  end

  for _, transport in ipairs(transports) do
    describe("on " .. transport, function()
      local function once(body)
        return run(body, { "-i", "1", "--transport", transport })
      end

      it("answers in the order of the requests, under their names", function()
        local r = once [[
local requests = { last = { "/status/418", expect = 418 } }
for i = 1, 30 do requests[i] = "/any/" .. i .. (i % 3 == 0 and "?slow" or "") end
requests[7] = { "/echo", method = "POST", json = { id = 7 } }
local answers = http.batch(requests)
assert(#answers == 30, #answers)
for i = 1, 30 do
  local path = i == 7 and "/echo" or "/any/" .. i
  assert(answers[i].ok and answers[i].url:find(path, 1, true), i)
end
assert(answers[7]:json "body" == [=[{"id":7}]=], answers[7].body)
assert(answers.last.status == 418 and answers.last.ok)]]
        expect.code(r, 0)
        expect.total(r, 31)
        assert.equal(31, httpd:counts().total)
      end)

      it("has as many under way as its limits allow", function()
        for _, row in ipairs { { "", 6 }, { ", { per_host = 3 }", 3 }, { ", { batch = 2 }", 2 } } do
          httpd:reset_counts()
          local r = once(([[
local list = {}
for i = 1, 12 do list[i] = "/slow?ms=60" end
http.batch(list%s)]]):format(row[1]))
          expect.code(r, 0)
          expect.total(r, 12)
          assert.equal(row[2], httpd:counts().connections)
        end
      end)

      it("waits for all, whatever becomes of some", function()
        local r = once [[
local a = http.batch { "/ok", "/drop", "http://127.0.0.1:9/", { "/hang", timeout = 0.2 }, "/ok" }
assert(a[1].ok and a[5].ok)
assert(a[2].status == 0 and a[2].error == "closed", a[2].error)
assert(a[3].error == "refused", a[3].error)
assert(a[4].error == "timeout", a[4].error)]]
        expect.code(r, 0)
        expect.total(r, 5)
      end)

      it("is cut off as a whole", function()
        local r = cli.run_scenario([[
return {
  stages = { short = { executor = "constant-vus", vus = 3, duration = "300ms",
    graceful_stop = "100ms" } },
  journey = function() http.batch { "/hang", "/hang", "/ok", "/hang" } end,
}]], { "--transport", transport }, { base_url = httpd.url })
        assert.equal(9, expect.errors(r, "cut_off"))
        expect.total(r, 12)
        assert.equal(0, expect.count(r, "iterations"))
      end)
    end)
  end

  it("sends nothing when one of its requests is misused", function()
    local r = run([[
local list = { "/ok", { "/ok", bogus = 1 } }
local fine, message = pcall(http.batch, list)
assert(not fine and message:find "unknown request option 'bogus'", message)
fine, message = pcall(http.batch, { { "GET", "/ok" } })
assert(not fine and message:find "request options have names; one has a number instead", message)
for _, wrong in ipairs { { 5 }, { {} }, { { "/ok", method = "get" } }, { { "ftp://x/" } } } do
  assert(not pcall(http.batch, wrong))
end
assert(not pcall(http.batch, "x"))
assert(not pcall(http.batch, { "/ok" }, { batch = 0 }))
assert(not pcall(http.batch, { "/ok" }, { hosts = 1 }))
assert(next(http.batch {}) == nil)
http.batch { "/ok" }]], { "-i", "1" })
    expect.code(r, 0)
    assert.equal(1, httpd:counts().total)
  end)

  it("names the line of the script", function()
    local r = run("http.batch { 5 }", { "-i", "1" })
    expect.code(r, 107)
    assert.truthy(r.result.script_errors[1].message:find ":%d+: batch: item 1",
      r.result.script_errors[1].message)
  end)
end)

describe("http.session", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  it("gives its requests address, headers, tags and names", function()
    local r = cli.run_scenario([[
return { journey = function()
  local api = http.session {
    base_url = lload.env("BASE_URL", "") .. "/any/", name_prefix = "api ",
    headers = { ["X-One"] = "1", ["X-Two"] = "2" }, tags = { team = "a" }, query = { v = 1 },
  }
  local seen = http.session { headers = { ["X-One"] = "1", ["X-Two"] = "2" } }
    .get("/echo/headers", { headers = { ["X-Two"] = "3" } })
  local sent = seen.body:lower()
  assert(sent:find '"x%-one":%s*"1"' and sent:find '"x%-two":%s*"3"', seen.body)
  local first = api.get "/things"
  assert(first.url:find "/any/things%?v=1$", first.url)
  assert(api.get("things/:id", { params = { id = 4 }, query = { w = 2 } }).url
    :find "/any/things/4%?v=1&w=2$")
  assert(api.post("/things", { json = { a = 1 }, name = "create" }).ok)
  for _, wrong in ipairs { { json = {} }, { base_url = 5 } } do
    assert(not pcall(http.session, wrong))
  end
  assert(not pcall(http.session))
end }]], { "-i", "1", "--threshold", "http_reqs{team:a}: count==3" },
      { base_url = httpd.url, env = { LLOAD_ENV = "BASE_URL=" .. httpd.url } })
    expect.code(r, 0)
    local names = {}
    for _, request in ipairs(r.result.requests) do names[request.name] = request.count end
    assert.equal(1, names["api GET /things"])
    assert.equal(1, names["api GET /things/:id"])
    assert.equal(1, names["api create"])
  end)
end)
