--- docs/scenario-api.md is what scripts/api-reference.lua makes of lua/lload/types/, and the parser
--- of that script understands what is written there.

local lfs = require "lfs"
local reference = dofile "scripts/api-reference.lua"

local function items(text) return reference.parse(text) end

describe("docs/scenario-api.md", function()
  it("is fresh; if not, run: luajit scripts/api-reference.lua", function()
    local page = reference.render(reference.items())
    assert.is_true(page == reference.read(reference.page), "the page is stale")
  end)

  it("has every file of annotations, each once", function()
    local there, listed = {}, { unpack(reference.FILES) }
    for name in lfs.dir(reference.types) do there[#there + 1] = name:match "^(.*)%.lua$" end
    table.sort(there)
    table.sort(listed)
    assert.same(there, listed)
  end)

  it("has an example for each function", function()
    for _, item in ipairs(reference.items()) do
      if item.kind == "function" then
        assert.truthy(item.text:find("```lua", 1, true), item.name .. " has no example")
      end
    end
  end)

  it("links only to what is on it", function()
    local page = reference.read(reference.page)
    local anchors = {}
    for title in page:gmatch "\n#+ ([^\n]+)" do
      anchors[title:lower():gsub("[^%w_ -]", ""):gsub(" ", "-")] = true
    end
    for link in page:gmatch "%]%(#([^)]+)%)" do
      assert.is_true(anchors[link] or false, "nothing on the page is called #" .. link)
    end
  end)
end)

describe("the annotation parser", function()
  it("takes blocks that belong to nothing as prose", function()
    local list = items "--- ## A chapter\n---\n--- with text\n\nlocal code"
    assert.same({ 1, "prose", "## A chapter\n\nwith text" }, { #list, list[1].kind, list[1].text })
  end)

  it("reads the fields of a class with the text before or behind them", function()
    local class = items([[
--- What it is.
---@class lload.Thing: lload.Base
--- The number
--- of things.
---@field count? integer
---@field map table<string, fun(a: b): c>|d behind
---@field [string] any
local thing = {}]])[1]
    assert.same({ "class", "lload.Thing", "lload.Base", "What it is." },
      { class.kind, class.name, class.parent, class.text })
    assert.same({
      { name = "count", optional = true, type = "integer", text = "The number of things." },
      { name = "map", optional = false, type = "table<string, fun(a: b): c>|d", text = "behind" },
      { name = "[string]", optional = false, type = "any", text = "" },
    }, class.fields)
  end)

  it("reads functions and methods with the class they belong to", function()
    local list = items([[
---@class lload.Thing
local thing = {}

--- Does it.
---@param a string the first
---@param b? integer|string[]
---@return boolean? done whether it did
function thing:act(a, b) end

--- Does it all.
function lload.act(...) end]])
    local method = list[2]
    assert.same({ "function", "thing:act", "lload.Thing", "Does it." },
      { method.kind, method.name, method.owner, method.text })
    assert.same({
      { name = "a", optional = false, type = "string", text = "the first" },
      { name = "b", optional = true, type = "integer|string[]", text = "" },
    }, method.params)
    assert.same({ { name = "done", type = "boolean?", text = "whether it did" } }, method.returns)
    assert.same({ "function", "lload.act" }, { list[3].kind, list[3].name })
  end)

  it("reads aliases, on one line or several", function()
    local list = items("---@alias a b|c\n\n---@alias d\n---| e\n---| f")
    assert.same({ "a", "b|c" }, { list[1].name, list[1].type })
    assert.same({ "d", "e|f" }, { list[2].name, list[2].type })
  end)

  it("reads values", function()
    local value = items("--- Nothing.\n---@type userdata\nlload.null = nil")[1]
    assert.same({ "value", "lload.null", "userdata" }, { value.kind, value.name, value.type })
  end)

  it("refuses an annotation it does not know", function()
    assert.has_error(function() items "---@overload fun()" end, "unknown annotation @overload")
  end)
end)
