--- The pipelines that people copy: their YAML and shell parse, their options exist, and what they
--- install is enough.
local binaries = require "spec.support.binaries"
local cli = require "spec.support.cli"
local exit_codes = require "lload.exit_codes"
local options = require "lload.options"
local sources = require "spec.support.sources"
local tmp = require "spec.support.tmp"
local tools = require "spec.support.ci_tools"

local PAGE = "docs/ci.md"
local page = sources.read(PAGE)

local function fences(language)
  local found = {}
  for code in page:gmatch("\n```" .. language .. "\n(.-)\n```") do found[#found + 1] = code end
  return found
end

local function shell_problem(script)
  local r = cli.program { "bash", "-n", tmp.write(tmp.dir(), "step.sh", script) }
  return r.code ~= 0 and r.stderr or nil
end

-- The blocks of shell in YAML: what follows `run: |` or `- |` and is indented further.
local function shell_blocks(yaml)
  local blocks, block, margin = {}, nil, nil
  for line in (yaml .. "\n"):gmatch "(.-)\n" do
    local indent = #line:match "^ *"
    if block and line ~= "" and indent <= margin then block = nil end
    if block then block[#block + 1] = line end
    if line:find "run: |$" or line:find "^%s*- |$" then
      block, margin = {}, indent
      blocks[#blocks + 1] = block
    end
  end
  return blocks
end

local function known_options(command)
  local known = {}
  for _, option in ipairs(options.of(command)) do known["--" .. option.name] = true end
  return known
end

describe("the pipelines of " .. PAGE, function()
  it("are YAML", function()
    local found = fences "yaml"
    assert.is_true(#found >= 3)
    for _, yaml in ipairs(found) do assert.is_nil(tools.yaml_problem(yaml)) end
    assert.truthy(tools.yaml_problem "a: [b")
  end)

  it("have steps of shell that parses", function()
    local count = 0
    for _, yaml in ipairs(fences "yaml") do
      for _, block in ipairs(shell_blocks(yaml)) do
        count = count + 1
        assert.is_nil(shell_problem(table.concat(block, "\n")))
      end
    end
    assert.is_true(count >= 3, count)
    assert.truthy(shell_problem "if true; then")
  end)

  it("call lload with options that it has", function()
    local calls, known = 0, known_options "run"
    for call in page:gsub("\\\n", " "):gmatch "lload run [^\n]*\n?%s*%-?%-?[^\n|]*" do
      calls = calls + 1
      for name in call:gmatch "%f[%S](%-%-[%w-]+)" do assert.truthy(known[name], name) end
    end
    assert.is_true(calls >= 3, calls)
  end)
end)

describe("the action in " .. PAGE, function()
  local inputs = tools.yaml("action.yml").inputs

  it("is called with inputs that it has", function()
    local count = 0
    for block in page:gmatch "uses: your%-org/lload@main\n        with:\n(.-)\n[^\n ]" do
      for line in (block .. "\n"):gmatch "(.-)\n" do
        local name = line:match "^          ([%w-]+):"
        count = count + (name and 1 or 0)
        assert.truthy(not name or inputs[name], name)
        if not line:find "^          " then break end
      end
    end
    assert.is_true(count >= 6, count)
  end)

  it("has a row for each input, with its default", function()
    local told = {}
    for name, default in page:gmatch "\n| `([%w-]+)` |([^|]*)|" do
      if inputs[name] then told[name] = default:match "^%s*`?(.-)`?%s*$" end
    end
    for name, input in pairs(inputs) do assert.equal(input.default, told[name], name) end
  end)
end)

describe("the page " .. PAGE, function()
  it("names options that exist", function()
    local run, report = known_options "run", known_options "report"
    local of_run_alone, count = { ["--github"] = true, ["--hlog"] = true }, 0
    for name in page:gmatch "\n| `(%-%-[%w-]+)" do
      count = count + 1
      assert.truthy(run[name], name)
      assert.equal(not of_run_alone[name], report[name] == true, name)
    end
    assert.is_true(count >= 7, count)
  end)

  it("says what every exit code means", function()
    local told = {}
    for cell in assert(page:match "\n## What red means\n(.-)\n## "):gmatch "\n| ([%d, ]+) |" do
      for code in cell:gmatch "%d+" do told[tonumber(code)] = true end
    end
    for _, row in ipairs(exit_codes.table) do assert.is_true(told[row.code], row.code) end
  end)

  -- Of a build with sanitizers, and there on every Debian.
  local GIVEN = { "san%.so", "^libgcc_s", "^libc%.so", "^libm%.so", "^ld%-linux" }

  local function is_given(library)
    for _, pattern in ipairs(GIVEN) do
      if library:find(pattern) then return true end
    end
    return false
  end

  -- The libraries that the binary loads by itself, each with the packages that have it.
  local function libraries()
    local owners, words = {}, { "dpkg", "-S" }
    local headers = cli.program { "readelf", "-d", binaries.lload() }
    for library in headers.stdout:gmatch "%(NEEDED%)[^\n]*%[([^%]]+)%]" do
      if not is_given(library) then
        owners[library], words[#words + 1] = {}, "*/" .. library
      end
    end
    for package, library in cli.program(words).stdout:gmatch "([^:,\n]+)[^\n]*/([^/\n]+)\n" do
      if owners[library] then table.insert(owners[library], package) end
    end
    return owners
  end

  it("installs the libraries that lload needs into the image", function()
    local image, count = table.concat(fences "dockerfile"):match "\n\nFROM .*" .. " ", 0
    for library, packages in pairs(libraries()) do
      local has = false
      for _, package in ipairs(packages) do
        has = has or image:find("%f[%S]" .. package:gsub("%p", "%%%0") .. "%f[%s]") ~= nil
      end
      count = count + 1
      assert.is_true(has, library)
    end
    assert.is_true(count >= 5, count)
  end)
end)
