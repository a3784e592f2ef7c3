--- Scenario code from text to function: in its environment, interpreted, and never from bytecode,
--- which can do anything.

local M = {}

-- Scenarios find none of these: see library.lua.
local getfenv, load, loadfile, loadstring, setfenv = getfenv, load, loadfile, loadstring, setfenv
local jit_off = jit.off
local GLOBALS = _G

-- Compiled loops cannot be interrupted: see the watchdog.
local function prepare(chunk, environment)
  setfenv(chunk, environment)
  jit_off(chunk, true)
  return chunk
end

--- Compiles the text of a scenario file or of a module of it.
---@param text string
---@param name string as `loadstring` takes it
---@param environment table
---@return function|nil chunk
---@return string|nil message
function M.compile(text, name, environment)
  if text:byte(1) == 27 then return nil, name:sub(2) .. ": is compiled Lua; text is wanted" end
  local chunk, message = loadstring(text, name, "t")
  if not chunk then return nil, message end
  return prepare(chunk, environment)
end

-- Level 1 is who calls, and that is one further out than the wrappers below.
local function beyond(subject)
  if subject == nil then return 2 end
  return type(subject) == "number" and subject > 0 and subject + 1 or subject
end

--- What a scenario finds as `load` and so on.
---@param environment table its globals
---@return table<string, function>
function M.functions(environment)
  local found = {}

  function found.load(source, name, mode, own_environment)
    if mode ~= nil and not tostring(mode):find("t", 1, true) then
      return nil, "load: compiled Lua is not taken, only text"
    end
    local chunk, message = load(source, name, "t")
    if not chunk then return nil, message end
    return prepare(chunk, own_environment or environment)
  end

  found.loadstring = found.load

  function found.loadfile(path, _, own_environment)
    local chunk, message = loadfile(path, "t")
    if not chunk then return nil, message end
    return prepare(chunk, own_environment or environment)
  end

  function found.dofile(path)
    local chunk, message = found.loadfile(path)
    if not chunk then error(message, 0) end
    return chunk()
  end

  function found.getfenv(subject)
    local of = getfenv(beyond(subject))
    return of == GLOBALS and environment or of
  end

  -- Neither of these may be a tail call: that would make one level less.
  function found.setfenv(subject, own_environment)
    local target = beyond(subject)
    if target == 0 or getfenv(target) == GLOBALS then
      error("setfenv: this is no function of the scenario", 2)
    end
    local of = setfenv(target, own_environment)
    return of
  end

  return found
end

return M
