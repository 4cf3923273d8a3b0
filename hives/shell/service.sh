# shellcheck shell=bash
# The hive as a service of this user, by whatever this machine has for that. Sourced.

install_service() {
  local socket
  socket=$(socket_path) || exit 1
  know_command "$socket"
  [ -S "$socket" ] || is_dry_run || say "no humd at $socket yet: if yours turns out to be elsewhere, start it and run install again"
  need_manager
  mark_start
  if helper_install; then return; fi
  if is_macos; then launchd_install; else systemd_install; fi
}

uninstall_service() {
  if helper_uninstall; then return; fi
  if is_macos; then launchd_uninstall; else systemd_uninstall; fi
}

# know_command SOCKET: sets COMMAND and ENVIRONMENT. A service sees nothing of the shell that installed it.
know_command() {
  local runtime=${XDG_RUNTIME_DIR:-}
  # shellcheck disable=SC2034 # for systemd.sh, launchd.sh and hum-helper.sh
  COMMAND=("$NODE" "$PROGRAM" "$KIND" --nest hum)
  ENVIRONMENT=("HUM_THRUM_SOCK=$1" "XDG_CONFIG_HOME=$CONFIG_HOME" "XDG_STATE_HOME=$STATE_HOME")
  if [ -z "$runtime" ] && ! is_macos; then runtime=/run/user/$(id -u); fi
  if [ -n "$runtime" ]; then ENVIRONMENT+=("XDG_RUNTIME_DIR=$runtime"); fi
}

need_manager() {
  local manager=systemctl
  if is_macos; then manager=launchctl; fi
  has "$manager" || fail "there is no $manager here to run a service with: start it by hand with $LAUNCHER, or have your own supervisor run that"
}

is_macos() {
  [ "$(uname -s)" = Darwin ]
}
