# shellcheck shell=bash
# The program that the hive runs: Node, the build, the launcher. Sourced.

# find_node: sets NODE to a path that outlives this shell. What the PATH names may not: fnm's is a link for one shell.
find_node() {
  has node || fail 'node is not on the PATH: install Node (https://nodejs.org) or add its folder to the PATH, and run this again'
  NODE=$(node "$HIVE/../shell/check-node.cjs") || fail "$(command -v node) does not fit: put a newer Node first on the PATH and run this again"
  case $NODE in
    */Cellar/*) NODE=$(command -v node) ;; # Homebrew: an upgrade removes this folder, its link on the PATH stays
  esac
  case $NODE in
    *[[:cntrl:]]*) fail "Node's path has a control character in it, which no service file can hold" ;;
    /*) ;;
    *) fail "Node's path $NODE is not absolute: put the absolute path of its folder on the PATH" ;;
  esac
}

# build_program: leaves a program that starts. A package that was published comes built and without sources.
build_program() {
  if [ -d "$ROOT/src" ]; then
    if is_install_outdated; then run_npm ci --include=dev; fi
    if is_build_outdated; then run_npm run build; fi
  fi
  if is_dry_run; then return; fi
  [ -f "$PROGRAM" ] || fail "there is no $PROGRAM, and no src/ to build it from: get the whole package again"
  "$NODE" "$PROGRAM" --version >/dev/null ||
    fail "$PROGRAM does not start: run 'npm ci' in $ROOT (in a published package: 'npm install --omit=dev --ignore-scripts')"
}

is_install_outdated() {
  local installed=$ROOT/node_modules/.package-lock.json
  [ -f "$ROOT/package-lock.json" ] || return 1
  [ ! -f "$installed" ] || [ "$ROOT/package-lock.json" -nt "$installed" ]
}

is_build_outdated() {
  local newer
  [ -f "$PROGRAM" ] || return 0
  newer=$(find "$ROOT/src" "$ROOT/package.json" "$ROOT"/tsconfig*.json -type f -newer "$PROGRAM" 2>/dev/null)
  [ -n "$newer" ]
}

run_npm() {
  if is_dry_run; then
    say "would run in $ROOT: npm $*"
    return
  fi
  has npm || fail "npm is not on the PATH: it comes with Node; add its folder to the PATH and run this again"
  say "npm $* in $ROOT"
  (cd -- "$ROOT" && npm "$@") || fail "'npm $*' failed: put right what it says above and run this again"
}

# put_launcher: what newer hum's Orchfile runs, and what a user may run by hand.
put_launcher() {
  if [ -e "$LAUNCHER" ] && ! is_our_launcher; then
    say "$LAUNCHER is not ours: it is kept as $LAUNCHER.before-thrum-bridge"
    run mv -f -- "$LAUNCHER" "$LAUNCHER.before-thrum-bridge"
  fi
  put_file "$LAUNCHER" 755 "#!/bin/sh
$LAUNCHER_MARK
exec $(shell_word "$NODE") $(shell_word "$PROGRAM") $KIND --nest hum \"\$@\""
}

LAUNCHER_MARK='# Written by thrum-bridge: hives/<hive>/build writes it again.'

is_our_launcher() {
  grep -qxF "$LAUNCHER_MARK" "$LAUNCHER" 2>/dev/null
}
