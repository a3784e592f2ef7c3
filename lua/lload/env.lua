--- lload.env: settings from outside the scenario file.

local core = require "lload.core"

local M = { variables = {} }

--- Sets what `-e` gave; used by the loader.
---@param variables table<string, string>
function M.set(variables) M.variables = variables end

--- A setting: from the profile's `env`, then `-e NAME=VALUE`, then the environment.
---@param name string
---@param default? string what stands for a setting that is not there
---@return string|nil value
function M.get(name, default)
  local value = core.profile_env(name)
  if value == nil then value = M.variables[name] end
  if value == nil then value = os.getenv(name) end
  if value == nil then value = default end
  return value
end

return M
