--- The commit a run belongs to, and the run of the CI that it is part of: from the environment of
--- GitHub, GitLab or Jenkins, else from git, else unknown.

local M = {}

-- The first variable of a list that is set counts.
local PROVIDERS = {
  {
    provider = "github", marks = { "GITHUB_ACTIONS" }, sha = { "GITHUB_SHA" },
    branch = { "GITHUB_HEAD_REF", "GITHUB_REF_NAME" }, run = { "GITHUB_RUN_ID" },
    job = { "GITHUB_JOB" },
    run_url = function(get)
      local server, repository = get "GITHUB_SERVER_URL", get "GITHUB_REPOSITORY"
      local run = get "GITHUB_RUN_ID"
      return server and repository and run
        and ("%s/%s/actions/runs/%s"):format(server, repository, run)
    end,
  },
  {
    provider = "gitlab", marks = { "GITLAB_CI" }, sha = { "CI_COMMIT_SHA" },
    branch = {
      "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_REF_NAME", "CI_COMMIT_BRANCH",
    },
    run = { "CI_PIPELINE_ID" }, job = { "CI_JOB_NAME" },
    run_url = function(get) return get "CI_JOB_URL" or get "CI_PIPELINE_URL" end,
  },
  {
    provider = "jenkins", marks = { "JENKINS_URL" }, sha = { "GIT_COMMIT" },
    branch = { "CHANGE_BRANCH", "BRANCH_NAME", "GIT_BRANCH" }, run = { "BUILD_NUMBER" },
    job = { "JOB_NAME" }, run_url = function(get) return get "BUILD_URL" end,
  },
}

local function first(get, names)
  for _, name in ipairs(names) do
    local value = get(name)
    if value then return value end
  end
  return nil
end

-- An empty variable is none.
local function reader_of(getenv)
  return function(name)
    local value = getenv(name)
    return value ~= "" and value or nil
  end
end

-- The CI that set the marks or the commit.
local function provider_of(get)
  for _, p in ipairs(PROVIDERS) do
    if first(get, p.marks) or first(get, p.sha) then return p end
  end
  return nil
end

-- Reports make a link of it.
local function run_url(provider, get)
  local url = provider.run_url(get)
  return url and url:match "^https?://[^%s%c]+$"
end

local function from_environment(get)
  local provider = provider_of(get)
  local sha = provider and first(get, provider.sha)
  if not sha then return nil end
  return { sha = sha, branch = first(get, provider.branch), run_url = run_url(provider, get) }
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

--- The commit, or nil when nobody knows it. Only git knows whether its files were changed: of the
--- CI's commit that is known when it is the one that is checked out.
---@param getenv fun(name: string): string|nil
---@param popen function io.popen
---@return { sha: string, branch: string|nil, dirty: boolean|nil, run_url: string|nil }|nil
function M.detect(getenv, popen)
  local found, checked_out = from_environment(reader_of(getenv)), from_git(popen)
  if not found then return checked_out end
  if checked_out and checked_out.sha == found.sha then found.dirty = checked_out.dirty end
  return found
end

--- The run of the CI, or nil outside of any.
---@param getenv fun(name: string): string|nil
---@return { provider: string, run_url: string|nil, run: string|nil, job: string|nil }|nil
function M.ci(getenv)
  local get = reader_of(getenv)
  local provider = provider_of(get)
  if not provider then return nil end
  return {
    provider = provider.provider, run_url = run_url(provider, get),
    run = first(get, provider.run), job = first(get, provider.job),
  }
end

return M
