--- Prints the table of docs/comparing.md: how often each rule raises an alarm, by how runs vary.
--- Run it from the top of the tree: luajit spec/bench/compare_rules.lua

package.path = "./lua/?.lua;./?.lua;" .. package.path

local alarms = require("spec.support.compare_rules").alarms

local RULES = { "one_to_one", "five_before", "ten_before", "five_each", "five_interleaved" }
local NATURES = { "steady", "autocorrelated", "runs_differ", "machine_drifts" }

for _, rule in ipairs(RULES) do
  local cells = { (rule:gsub("_", " ")) }
  for _, nature in ipairs(NATURES) do
    cells[#cells + 1] = ("%.1f %% / %.1f %%"):format(alarms(rule, nature, 0) * 100,
      alarms(rule, nature, 0.2) * 100)
  end
  print("| " .. table.concat(cells, " | ") .. " |")
end
