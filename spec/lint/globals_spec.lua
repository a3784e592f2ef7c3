--- The Lua side defines no globals, and reads those of the language only.
local sources = require "spec.support.sources"

local READ = {}
for name in ([[
  _G debug error getfenv getmetatable io ipairs jit load loadfile loadstring math next os package
  pairs pcall rawget rawset require select setfenv setmetatable string table tonumber tostring type
  unpack xpcall
]]):gmatch "%S+" do
  READ[name] = true
end

-- What the bytecode of a file does with globals: { { action = "GET", name = … }, … }
local function globals_of(path)
  local listing = assert(io.popen(("luajit -bl '%s' 2>&1"):format(path)))
  local list = {}
  for line in listing:lines() do
    local action, name = line:match 'G([GS]ET)%s.*;%s*"(.-)"'
    if action then list[#list + 1] = { action = action, name = name } end
  end
  listing:close()
  return list
end

local function problems_of(path)
  local problems = {}
  for _, global in ipairs(globals_of(path)) do
    if global.action == "SET" then
      problems[#problems + 1] = ("%s defines the global '%s'"):format(path, global.name)
    elseif not READ[global.name] then
      problems[#problems + 1] = ("%s reads the global '%s'"):format(path, global.name)
    end
  end
  return problems
end

describe("lua/lload", function()
  for _, path in ipairs(sources.files("lua", "%.lua$")) do
    it("keeps to locals in " .. path, function() assert.same({}, problems_of(path)) end)
  end
end)

describe("the globals check", function()
  it("sees reads and writes, in nested functions too", function()
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write "local M = {}\nfunction M.f() count = (count or 0) + misspelt end\nreturn M\n"
    file:close()
    local problems = problems_of(path)
    os.remove(path)
    assert.same({
      path .. " reads the global 'count'", path .. " reads the global 'misspelt'",
      path .. " defines the global 'count'",
    }, problems)
  end)
end)
