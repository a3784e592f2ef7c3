#!/bin/bash
# Runs lload as a step of the GitHub action. The exit code goes into the outputs of the step, for
# verdict.sh at the end of the job: what lies between, like a comment, happens whatever it is.
#
#   SCENARIO  the files, one or a pattern a line      OUT   the folder for what lload writes
#   BASE_URL  the target, or nothing                  ARGS  more arguments, one a line
set -euo pipefail

# The lines of $1 that are not empty, into the array $2.
lines() {
    local line
    local -n list=$2
    while IFS= read -r line; do
        line=${line%$'\r'}
        if [[ $line =~ [^[:space:]] ]]; then list+=("$line"); fi
    done <<<"$1"
}

patterns=() args=() files=()
lines "${SCENARIO:?}" patterns
lines "${ARGS:-}" args
for pattern in "${patterns[@]}"; do
    # Without a match the pattern stays, and lload says that there is no such file.
    while IFS= read -r file; do
        files+=("$file")
    done < <(compgen -G "$pattern" || echo "$pattern")
done

out=${OUT:-load-results}
words=(--out "$out")
[ -z "${BASE_URL:-}" ] || words+=(--base-url "$BASE_URL")
# Several files have a folder each; what holds them all stands beside these.
if [ "${#files[@]}" -gt 1 ]; then
    words+=(--json "$out/result.json" --junit "$out/junit.xml" --markdown "$out/summary.md")
fi

code=0
lload run "${words[@]}" "${args[@]}" -- "${files[@]}" || code=$?
{
    echo "exit-code=$code"
    echo "out=$out"
} >>"${GITHUB_OUTPUT:?}"
