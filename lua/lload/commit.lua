--- The commit a run belongs to: from the CI environment, else from git, else unknown.

local M = {}

local CI = {
  { sha = "GITHUB_SHA", branches = { "GITHUB_HEAD_REF", "GITHUB_REF_NAME" } },
  { sha = "CI_COMMIT_SHA", branches = { "CI_COMMIT_REF_NAME", "CI_COMMIT_BRANCH" } },
  { sha = "GIT_COMMIT", branches = { "BRANCH_NAME", "GIT_BRANCH" } },
}

local function present(value)
  return value ~= nil and value ~= "" and value or nil
end

local function from_environment(getenv)
  for _, source in ipairs(CI) do
    local sha = present(getenv(source.sha))
    if sha then
      local branch
      for _, name in ipairs(source.branches) do branch = branch or present(getenv(name)) end
      return { sha = sha, branch = branch }
    end
  end
  return nil
end

local function output(popen, command)
  local ok, pipe = pcall(popen, command .. " 2>/dev/null </dev/null", "r")
  if not ok or not pipe then return "" end
  local result = pipe:read("*a") or ""
  pipe:close()
  return result
end

local function from_git(popen)
  local head = output(popen, "git rev-parse HEAD --abbrev-ref HEAD")
  local sha, branch = head:match("^(%x+)\n([^\n]+)")
  if not sha or #sha < 40 then return nil end
  local changes = output(popen, "GIT_OPTIONAL_LOCKS=0 git status --porcelain --untracked-files=no")
  return { sha = sha, branch = branch ~= "HEAD" and branch or nil, dirty = changes ~= "" }
end

--- The commit, or nil when nobody knows it.
---@param getenv fun(name: string): string|nil
---@param popen function io.popen
---@return { sha: string, branch: string|nil, dirty: boolean|nil }|nil
function M.detect(getenv, popen)
  return from_environment(getenv) or from_git(popen)
end

return M
