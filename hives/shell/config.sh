# shellcheck shell=bash
# The user's configuration of the hive, and what it says about humd's socket. The program itself answers both. Sourced.

# seed_config: writes the configuration unless there is one, and never over one. It may come to hold a key: mode 600.
seed_config() {
  local seed
  if [ -e "$CONFIG" ] || [ -L "$CONFIG" ]; then
    say "unchanged: $CONFIG (yours)"
    return
  fi
  # hum's other place for it, which the program reads too: a file in the first one would hide it.
  if [ -e "$CONFIG_HOME/hum/bees/$KIND.json" ]; then
    say "unchanged: $CONFIG_HOME/hum/bees/$KIND.json (yours)"
    return
  fi
  if is_dry_run; then
    say "would write $CONFIG (mode 600): what users change most, and what ${KIND}'s environment variables set now"
    return
  fi
  seed=$("$NODE" "$HIVE/../shell/seed-config.mjs" "$KIND") || fail 'the configuration in the environment is wrong: correct it and run this again'
  TEMPORARY=$(new_file_beside "$CONFIG") || exit 1
  printf '%s\n' "$seed" >"$TEMPORARY"
  mv -n -- "$TEMPORARY" "$CONFIG" || true # newer ones fail where older ones keep silent
  rm -f -- "$TEMPORARY"                   # still there if somebody else's came in between
  TEMPORARY=
  say "wrote $CONFIG"
}

# has_config: true if there is one; then a variable in this shell says nothing about the service.
has_config() {
  [ -e "$CONFIG" ] || [ -L "$CONFIG" ] || [ -e "$CONFIG_HOME/hum/bees/$KIND.json" ]
}

# socket_path: prints where the hive's bee looks for humd now: what is configured, or the first of the usual places.
socket_path() {
  if [ ! -f "$PROGRAM" ]; then
    printf '%s' "${HUM_THRUM_SOCK:-/known/after/the/build}" # only a dry run comes here
  else
    "$NODE" "$HIVE/../shell/socket-path.mjs" "$KIND" || fail "the service would not start: correct the configuration and run this again"
  fi
}
