--- `lload help`: the overview, one command, or the exit codes.

local exit_codes = require "lload.exit_codes"
local help = require "lload.help"
local options = require "lload.options"
local suggest = require "lload.suggest"

local M = {}

local function topics()
  local names = { "exit-codes" }
  for _, command in ipairs(options.commands) do names[#names + 1] = command.name end
  return names
end

local function text_of(topic)
  if topic == nil then return help.overview() end
  if topic == "exit-codes" then return help.exit_codes() end
  local command = options.command(topic)
  return command and help.command(command)
end

---@param request lload.Request
---@param world table
---@return integer
function M.run(request, world)
  local page = text_of(request.topic)
  if page then
    world.stdout:write(page)
    return exit_codes.PASSED
  end
  world.stderr:write(('lload: no help on "%s"%s\n'):format(
    request.topic, suggest.hint(request.topic, topics())))
  return exit_codes.USAGE
end

return M
