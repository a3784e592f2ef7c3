--- What is left of Lua's library where scenario code runs. The tables themselves are changed, for
--- `require "os"` and package.loaded lead to them as well: nothing is left that ends the process
--- without a verdict, reaches raw memory or the functions of lload, or writes to standard output,
--- which belongs to results.

local core = require "lload.core"
local random = require "lload.random"

local M = {}

-- All that stays of the libraries that reach below the language.
local KEPT = {
  debug = { "getinfo", "traceback" },
  jit = { "arch", "os", "status", "version", "version_num" },
  package = { "config", "cpath", "loaded", "loaders", "path", "preload", "searchpath" },
}

-- All but module and newproxy come back with the environment of a scenario: see chunk.lua.
local GONE = {
  "dofile", "getfenv", "load", "loadfile", "loadstring", "module", "newproxy", "setfenv",
}
local GONE_MODULES = {
  "ffi", "jit.opt", "jit.profile", "jit.util", "lload.engine", "string.buffer",
}

local COLLECTOR = { collect = true, count = true, step = true }

local function print_to_log(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  core.log("info", table.concat(words, "\t"))
end

local function no_exit()
  error("os.exit would end the run without a verdict; use lload.abort(reason)", 2)
end

-- The locale is the process's, and a decimal comma would break every report.
local function setlocale_of(setlocale)
  return function(locale, category)
    if locale ~= nil then error("os.setlocale would change the numbers of all reports", 2) end
    return setlocale(nil, category)
  end
end

local function collectgarbage_of(collectgarbage)
  return function(option, argument)
    if option ~= nil and not COLLECTOR[option] then
      error(('collectgarbage: "%s" is not for scenarios; there are "collect", "count" and "step"')
        :format(tostring(option)), 2)
    end
    return collectgarbage(option, argument)
  end
end

local function keep_only(library, names)
  local kept = {}
  for _, name in ipairs(names) do kept[name] = library[name] end
  for name in pairs(library) do library[name] = kept[name] end
end

--- Takes away what scenario code must not have; what lload needs of it, it has taken before.
---@param globals? table the table of globals; that of this state if absent
function M.restrict(globals)
  globals = globals or _G
  globals.print = print_to_log
  globals.collectgarbage = collectgarbage_of(globals.collectgarbage)
  globals.math.random, globals.math.randomseed = random.like_math, function() end
  globals.os.exit, globals.os.setlocale = no_exit, setlocale_of(globals.os.setlocale)
  globals.io.stdout = globals.io.stderr
  globals.io.output(globals.io.stderr)
  -- A finaliser of a script would raise where nobody can catch it.
  globals.debug.getmetatable(globals.io.stderr).__metatable = false
  for _, name in ipairs(GONE) do globals[name] = nil end
  for _, name in ipairs(GONE_MODULES) do
    globals.package.loaded[name], globals.package.preload[name] = nil, nil
  end
  for name, names in pairs(KEPT) do keep_only(globals[name], names) end
end

return M
