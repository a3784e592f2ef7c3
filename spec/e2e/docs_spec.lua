--- The Lua in the documentation works. What a fenced block must do depends on its first line:
---
---   ```lua            with `return {`: a whole scenario; it passes `lload check` and one iteration
---                     against the demo shop. Without: it compiles.
---   ```lua journey    what a journey does; runs as one, with lload, http, check, group, think and
---                     random at hand
---   ```lua fragment   a part of something; it compiles
---
--- Data files of a block are those of scenarios/data.
local lfs = require "lfs"
local binaries = require "spec.support.binaries"
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local JOURNEY = [[
local lload = require "lload"
local http, check, group = lload.http, lload.check, lload.group
local think, random = lload.think, lload.random
return { journey = function(vu)
%s
end }
]]

local function pages()
  local found = {}
  if lfs.attributes "README.md" then found[1] = "README.md" end
  for name in lfs.dir "docs" do
    if name:find "%.md$" then found[#found + 1] = "docs/" .. name end
  end
  table.sort(found)
  return found
end

-- The blocks of a page: { place = "file:line", mark = what follows ```lua, text }
local function blocks(page)
  local found, block = {}, nil
  local number = 0
  for line in (tmp.read(page) .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local mark = line:match "^```lua%s*(.-)%s*$"
    if block and line:find "^```" then
      block.text = table.concat(block, "\n")
      found[#found + 1], block = block, nil
    elseif block then
      block[#block + 1] = line
    elseif mark then
      block = { place = page .. ":" .. number, mark = mark }
    end
  end
  return found
end

local function scenario_of(block)
  if block.mark == "journey" then return JOURNEY:gsub("%%s", function() return block.text end) end
  return block.mark == "" and block.text:find("return {", 1, true) and block.text or nil
end

describe("documentation", function()
  local shop

  setup(function()
    shop = server.shop { "--service-time", "1ms" }
  end)

  teardown(function()
    shop:stop()
  end)

  local function run(text)
    local dir = tmp.dir()
    assert(lfs.link(binaries.root .. "/scenarios/data", dir .. "/data", true))
    local path = tmp.write(dir, "scenario.lua", text)
    expect.code(cli.run { "check", path }, 0)
    expect.code(cli.run { "run", path, "--base-url", shop.url, "-u", "1", "-i", "1" }, 0)
  end

  for _, page in ipairs(pages()) do
    for _, block in ipairs(blocks(page)) do
      local scenario = scenario_of(block)
      if scenario then
        it("runs " .. block.place, function() run(scenario) end)
      else
        it("compiles " .. block.place, function() assert(loadstring(block.text, block.place)) end)
      end
    end
  end

  it("marks its blocks with words that mean something", function()
    local known = { [""] = true, journey = true, fragment = true }
    for _, page in ipairs(pages()) do
      for _, block in ipairs(blocks(page)) do
        assert.is_true(known[block.mark] or false, block.place .. ": ```lua " .. block.mark)
      end
    end
  end)
end)
