# shellcheck shell=bash
# The hive as a systemd user service. Sourced; ENVIRONMENT and COMMAND say what it runs.

systemd_unit_path() {
  printf '%s' "$CONFIG_HOME/systemd/user/$SERVICE.service"
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
  run rm -f -- "$unit"
  run systemctl --user daemon-reload || true
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
