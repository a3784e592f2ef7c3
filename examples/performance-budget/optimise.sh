#!/bin/sh
# Makes the shop quicker by one change: what happens between two measurements of `lload budget`.
#
# It knows what the measurement found from its environment. The slowest endpoint gets its index, if
# it lacks one; when none is left that does, requests wait for each other, and the pool is doubled.
set -eu

here=$(dirname "$0")
options=${SHOP_DIR:-shop-state}/options

if grep -qF -- "--slow=$LLOAD_BUDGET_ENDPOINT=" "$options"; then
  echo "gap $LLOAD_BUDGET_GAP ms: an index for $LLOAD_BUDGET_ENDPOINT"
  grep -vF -- "--slow=$LLOAD_BUDGET_ENDPOINT=" "$options" >"$options.new"
else
  pool=$(sed -n 's/^--pool=//p' "$options")
  echo "gap $LLOAD_BUDGET_GAP ms, all endpoints alike: a pool of $((pool * 2))"
  sed "s/^--pool=.*/--pool=$((pool * 2))/" "$options" >"$options.new"
fi
mv "$options.new" "$options"
exec "$here/shop.sh" restart
