--- Every command, option and exit code is where people look for it.
local cli = require "spec.support.cli"
local exit_codes = require "lload.exit_codes"
local options = require "lload.options"
local sources = require "spec.support.sources"
local validity = require "lload.validity"

-- A word of its own: "--out" is not found in "--output", nor 10 in 100.
local function mentions(text, word)
  local plain = word:gsub("%p", "%%%0")
  return text:find("%f[%w%-]" .. plain .. "%f[^%w%-]") ~= nil
end

local function names_of(option)
  local names = { "--" .. option.name }
  if option.short then names[2] = "-" .. option.short end
  return names
end

local function missing_in(text, list)
  local missing = {}
  for _, option in ipairs(list) do
    for _, name in ipairs(names_of(option)) do
      if not mentions(text, name) then missing[#missing + 1] = name end
    end
  end
  return missing
end

local function help_of(...)
  local r = cli.run { "help", ... }
  assert.equal(0, r.code)
  return r.stdout
end

describe("the help", function()
  it("lists every command", function()
    local help = help_of()
    for _, command in ipairs(options.commands) do
      assert.truthy(mentions(help, command.name), command.name)
    end
  end)

  for _, command in ipairs(options.commands) do
    it("of " .. command.name .. " lists its options and no others", function()
      local help, own = help_of(command.name), {}
      for _, option in ipairs(options.of(command.name)) do own["--" .. option.name] = true end
      assert.same({}, missing_in(help, options.of(command.name)))
      for line in help:gmatch "[^\n]+" do
        local name = line:match "^%s+%-%w, (%-%-[%w-]+)" or line:match "^%s+(%-%-[%w-]+)"
        assert.truthy(not name or own[name], line)
      end
    end)
  end

  it("lists every exit code with its meaning", function()
    local help = help_of "exit-codes"
    for _, row in ipairs(exit_codes.table) do
      assert.truthy(mentions(help, tostring(row.code)), row.code)
      assert.truthy(help:find(row.meaning, 1, true), row.meaning)
    end
  end)
end)

describe("the README", function()
  local readme = sources.read "README.md"
  if not readme then
    pending "README.md is not written yet"
    return
  end

  it("names every command", function()
    for _, command in ipairs(options.commands) do
      assert.truthy(mentions(readme, "lload " .. command.name), command.name)
    end
  end)

  it("names every option", function()
    assert.same({}, missing_in(readme, options.table))
  end)

  it("names no option that does not exist", function()
    local known = {}
    for _, option in ipairs(options.table) do known["--" .. option.name] = true end
    for row in readme:gmatch "\n| (`%-[^|]*) |" do
      for name in row:gmatch "%-%-[%w-]+" do assert.truthy(known[name], name) end
    end
  end)

  it("lists every exit code, and in the order of precedence", function()
    local section = assert(readme:match "\n## Exit codes\n(.-)\n## ")
    local codes, expected = {}, {}
    for cell in section:gmatch "\n| ([%d, ]+) |" do
      for code in cell:gmatch "%d+" do codes[#codes + 1] = tonumber(code) end
    end
    for i, row in ipairs(exit_codes.table) do expected[i] = row.code end
    assert.same(expected, codes)
  end)
end)

describe("the page of load models", function()
  local PAGE = "docs/load-models.md"

  -- "10 ms" → 10, "1 %" → 0.01, "" → nil
  local function limit(cell)
    local number, unit = cell:match "^%s*([%d.]+)%s*(%S*)%s*$"
    return number and tonumber(number) / (unit == "%" and 100 or 1)
  end

  it("has the limits of every validity check", function()
    local described, expected = {}, {}
    for code, field, suspect, invalid in sources.read(PAGE):gmatch(
      "\n| ([%u_]+) | `([%w_]+)`[^|]*|([^|]*)|([^|]*)|") do
      described[#described + 1] = { code, field, limit(suspect), limit(invalid) }
    end
    for i, check in ipairs(validity.CHECKS) do
      expected[i] = { check.code, check.field, check.suspect, check.invalid }
    end
    assert.same(expected, described)
  end)

  it("names every executor that has the open model", function()
    local page = sources.read(PAGE)
    for _, path in ipairs(sources.files("lua/lload/executor", "_arrival_rate%.lua$")) do
      local name = sources.read(path):match 'name = "([%w-]+)"'
      assert.truthy(mentions(page, name), name)
    end
  end)
end)

describe("the decisions", function()
  it("have a number each, in the name of the file and in the title", function()
    local taken = {}
    for _, path in ipairs(sources.files("docs/decisions", "%.md$")) do
      local number = tonumber(path:match "/(%d%d%d%d)%-[%w-]+%.md$")
      assert.is_nil(taken[number], path)
      taken[number] = true
      assert.equal(number, tonumber(sources.read(path):match "^# (%d+)%. "), path)
    end
  end)
end)

describe("the docs check", function()
  it("takes whole words only", function()
    assert.truthy(mentions("a `--out DIR` b", "--out"))
    assert.truthy(mentions("| `-u`, `--vus N` |", "-u"))
    assert.truthy(mentions("--out", "--out"))
    assert.falsy(mentions("--output", "--out"))
    assert.falsy(mentions("--no-color", "--color"))
    assert.falsy(mentions("100, 101", "10"))
    assert.falsy(mentions("a-u", "-u"))
  end)
end)
