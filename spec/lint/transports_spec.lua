--- The differences between the transports that are tested are those the documentation lists.

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function in_words(failure)
  return failure == "HTTP_OK" and "taken" or ("`%s`"):format(failure:sub(#"HTTP_" + 1):lower())
end

-- The rows { name, bytes, curl, h1 } of the test's table, as the documentation has them.
local function tested_rows()
  local source = read "spec/unit/test_transport_curl.c"
  local rows = {}
  local table_text = source:match "differences%[%] = (%b{})"
  for row in table_text:sub(2, -2):gmatch "%b{}" do
    local name = row:match '^{"([^"]+)"'
    local curl, h1 = row:match "(HTTP_%u+),%s*(HTTP_%u+)}$"
    rows[#rows + 1] = ("| %s | %s | %s |"):format(name, in_words(curl), in_words(h1))
  end
  for name in source:gmatch '%.name = "([^"]+)"' do rows[#rows + 1] = "| " .. name .. " |" end
  return rows
end

describe("docs/transports.md", function()
  it("has a row for each tested difference, and no other", function()
    local docs = read "docs/transports.md"
    local rows = tested_rows()
    assert.is_true(#rows > 20)
    for _, row in ipairs(rows) do
      assert.truthy(docs:find("\n" .. row, 1, true), row)
    end
    local differences = docs:match "## Where they differ(.*)"
    local _, documented = differences:gsub("\n|", "")
    assert.equal(#rows, documented - 2)
  end)
end)
