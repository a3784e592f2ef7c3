--- Ten comparisons of a shop with itself, over scenarios of examples/benchmark-suite.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local SCENARIOS = { "product", "cart" }

-- A folder of results for each scenario and run.
local function measure(shop, runs)
  local dir = tmp.dir()
  for i = 1, runs do
    local argv = { "run", "--base-url", shop.url, "-e", "DURATION=400ms", "-q", "--target", "spec",
      "--out", ("%s/%d-{scenario}"):format(dir, i) }
    for _, name in ipairs(SCENARIOS) do
      argv[#argv + 1] = "examples/benchmark-suite/scenarios/" .. name .. ".lua"
    end
    expect.code(cli.run(argv), 0)
  end
  return dir
end

-- Which four of eight runs are the base: with the first always among them, no split is another's
-- mirror image.
local SPLITS = {
  { 1, 2, 3, 4 }, { 1, 3, 5, 7 }, { 1, 2, 5, 6 }, { 1, 4, 6, 7 }, { 1, 2, 7, 8 },
  { 1, 3, 6, 8 }, { 1, 4, 5, 8 }, { 1, 2, 3, 8 }, { 1, 5, 6, 7 }, { 1, 3, 4, 6 },
}

local function compare(dir, scenario, base)
  local argv = { "compare", "--json", dir .. "/compare.json" }
  local is_base = {}
  for _, run in ipairs(base) do is_base[run] = true end
  for _, side in ipairs { "--base", "--new" } do
    argv[#argv + 1] = side
    for run = 1, 8 do
      if (side == "--base") == (is_base[run] or false) then
        argv[#argv + 1] = ("%s/%d-%s"):format(dir, run, scenario)
      end
    end
  end
  local r = cli.run(argv)
  return r, cjson.decode(tmp.read(dir .. "/compare.json"))
end

describe("a shop that is compared with itself", function()
  it("raises no alarm in ten comparisons", function()
    local shop = server.shop { "--service-time", "100ms" }
    finally(function() shop:stop() end)
    local dir = measure(shop, 8)
    local compared, alarms = 0, {}
    for number, base in ipairs(SPLITS) do
      local scenario = SCENARIOS[(number - 1) % #SCENARIOS + 1]
      local r, model = compare(dir, scenario, base)
      compared = compared + 1
      if r.code ~= 0 or model.verdict == "regression" then alarms[#alarms + 1] = r.stdout end
      assert.same({ 4, 4 }, { #model.base, #model.new })
    end
    assert.equal(10, compared)
    assert.same({}, alarms)
  end)
end)
