--- The seam page of docs/ARCHITECTURE.md and the tables that register its functions agree.
local sources = require "spec.support.sources"

local PAGE = "docs/ARCHITECTURE.md"

-- The C tables whose rows become functions of lload.engine; others hold methods of values.
local ENGINE_TABLES = {
  functions = true, machine_functions = true, live_functions = true, sink_functions = true,
  windows_functions = true, lines_functions = true,
}

local function module_of(table_name)
  if table_name:find "^core_%w+_functions$" then return "core" end
  return ENGINE_TABLES[table_name] and "engine" or nil
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- What C registers, per module.
local function registered()
  local found = { core = {}, engine = {} }
  for _, path in ipairs(sources.files("src/script", "%.c$")) do
    local text = sources.read(path)
    for name, rows in text:gmatch "luaL_Reg%s+([%w_]+)%[%]%s*=%s*(%b{})" do
      local module = module_of(name)
      for row in rows:gmatch '{%s*"([%w_]+)"' do
        if module then found[module][row] = true end
      end
    end
  end
  return { core = sorted(found.core), engine = sorted(found.engine) }
end

-- `name(arguments)` at the start of the code spans in the first column of a table; what follows an
-- arrow is what the function returns.
local function functions_in(part)
  local names = {}
  for cell in part:gmatch "\n| ([^|]+) |" do
    for span in cell:gsub("→ `[^`]*`", ""):gmatch "`([^`]*)`" do
      local name = span:match "^([%w_]+)%("
      if name then names[name] = true end
    end
  end
  return sorted(names)
end

--- What the page describes, per module.
local function described(text)
  local page = text:match "\n## The seam[^\n]*\n(.-)\n## "
  assert(page, PAGE .. " has no section \"The seam\"")
  local core, engine = page:match "`lload%.core`(.*)`lload%.engine`(.*)$"
  assert(core, PAGE .. ": the seam page speaks of `lload.core`, then of `lload.engine`")
  return { core = functions_in(core), engine = functions_in(engine) }
end

describe("the seam", function()
  local text = sources.read(PAGE)
  if not text then
    pending(PAGE .. " is not written yet")
    return
  end

  it("is described function by function", function()
    assert.same(registered(), described(text))
  end)

  it("is as large as it looks", function()
    local functions = registered()
    assert.truthy(#functions.core >= 15 and #functions.engine >= 5)
  end)
end)

describe("the seam check", function()
  it("reads a page as people write it", function()
    assert.same({ core = { "enter", "leave", "verb" }, engine = { "run" } }, described [[

## The seam on one page

`lload.core`, in every state.

| function | does |
|---|---|
| `verb(method)` → `function(url)` ⇢ response | makes `nothing(x)` |
| `enter(name)` · `leave(name, ms)` | groups |

`lload.engine`, in the control state.

| function | does |
|---|---|
| `run(spec, on_tick)` → final | runs |

## Next
]])
  end)
end)
