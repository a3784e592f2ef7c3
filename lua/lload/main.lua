--- The conductor: from the command line to the exit code.

local checked = require "lload.checked"
local cli = require "lload.cli"
local exit_codes = require "lload.exit_codes"

local M = {}

local COMMANDS = {
  run = "lload.command.run",
  check = "lload.command.check",
  report = "lload.command.report",
  compare = "lload.command.compare",
  trend = "lload.command.trend",
  budget = "lload.command.budget",
  capacity = "lload.command.capacity",
  new = "lload.command.new",
  import = "lload.command.import",
  version = "lload.command.version",
  help = "lload.command.help",
}

--- Everything outside that a command touches; the specs put a fake one in its place. What scenario
--- code finds afterwards is less.
---@return table world
local function real_world()
  local world = {
    engine = require "lload.engine",
    loader = require "lload.loader",
    stdout = io.stdout,
    stderr = io.stderr,
    getenv = os.getenv,
    popen = io.popen,
    execute = os.execute,
    tmpname = os.tmpname,
  }
  require("lload.library").restrict()
  return world
end

local function usage_error(message, world)
  world.stderr:write("lload: ", message, "\n")
  return exit_codes.USAGE
end

local function conduct(argv, world)
  local request, message = cli.parse(argv)
  if not request then return usage_error(message, world) end
  return require(COMMANDS[request.command]).run(request, world)
end

-- What went to standard output and did not get there turns success into an internal error.
local function code_of_output(code, world)
  world.stdout:flush()
  if not world.stdout.lost or code == exit_codes.INTERNAL then return code end
  world.stderr:write("lload: cannot write to standard output: ", world.stdout.lost, "\n")
  return code == exit_codes.PASSED and exit_codes.INTERNAL or code
end

--- Runs lload.
---@param argv string[] the arguments after the program's name
---@param world? table the outside; the real one when absent
---@return integer exit_code
function M.main(argv, world)
  world = setmetatable({}, { __index = world or real_world() })
  world.stdout = checked.new(world.stdout)
  local ok, result = xpcall(function() return conduct(argv, world) end, debug.traceback)
  if ok then return code_of_output(result, world) end
  world.stderr:write("lload: internal error, please report it: ", tostring(result), "\n")
  return exit_codes.INTERNAL
end

return M
