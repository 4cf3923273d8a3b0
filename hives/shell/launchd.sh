# shellcheck shell=bash
# The hive as a launchd agent. Sourced; ENVIRONMENT and COMMAND say what it runs.

# For seconds after a bootout launchd refuses to take the same label ("5: Input/output error"), longer while turns drain.
BOOTSTRAP_ATTEMPTS=15
BOOTSTRAP_PAUSE_SECONDS=1

launchd_label() {
  printf '%s' "sh.hum.$SERVICE"
}

launchd_plist_path() {
  printf '%s' "$HOME/Library/LaunchAgents/$(launchd_label).plist"
}

launchd_log_path() {
  printf '%s' "$HOME/Library/Logs/$(launchd_label).err.log"
}

# launchd_log_length: how many lines the log has.
launchd_log_length() {
  local lines=
  if [ -f "$(launchd_log_path)" ]; then lines=$(sed -n '$=' "$(launchd_log_path)"); fi
  printf '%s' "${lines:-0}"
}

# launchd_log LENGTH: the last of the lines behind the first LENGTH.
launchd_log() {
  local length first
  length=$(launchd_log_length)
  first=$((length > $1 + 20 ? length - 19 : $1 + 1))
  if [ "$first" -le "$length" ]; then sed -n "$first,\$p" "$(launchd_log_path)"; fi
}

launchd_install() {
  local domain plist
  domain=gui/$(id -u)
  plist=$(launchd_plist_path)
  run mkdir -p -- "$HOME/Library/Logs"
  put_file "$plist" 644 "$(launchd_plist)"
  launchd_stop
  launchd_bootstrap "$domain" "$plist" || run launchctl load -w "$plist" ||
    fail "launchctl could not start $(launchd_label): log in on the screen and run this again; $LAUNCHER starts the same by hand"
  say "log: $(launchd_log_path)"
}

launchd_uninstall() {
  local plist
  plist=$(launchd_plist_path)
  if [ ! -e "$plist" ]; then
    say "there is no service $SERVICE"
    return
  fi
  launchd_stop
  run rm -f -- "$plist"
}

launchd_stop() {
  run launchctl bootout "gui/$(id -u)/$(launchd_label)" 2>/dev/null || true # it may not be loaded
}

# launchd_bootstrap DOMAIN PLIST: the errors of all attempts but the last are noise.
launchd_bootstrap() {
  local attempt=1
  until run launchctl bootstrap "$1" "$2" 2>/dev/null; do
    [ "$attempt" -lt "$BOOTSTRAP_ATTEMPTS" ] || return 1
    attempt=$((attempt + 1))
    sleep "$BOOTSTRAP_PAUSE_SECONDS"
  done
}

launchd_plist() {
  local assignment word
  printf '%s\n' '<?xml version="1.0" encoding="UTF-8"?>' \
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">' \
    '<plist version="1.0">' '<dict>'
  printf '  <key>Label</key><string>%s</string>\n' "$(launchd_label)"
  printf '%s\n' '  <key>ProgramArguments</key>' '  <array>'
  for word in "${COMMAND[@]}"; do printf '    <string>%s</string>\n' "$(xml_text "$word")"; done
  printf '%s\n' '  </array>' '  <key>EnvironmentVariables</key>' '  <dict>'
  for assignment in "${ENVIRONMENT[@]}"; do
    printf '    <key>%s</key><string>%s</string>\n' "${assignment%%=*}" "$(xml_text "${assignment#*=}")"
  done
  printf '%s\n' '  </dict>' '  <key>RunAtLoad</key><true/>' \
    '  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>' \
    '  <key>ThrottleInterval</key><integer>2</integer>'
  printf '  <key>StandardOutPath</key><string>%s</string>\n' "$(xml_text "$HOME/Library/Logs/$(launchd_label).out.log")"
  printf '  <key>StandardErrorPath</key><string>%s</string>\n' "$(xml_text "$(launchd_log_path)")"
  printf '%s\n' '</dict>' '</plist>'
}
