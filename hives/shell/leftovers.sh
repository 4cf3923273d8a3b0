# shellcheck shell=bash
# What stays when the service is gone. Sourced.

# leftovers: prints every file and folder that the hive's install or its service made and that is still there, in one line.
leftovers() {
  local path found=
  for path in "$CONFIG" "$CONFIG_HOME/hum/bees/$KIND.json" "$LAUNCHER" "$LAUNCHER.before-thrum-bridge" \
    "$STATE_HOME/hum/bees/$KIND.key" "$STATE_HOME/hum/journal/$KIND" \
    "$CONFIG_HOME/systemd/user/$SERVICE.service.d" \
    "$HOME/Library/Logs/$(launchd_label).out.log" "$(launchd_log_path)"; do
    if [ -e "$path" ] || [ -L "$path" ]; then found="$found${found:+, }$path"; fi
  done
  printf '%s' "${found:-none (there are no files of it)}"
}
