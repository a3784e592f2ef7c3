--- Functions that a scenario may need to make up people, places and texts; each is written into the
--- file that uses it, so that it can be edited there.

local M = {}

---@class lload.import.Helper
---@field needs? string[] names of lload's that it uses
---@field helpers? string[] other helpers that it uses
---@field code string

---@type table<string, lload.import.Helper>
M.table = {
  pause = {
    needs = { "lload", "think" },
    code = [[
-- Waits like a person, times THINK: -e THINK=0 is as fast as possible.
local function pause(shortest, longest)
  local factor = tonumber(lload.env("THINK", "1")) or 1
  think(shortest * factor, longest * factor)
end
]],
  },
  first_name = {
    needs = { "random" },
    code = [[
-- Somebody's first name.
local function first_name()
  return random.pick {
    "Ada", "Alan", "Amara", "Anna", "Carlos", "Chen", "Diego", "Elif", "Emma", "Fatima", "Grace",
    "Hana", "Ivan", "Jonas", "Kofi", "Lena", "Lucas", "Maria", "Noah", "Olga", "Priya", "Sofia",
  }
end
]],
  },
  last_name = {
    needs = { "random" },
    code = [[
-- Somebody's last name.
local function last_name()
  return random.pick {
    "Almeida", "Berger", "Diallo", "Garcia", "Hopper", "Ivanova", "Jensen", "Kim", "Lovelace",
    "Mensah", "Nakamura", "Novak", "Okafor", "Patel", "Rossi", "Schmidt", "Silva", "Turing",
  }
end
]],
  },
  full_name = {
    helpers = { "first_name", "last_name" },
    code = [[
-- A person's name.
local function full_name() return first_name() .. " " .. last_name() end
]],
  },
  email = {
    needs = { "random" }, helpers = { "first_name", "last_name" },
    code = [[
-- An e-mail address that nobody else has, or hardly anybody. example.com belongs to nobody.
local function email()
  local person = (first_name() .. "." .. last_name()):lower()
  return ("%s.%d@example.com"):format(person, random.int(1, 999999))
end
]],
  },
  phone = {
    needs = { "random" },
    code = [[
-- A phone number that is reserved for examples.
local function phone() return ("+1202555%04d"):format(random.int(100, 199)) end
]],
  },
  words = {
    needs = { "random" },
    code = [[
-- So many words, one after another.
local function words(count)
  local list = {}
  for i = 1, count do
    list[i] = random.pick {
      "amber", "basic", "cedar", "daily", "early", "fresh", "green", "honest", "island", "jolly",
      "kind", "light", "modern", "north", "open", "plain", "quiet", "river", "solid", "travel",
    }
  end
  return table.concat(list, " ")
end
]],
  },
  text = {
    needs = { "random" }, helpers = { "words" },
    code = [[
-- Words of so many characters in all.
local function text(shortest, longest)
  local length = random.int(shortest, longest)
  local line = words(math.ceil(length / 5)):sub(1, length):gsub(" $", "s")
  return line .. ("s"):rep(length - #line)
end
]],
  },
  city = {
    needs = { "random" },
    code = [[
local function city()
  return random.pick { "Accra", "Berlin", "Bogota", "Hanoi", "Lisbon", "Mumbai", "Oslo", "Toronto" }
end
]],
  },
  street = {
    needs = { "random" },
    code = [[
local function street()
  local name = random.pick { "Oak", "Mill", "Station", "High", "Park", "Church", "River", "Hill" }
  return ("%d %s Street"):format(random.int(1, 199), name)
end
]],
  },
  date = {
    needs = { "lload", "random" },
    code = [[
-- A day around today, as 2026-01-31.
local function date(from_days, to_days)
  local at = lload.time.now() + random.int(from_days, to_days) * 86400
  return lload.time.format(at, "%Y-%m-%d")
end
]],
  },
  date_time = {
    needs = { "lload", "random" },
    code = [[
-- A moment around now, as 2026-01-31T10:00:00.000Z.
local function date_time(from_days, to_days)
  return lload.time.iso8601(lload.time.now() + random.int(from_days * 86400, to_days * 86400))
end
]],
  },
  decimal = {
    needs = { "random" },
    code = [[
-- A number with so many decimals.
local function decimal(low, high, digits)
  local scale = 10 ^ digits
  return math.floor(random.float(low, high) * scale + 0.5) / scale
end
]],
  },
}

--- In the order in which they can be written: who is used stands before who uses.
M.order = {
  "pause", "first_name", "last_name", "full_name", "email", "phone", "words", "text", "city",
  "street",
  "date", "date_time", "decimal",
}

return M
