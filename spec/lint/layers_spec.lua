--- Each room of src/ knows only the rooms below it; one room speaks to each library.
local sources = require "spec.support.sources"

local MAY_INCLUDE = {
  base = {},
  stats = { "base" },
  io = { "base" },
  engine = { "io", "stats", "base" },
  script = { "engine", "io", "stats", "base" },
}

-- Which room includes a library, and what its functions are called.
local LIBRARIES = {
  { room = "io", headers = { "^ev%.h$", "^ev%+%+%.h$" }, calls = { "ev_" } },
  { room = "io", headers = { "^curl/" }, calls = { "curl_" } },
  {
    room = "io", headers = { "^openssl/" },
    calls = { "SSL_", "BIO_", "X509_", "ERR_", "EVP_", "PEM_", "RAND_" },
  },
  { room = "io", headers = { "^pcre2%.h$" }, calls = { "pcre2_" } },
  { room = "io", headers = { "^llhttp%.h$" }, calls = { "llhttp_" } },
  { room = "io", headers = { "^microhttpd%.h$" }, calls = { "MHD_" } },
  { room = "io", headers = { "^libpsl%.h$" }, calls = { "psl_" } },
  { room = "io", headers = { "^yaml%.h$" }, calls = { "yaml_parser_", "yaml_event_" } },
  { room = "io", headers = { "^zlib%.h$" }, calls = { "inflate", "inflateInit", "deflate" } },
  { room = "io", headers = { "^brotli/" }, calls = { "BrotliDecoderDecompress" } },
  { room = "io", headers = { "^zstd%.h$" }, calls = { "ZSTD_" } },
  {
    room = "script", headers = { "^lua%.h$", "^lauxlib%.h$", "^lualib%.h$", "^luajit%.h$" },
    calls = { "lua_", "luaL_", "luaopen_" },
  },
}

local function room_of(path) return path:match "^src/(%w+)/" end

local function contains(list, wanted)
  for _, item in ipairs(list) do
    if item == wanted then return true end
  end
  return false
end

--- A program as the rooms see it: path → text.
local function own_sources()
  local files = {}
  for _, path in ipairs(sources.files("src", "%.[ch]$")) do files[path] = sources.read(path) end
  return files
end

local function own_include_problem(path, included)
  local room, other = room_of(path), included:match "^(%w+)/"
  if not room then return nil end
  if not other then return "name the room: \"" .. room .. "/" .. included .. "\"" end
  if other == room or contains(MAY_INCLUDE[room], other) then return nil end
  return room .. " knows nothing of " .. included
end

local function library_include_problem(path, included)
  for _, library in ipairs(LIBRARIES) do
    for _, header in ipairs(library.headers) do
      if included:find(header) and room_of(path) ~= library.room then
        return "<" .. included .. "> belongs to " .. library.room .. "/"
      end
    end
  end
  return nil
end

local function include_problems(files)
  local problems = {}
  for path, text in pairs(files) do
    for number, line in ipairs(sources.lines(text)) do
      local own = line:match '^%s*#%s*include%s*"([^"]+)"'
      local foreign = line:match "^%s*#%s*include%s*<([^>]+)>"
      local problem = own and own_include_problem(path, own)
        or foreign and library_include_problem(path, foreign)
      if problem then problems[#problems + 1] = ("%s:%d: %s"):format(path, number, problem) end
    end
  end
  table.sort(problems)
  return problems
end

-- A prefix that ends in "_" stands for all functions of the library; a whole name for itself.
local function is_call_of(name, prefix)
  return name == prefix or (prefix:sub(-1) == "_" and name:sub(1, #prefix) == prefix)
end

local function call_problem(path, name)
  for _, library in ipairs(LIBRARIES) do
    for _, prefix in ipairs(library.calls) do
      if is_call_of(name, prefix) and room_of(path) ~= library.room then
        return name .. "() is for " .. library.room .. "/ to call"
      end
    end
  end
  return nil
end

local function call_problems(files)
  local problems = {}
  for path, text in pairs(files) do
    local code = sources.c_code(text)
    for at, name in code:gmatch "()%f[%w_]([%a_][%w_]*)%s*%(" do
      local problem = call_problem(path, name)
      if problem then
        problems[#problems + 1] = ("%s:%d: %s"):format(path, sources.line_of(text, at), problem)
      end
    end
  end
  table.sort(problems)
  return problems
end

describe("the rooms of src/", function()
  it("are the five that the architecture names", function()
    for path in pairs(own_sources()) do
      assert.truthy(path == "src/main.c" or MAY_INCLUDE[room_of(path)], path)
    end
  end)

  it("include only what is below them", function()
    assert.same({}, include_problems(own_sources()))
  end)

  it("leave each library to its own room", function()
    assert.same({}, call_problems(own_sources()))
  end)

  it("read the clock in one place", function()
    local problems = {}
    for path, text in pairs(own_sources()) do
      for name in sources.c_code(text):gmatch "%f[%w_]([%a_][%w_]*)%s*%(" do
        if name == "clock_gettime" or name == "gettimeofday" or name == "time" then
          problems[#problems + 1] = path .. ": " .. name .. "()"
        end
      end
    end
    assert.same({ "src/base/clock.c: clock_gettime()" }, problems)
  end)
end)

describe("the layers check", function()
  it("sees what it forbids", function()
    assert.same({
      "src/base/a.c:1: base knows nothing of stats/tags.h",
      "src/engine/b.c:2: <ev.h> belongs to io/",
      "src/engine/b.c:3: engine knows nothing of script/vm.h",
      'src/io/c.h:1: name the room: "io/http.h"',
      "src/io/c.h:3: <lua.h> belongs to script/",
      "src/stats/d.c:1: stats knows nothing of io/http.h",
    }, include_problems {
      ["src/base/a.c"] = '#include "stats/tags.h"\n#include <stdlib.h>\n',
      ["src/engine/b.c"] = '#include "io/loop.h"\n#include <ev.h>\n # include "script/vm.h"\n',
      ["src/io/c.h"] = '#include "http.h"\n#include <ev.h>\n#include <lua.h>\n',
      ["src/stats/d.c"] = '#include "io/http.h"\n',
      ["src/script/e.c"] = '#include "engine/run.h"\n#include <lua.h>\n#include "base/csv.h"\n',
    })
    assert.same({
      "src/engine/a.c:3: lua_gettop() is for script/ to call",
      "src/script/b.c:1: curl_easy_init() is for io/ to call",
    }, call_problems {
      ["src/engine/a.c"] = '/* lua_open(L) */ x("lua_close(L)"); // lua_pop(L, 1)\n'
        .. "vu_lua_ready(x); event(1); my_ev_loop();\n  lua_gettop (L);\n",
      ["src/script/b.c"] = "curl_easy_init(); lua_pop(L, 1);\n",
    })
  end)
end)
