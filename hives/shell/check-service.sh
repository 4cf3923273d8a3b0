# shellcheck shell=bash
# Can the service have its port, and does it answer when it is started? Sourced.

# A start takes a second or two; each attempt takes some time of its own.
ANSWER_ATTEMPTS=12
ANSWER_PAUSE_SECONDS=1
# Where there is no address to ask, a service that is still running by then is taken for started.
RUNNING_ATTEMPTS=3

# check_port: fails where something else has the port that the service is going to want.
check_port() {
  local why
  if [ "$CHECK" = no ] || [ ! -f "$PROGRAM" ]; then return; fi # only a dry run has no program here
  if why=$(as_service_would "$HIVE/../shell/check-port.mjs" "$KIND"); then return; fi
  case $why in
    '') return ;; # it could not look
    'bridge '*)
      # Its own service, which the restart is going to stop.
      if service_is_active; then return; fi
      why="${why#bridge }, and it is not the service $SERVICE: stop it, or set another port"
      ;;
  esac
  if is_dry_run; then say "install would fail: $why"; else fail "$why"; fi
}

# as_service_would SCRIPT ARGUMENT...: runs it with Node and the configuration that the service is going to have.
as_service_would() {
  if has_config; then
    env -i HOME="$HOME" XDG_CONFIG_HOME="$CONFIG_HOME" XDG_STATE_HOME="$STATE_HOME" "$NODE" "$@"
  else
    "$NODE" "$@"
  fi
}

service_is_active() {
  if is_macos; then
    launchctl print "gui/$(id -u)/$(launchd_label)" >/dev/null 2>&1
  else
    has systemctl && systemctl --user --quiet is-active "$SERVICE.service" 2>/dev/null
  fi
}

# mark_start: what came before is not of the start that follows. Sets STARTED_AT (Unix time, in s) and LOG_LENGTH (in lines).
mark_start() {
  if is_dry_run; then return; fi
  STARTED_AT=$("$NODE" -p 'Math.floor(Date.now() / 1000)')
  LOG_LENGTH=$(launchd_log_length)
}

# await_service: returns when the service answers. Fails, with the end of its log, where it ends or does not answer in time.
await_service() {
  local attempt=1 answer code
  if [ "$CHECK" = no ]; then return; fi
  while :; do
    code=0
    answer=$(env -i HOME="$HOME" "${ENVIRONMENT[@]}" "$NODE" "$HIVE/../shell/ask-service.mjs" "$KIND" "$STARTED_AT") || code=$?
    case $code in
      0)
        say "$SERVICE answers at $answer"
        return
        ;;
      2)
        if [ "$attempt" -ge "$RUNNING_ATTEMPTS" ] && ! service_is_dead; then
          say "$SERVICE is running; $answer"
          return
        fi
        ;;
    esac
    if service_is_dead; then fail_with_log "$SERVICE does not run: it ended after its start"; fi
    if [ "$attempt" -ge "$ANSWER_ATTEMPTS" ]; then fail_with_log "$SERVICE does not answer: $answer"; fi
    attempt=$((attempt + 1))
    sleep "$ANSWER_PAUSE_SECONDS"
  done
}

# service_is_dead: launchd is not asked: what it prints is not for programs.
service_is_dead() {
  ! is_macos && systemd_is_dead
}

# fail_with_log WHY
fail_with_log() {
  local lines
  if is_macos; then lines=$(launchd_log "$LOG_LENGTH"); else lines=$(systemd_log "$STARTED_AT"); fi
  if [ -n "$lines" ]; then
    printf '%s: the end of its log:\n' "$KIND" >&2
    printf '%s\n' "$lines" | LC_ALL=C sed -e 's/^/    /' >&2
    fail "$1: put right what its log says and run this again"
  fi
  fail "$1, and its log says nothing: $LAUNCHER starts the same by hand, and says more"
}
