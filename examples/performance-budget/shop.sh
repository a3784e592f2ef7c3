#!/bin/sh
# The shop to be made quicker, as a program that one edits and starts anew.
#
#   shop.sh start     starts it in the background, not quick at all
#   shop.sh restart   starts it again with what its file of options says by now
#   shop.sh stop
#
# SHOP_DIR is where its options, its process id and what it prints are kept, SHOP_PORT where it
# listens.
set -eu

dir=${SHOP_DIR:-shop-state}
port=${SHOP_PORT:-8080}

# An option a line. Two endpoints lack an index, and ten are served at once while twenty come.
write_options() {
  cat >"$dir/options" <<END
--pool=10
--service-time=50ms
--slow=GET /api/v1/products=+200ms
--slow=GET /api/v1/products/:id=+120ms
END
}

stop() {
  pid=$(cat "$dir/pid" 2>/dev/null) || return 0
  rm "$dir/pid"
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

start() {
  set --
  while read -r option; do set -- "$@" "$option"; done <"$dir/options"
  : >"$dir/log"
  lload-shop --port "$port" "$@" >>"$dir/log" 2>&1 &
  pid=$!
  echo "$pid" >"$dir/pid"
  until grep -q listening "$dir/log"; do
    kill -0 "$pid" 2>/dev/null || { cat "$dir/log" >&2; rm "$dir/pid"; exit 1; }
    sleep 0.1
  done
}

case ${1:-} in
  start) mkdir -p "$dir"; stop; write_options; start ;;
  restart) stop; start ;;
  stop) stop ;;
  *) echo "usage: shop.sh start|restart|stop" >&2; exit 2 ;;
esac
