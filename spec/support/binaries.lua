--- Where the executables under test are: environment first, then the dev build.
local lfs = require "lfs"

local DEFAULTS = {
  LLOAD = "build/dev/src/lload",
  LLOAD_SHOP = "build/dev/examples/shop/lload-shop",
  LLOAD_HTTPD = "build/dev/spec/support/lload-httpd",
}

local M = {}

--- The repository root: busted runs there.
M.root = lfs.currentdir()

local function path(name)
  local chosen = os.getenv(name) or DEFAULTS[name]
  if chosen:sub(1, 1) ~= "/" then
    chosen = M.root .. "/" .. chosen
  end
  assert(lfs.attributes(chosen, "mode") == "file",
    chosen .. " is missing: build it, or set " .. name)
  return chosen
end

function M.lload()
  return path "LLOAD"
end

function M.shop()
  return path "LLOAD_SHOP"
end

function M.httpd()
  return path "LLOAD_HTTPD"
end

return M
