# shellcheck shell=bash
# The hive as a systemd user service. Sourced; ENVIRONMENT and COMMAND say what it runs.

systemd_unit_path() {
  printf '%s' "$CONFIG_HOME/systemd/user/$SERVICE.service"
}

systemd_wants_path() {
  printf '%s' "$CONFIG_HOME/systemd/user/default.target.wants/$SERVICE.service"
}

systemd_install() {
  put_file "$(systemd_unit_path)" 644 "$(systemd_unit)"
  systemctl_user daemon-reload
  systemctl_user enable "$SERVICE.service"
  systemctl_user restart "$SERVICE.service"
  say "log: journalctl --user -u $SERVICE"
}

# Goes on where systemctl refuses: without a session of this user there is nothing to stop, and the unit is to go.
systemd_uninstall() {
  local unit
  unit=$(systemd_unit_path)
  if [ ! -e "$unit" ]; then
    say "there is no service $SERVICE"
    return
  fi
  run systemctl --user stop "$SERVICE.service" || true
  run systemctl --user disable "$SERVICE.service" || true
  run rm -f -- "$unit" "$(systemd_wants_path)" # the link is still there where disable failed
  run systemctl --user daemon-reload || true
}

# systemd_is_dead: true if the service has ended, or waits to be started again after a failure.
systemd_is_dead() {
  case $(systemctl --user show --property ActiveState,SubState "$SERVICE.service" 2>/dev/null) in
    *ActiveState=failed* | *ActiveState=inactive* | *SubState=auto-restart*) return 0 ;;
    *) return 1 ;;
  esac
}

# systemd_log SINCE: the log's last lines, of a start at SINCE or later (Unix time, in s). Where users have no journal of their
# own, the system's has the lines.
systemd_log() {
  local lines
  has journalctl || return 0
  lines=$(journalctl --user --unit "$SERVICE.service" --since "@$1" --lines 20 --no-pager --quiet --output cat 2>/dev/null) || lines=
  if [ -z "$lines" ]; then
    lines=$(journalctl --user-unit "$SERVICE.service" --since "@$1" --lines 20 --no-pager --quiet --output cat 2>/dev/null) || lines=
  fi
  printf '%s' "$lines"
}

systemctl_user() {
  run systemctl --user "$@" ||
    fail "'systemctl --user $*' failed: log in as this user (not by su or sudo) and run this again; $LAUNCHER starts the same by hand"
}

# Exit code 78 is a configuration that is wrong: starting again cannot help.
systemd_unit() {
  local word assignment
  printf '%s\n' '[Unit]' "Description=$KIND: a bee of hum, by thrum-bridge" '' '[Service]' 'Type=simple'
  for assignment in "${ENVIRONMENT[@]}"; do printf 'Environment=%s\n' "$(systemd_word "$assignment")"; done
  printf 'ExecStart=%s' "$(systemd_word "${COMMAND[0]}")"
  for word in "${COMMAND[@]:1}"; do printf ' %s' "$(systemd_argument "$word")"; done
  printf '\n'
  # shellcheck disable=SC2016 # systemd's variable, not ours
  printf '%s\n' 'ExecReload=/bin/kill -HUP $MAINPID'
  printf '%s\n' 'Restart=on-failure' 'RestartSec=2s' 'RestartPreventExitStatus=78' "SyslogIdentifier=$SERVICE"
  printf '%s\n' '' '[Install]' 'WantedBy=default.target'
}
