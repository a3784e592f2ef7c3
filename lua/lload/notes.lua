--- What a reader of the numbers should know besides: iterations left undone, requests sent twice.

local profile = require "lload.profile"
local units = require "lload.units"

local M = {}

-- A stage that ends by its clock lasts at least this share of its plan, whatever was rounded.
local ALMOST_ALL = 1 - 1e-6

-- Iterations to make in all, and when the first profile gives up; nil when one runs for a time,
-- because nobody can tell who made which iteration.
local function planned_iterations(profiles)
  local total, first_end_s = 0, math.huge
  for _, p in ipairs(profiles) do
    if profile.runs_for_a_time(p) then return nil end
    total = total + p.iterations * (p.kind == "per_vu" and p.vus or 1)
    first_end_s = math.min(first_end_s, profile.duration(p))
  end
  return total, first_end_s
end

local function made_iterations(final)
  local total = 0
  for _, journey in ipairs(final.journeys or {}) do
    total = total + journey.iterations + journey.cut_off
  end
  return total
end

-- Nothing else ends an iteration executor early without its own exit code and reason.
local function undone_note(profiles, final)
  local planned, first_end_s = planned_iterations(profiles)
  if final.stop ~= "finished" or not planned then return nil end
  local made = made_iterations(final)
  if made >= planned or (final.duration_s or 0) < first_end_s * ALMOST_ALL then return nil end
  return ("%s of %s iterations were made within max_duration"):format(
    units.count(made), units.count(planned))
end

local function resent_note(final)
  local races = final.connections and final.connections.reuse_races or 0
  if races == 0 then return nil end
  return ("%s sent again on a new connection, because the server had closed the kept one; "
    .. "the server may have seen both"):format(
      races == 1 and "1 request was" or units.count(races) .. " requests were")
end

--- The notes of a run: the engine's, then what its plan and its final table tell.
---@param profiles table[] of the run spec
---@param final table the engine's
---@return string[]
function M.of(profiles, final)
  local notes = {}
  for _, note in ipairs(final.notes or {}) do notes[#notes + 1] = note end
  notes[#notes + 1] = undone_note(profiles, final)
  notes[#notes + 1] = resent_note(final)
  return notes
end

return M
