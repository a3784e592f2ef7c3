--- How much memory a script may take, and what happens when it wants more.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

describe("the memory of a script", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  local function run(text, args)
    return cli.run_scenario(text, args, { base_url = httpd.url })
  end

  local LIMITED = "\nreturn { max_memory = '40MB', journey = function(vu)\n"
  local TOO_MUCH = "40 MB are not enough for the Lua state of"

  it("ends the run when users keep more and more", function()
    local r = run(LIMITED .. [[
  vu.kept = vu.kept or {}
  vu.kept[#vu.kept + 1] = (http.get "/ok".body .. vu.iteration):rep(50000)
end }]], { "-u", "3", "-d", "30s", "--threads", "2" })
    expect.code(r, 107)
    assert.equal("out_of_memory", r.result.stop.reason)
    expect.line(r, TOO_MUCH, "(max_memory); let users keep less, or raise it")
    expect.that(r, r.elapsed < 20, "it did not end early")
  end)

  it("is bounded within one iteration, before the machine's is used up", function()
    local r = run(LIMITED .. [[
  local all = {}
  for i = 1, 1e9 do all[i] = { i } end
end }]], { "-u", "1", "-d", "30s" })
    expect.code(r, 107)
    expect.says(r, TOO_MUCH)
    expect.that(r, r.maxrss_kb < 400000, "it took " .. r.maxrss_kb .. " kB")
  end)

  it("ends the run though the script catches the error", function()
    local r = run(LIMITED .. [[
  pcall(function() return ("x"):rep(1e8) end)
  http.get "/ok"
end }]], { "-u", "1", "-d", "30s" })
    expect.code(r, 107)
    assert.equal("out_of_memory", r.result.stop.reason)
    assert.truthy(r.result.stop.detail:find(TOO_MUCH, 1, true), r.result.stop.detail)
  end)

  it("is not used up by garbage", function()
    local r = run(LIMITED .. [[
  for i = 1, 200 do local _ = { ("x"):rep(1000) .. i } end
  http.get "/ok"
end }]], { "-u", "4", "-i", "2000" })
    expect.code(r, 0)
    assert.equal(2000, expect.count(r, "iterations"))
  end)

  it("is bounded while the file loads", function()
    local r = run [[
local all = ("x"):rep(1.5e9) -- refused before it is touched
assert(all)
return { journey = function() end }]]
    expect.code(r, 104)
    expect.line(r, "scenario.lua: takes more memory than 1 GB while it loads", "lload.jsonl")
  end)

  it("has a limit that makes sense", function()
    local r = run "return { max_memory = '1kB', journey = function() end }"
    expect.code(r, 104)
    expect.line(r, "max_memory", "1kB is too little; a Lua state has at least 16MB")
  end)
end)
