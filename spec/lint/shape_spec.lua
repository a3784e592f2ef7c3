--- How large functions, files and parameter lists are. Prints the largest of each, so that someone
--- looks twice; fails only at what nobody would want to read.
local sources = require "spec.support.sources"

local SHOWN = 10
local ABSURD = { ["lines of a function"] = 150, ["lines of a file"] = 1500, parameters = 10 }

-- Splits a parameter list at the commas that are not inside brackets.
local function count_parameters(list)
  list = list:gsub("%b()", "")
  if not list:find "%S" or list:match "^%s*void%s*$" then return 0 end
  return select(2, list:gsub(",", "")) + 1
end

-- In C a function body is the lines between a brace at the start of one and that of another.
local function c_functions(path)
  local text = sources.c_code(sources.read(path))
  local list = {}
  for at, name, parameters, after in text:gmatch "()\n[%w_][^\n;{}#]-([%w_]+)(%b())()" do
    local from, to = text:find("^%s*\n{\n.-\n}\n", after)
    if from then
      local first, last = sources.line_of(text, at + 1), sources.line_of(text, to)
      list[#list + 1] = {
        where = path .. ":" .. first .. " " .. name, lines = last - first + 1,
        parameters = count_parameters(parameters:sub(2, -2)),
      }
    end
  end
  return list
end

-- In Lua one ends at the first `end` that is indented like its first line.
local function lua_functions(path)
  local lines, list = sources.lines(sources.read(path)), {}
  for number, line in ipairs(lines) do
    local indent, name, parameters = line:match "^(%s*)[%w_ .=]*function ([%w_.:]+)(%b())"
    local last = number
    while name and last < #lines and lines[last]:match "^(%s*)end" ~= indent
      and not (last == number and line:find "%f[%w]end%s*$") do
      last = last + 1
    end
    if name then
      list[#list + 1] = {
        where = path .. ":" .. number .. " " .. name, lines = last - number + 1,
        parameters = count_parameters(parameters:sub(2, -2)),
      }
    end
  end
  return list
end

local function survey(folder, pattern, functions_of)
  local shape = { functions = {}, files = {} }
  for _, path in ipairs(sources.files(folder, pattern)) do
    local count = #sources.lines(sources.read(path))
    shape.files[#shape.files + 1] = { where = path, lines = count }
    for _, found in ipairs(functions_of(path)) do
      shape.functions[#shape.functions + 1] = found
    end
  end
  return shape
end

local function by_size(list, key)
  local copy = { unpack(list) }
  table.sort(copy, function(a, b)
    if a[key] ~= b[key] then return a[key] > b[key] end
    return a.where < b.where
  end)
  return copy
end

-- Prints the largest and returns the one at the top.
local function show(title, list, key)
  local sorted = by_size(list, key)
  local middle, tenth = sorted[math.ceil(#sorted / 2)], sorted[math.ceil(#sorted / 10)]
  print(("\n%s (%d; median %d, p90 %d)"):format(title, #sorted, middle[key], tenth[key]))
  for i = 1, math.min(SHOWN, #sorted) do
    print(("  %5d  %s"):format(sorted[i][key], sorted[i].where))
  end
  return sorted[1]
end

local function judge(folder, shape)
  local rows = {
    { "lines of a function", shape.functions, "lines" },
    { "lines of a file", shape.files, "lines" },
    { "parameters", shape.functions, "parameters" },
  }
  for _, row in ipairs(rows) do
    local largest = show(folder .. ": " .. row[1], row[2], row[3])
    assert.truthy(largest[row[3]] < ABSURD[row[1]], largest.where)
  end
end

describe("the shape", function()
  it("of src is one that people can read", function()
    judge("src", survey("src", "%.[ch]$", c_functions))
  end)

  it("of lua is one that people can read", function()
    judge("lua", survey("lua", "%.lua$", lua_functions))
  end)
end)

describe("the shape check", function()
  local function measured(functions_of, text)
    local path = os.tmpname()
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    local list = functions_of(path)
    os.remove(path)
    for i, found in ipairs(list) do
      list[i] = { found.where:match " (.*)", found.lines, found.parameters }
    end
    return list
  end

  it("measures functions in C", function()
    assert.same({ { "one", 4, 0 }, { "two", 7, 3 } }, measured(c_functions, [[
int declared(int a);
static int one(void)
{
    return 1; /* } */
}

static void *two(int a, void (*done)(int b, int c),
                 char *text)
{
    if (a) {
        done(a, 1);
    }
}
]]))
  end)

  it("measures functions in Lua", function()
    assert.same({ { "one", 1, 0 }, { "M.two", 5, 2 } }, measured(lua_functions, [[
local function one() return 1 end
function M.two(a, b)
  if a then
    b()
  end
end
]]))
  end)
end)
