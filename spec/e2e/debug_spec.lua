--- --debug and -v: what was sent and what came back, without credentials.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

describe("exchanges", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  local function run(body, args)
    return cli.run_scenario(
      "return { journey = function(vu)\n" .. body .. "\nend }", args, { base_url = httpd.url })
  end

  local FAILING = [[
http.post("/status/500", { json = { id = vu.id }, bearer = "t0ps3cret",
  headers = { Cookie = "c=x" } })
http.get "/drop"
http.get "/ok"]]

  local function of_class(r, class)
    for _, item in ipairs(r.result.errors) do
      if item.class == class then return item.exchanges or {} end
    end
    return {}
  end

  for _, threads in ipairs { 1, 3 } do
    it(("of the first failures of each class are kept with %d threads"):format(threads), function()
      local r = run(FAILING, { "-u", "4", "-i", "40", "--debug", "failures:3",
        "--threads", threads })
      expect.code(r, 0)
      for _, class in ipairs { "status_500", "closed" } do
        assert.equal(3, #of_class(r, class))
      end
      local text = of_class(r, "status_500")[1]
      assert.truthy(text:find("> POST /status/500", 1, true), text)
      assert.truthy(text:find "\n> {\"id\":%d}\n", text)
      assert.truthy(text:find("< 500\n", 1, true), text)
      assert.truthy(text:find("> Authorization: ***", 1, true), text)
      assert.falsy(text:find "t0ps3cret")
      assert.falsy(text:find "c=x")
      assert.truthy(of_class(r, "closed")[1]:find "< no answer: closed")
    end)
  end

  it("are not kept unless asked for", function()
    local r = run(FAILING, { "-i", "3" })
    assert.same({}, of_class(r, "status_500"))
  end)

  it("of one user's first iteration are printed with -v", function()
    local r = run('http.get "/any/first"', { "-u", "2", "-i", "6", "-v" })
    expect.code(r, 0)
    local _, count = r.stderr:gsub("\n> User%-Agent", "")
    assert.equal(1, count)
    assert.truthy(r.stderr:find("* vu 1 iteration 1: ok", 1, true), r.stderr)
    assert.truthy(r.stderr:find("> GET /any/first\n", 1, true), r.stderr)
    assert.truthy(r.stderr:find("< 200\n", 1, true), r.stderr)
  end)

  it("of one user are printed with --debug all", function()
    local r = run('http.get "/any/first"', { "-u", "1", "-i", "6", "--debug", "all" })
    local _, count = r.stderr:gsub("\n> User%-Agent", "")
    assert.equal(6, count)
  end)

  it("hold nothing that a terminal obeys, and no endless body", function()
    local r = run([[
http.post("/echo", { body = "\27[31m" .. ("x"):rep(100000) .. "\0\r", expect = 404 })]],
      { "-i", "1", "--debug", "failures" })
    local text = of_class(r, "status_200")[1]
    assert.falsy(text:find "[%z\1-\8\11-\31]")
    assert.truthy(#text < 8000)
    assert.truthy(text:find "bytes more")
  end)

  it("that nobody can mean are refused", function()
    for _, wrong in ipairs { "x", "failures:0", "failures:1000", "failures:" } do
      local r = run("", { "-i", "1", "--debug", wrong })
      expect.code(r, 104)
      assert.truthy(r.stderr:find("--debug", 1, true), r.stderr)
    end
  end)
end)
