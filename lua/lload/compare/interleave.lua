--- Two commands run alternately, so that whatever else changes on the machine meanwhile falls on
--- both: the fairest comparison there is.

local exit_codes = require "lload.exit_codes"
local shell = require "lload.shell"
local sources = require "lload.compare.sources"

local M = {}

-- A run with one of these codes has measured something.
local MEASURED = { [exit_codes.PASSED] = true, [exit_codes.THRESHOLD] = true,
  [exit_codes.REGRESSION] = true }

local function run_one(command, folder, world)
  local code = shell.run(command, { LLOAD_OUT = folder }, world.execute)
  if not MEASURED[code] then
    return nil, ("--interleave: `%s` ended with exit code %d"):format(command, code)
  end
  local runs, message = sources.read(folder, world.engine)
  if not runs then
    return nil, ("--interleave: `%s` wrote no result where LLOAD_OUT told it to: %s"):format(
      command, message)
  end
  return runs
end

--- Runs both commands alternately; who goes first changes with each round.
---@param commands string[] two shell commands that run lload
---@param rounds integer
---@param folder string where the results go, below it
---@param world table
---@return { [1]: lload.Run[], [2]: lload.Run[] }|nil sides
---@return string|nil message
function M.run(commands, rounds, folder, world)
  local sides = { {}, {} }
  for round = 1, rounds do
    for turn = 0, 1 do
      local which = (round + turn) % 2 + 1
      world.stderr:write(("round %d of %d: %s\n"):format(round, rounds, commands[which]))
      local place = ("%s/%s-%d"):format(folder, which == 1 and "a" or "b", round)
      local ok, message = world.engine.mkdir(place)
      local runs = ok and nil
      if ok then runs, message = run_one(commands[which], place, world) end
      if not runs then return nil, message end
      for _, run in ipairs(runs) do table.insert(sides[which], run) end
    end
  end
  return sides
end

return M
