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
