--- `lload new`: writes the starter scenario and what editors need, and overwrites no work.

local exit_codes = require "lload.exit_codes"
local new = require "lload.new"
local settings = require "lload.settings"
local write = require "lload.report.write"

local M = {}

local DEFAULT_FILE = "scenario.lua"

local function exists(path)
  local handle = io.open(path, "rb")
  if handle then handle:close() end
  return handle ~= nil
end

local function fail(message, world)
  world.stderr:write("lload: ", message, "\n")
  return exit_codes.INVALID_INPUT
end

-- Settings that are there stay. The annotations are lload's own and follow its version.
local function write_settings(folder, world)
  local luarc = folder .. ".luarc.json"
  if not exists(luarc) then
    local ok, message = write.file(luarc, new.LUARC, world.stdout)
    if not ok then return nil, message end
    world.stdout:write("wrote ", luarc, "\n")
  end
  local library = folder .. new.LIBRARY
  local ok, message = world.engine.mkdir(library)
  if not ok then return nil, ("cannot make %s: %s"):format(library, message) end
  for name, text in pairs(new.annotations(world.engine)) do
    ok, message = write.file(library .. "/" .. name, text, world.stdout)
    if not ok then return nil, message end
  end
  world.stdout:write("wrote ", library, "/ (annotations for editors)\n")
  return true
end

---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local chosen, problems = settings.read(request, world.getenv)
  if #problems > 0 then return fail(problems[1], world) end
  local file = request.files[1] or DEFAULT_FILE
  if exists(file) then
    return fail(("%s exists and is left as it is; name another file: lload new OTHER.lua")
      :format(file), world)
  end
  local ok, message = write.file(file, new.scenario(file, chosen:value "template"), world.stdout)
  if not ok then return fail(message, world) end
  if file == "-" then return exit_codes.PASSED end
  world.stdout:write("wrote ", file, "\n")
  ok, message = write_settings(file:match "^(.*/)[^/]*$" or "", world)
  if not ok then return fail(message, world) end
  world.stdout:write("next: lload check ", file, "\n")
  return exit_codes.PASSED
end

return M
