# shellcheck shell=bash
# hum's own service helper, used where it is found. Sourced. The contract, as hum's installers use it:
#   svc_install NAME COMMAND_LINE [--env KEY=VALUE]...   writes the unit or plist of the service NAME and enables it
#   svc_restart NAME                                     starts it anew
#   svc_uninstall NAME                                   stops, disables and removes it
# The helper writes what it is given into the unit or plist as it is. So it is only given what needs no quoting; for any
# other path, and where a function is missing, the same is done here, under the same names.

# helper_install: true if the helper did it.
helper_install() {
  local helper assignment arguments
  helper=$(find_helper svc_install svc_restart) || return 1
  if ! is_plain "${COMMAND[@]}" "${ENVIRONMENT[@]}"; then
    say "not using $helper: it does not quote, and a path here needs it"
    return 1
  fi
  arguments=()
  for assignment in "${ENVIRONMENT[@]}"; do arguments+=(--env "$assignment"); done
  say "using $helper"
  if call_helper "$helper" svc_install "$SERVICE" "${COMMAND[*]}" "${arguments[@]}"; then
    if call_helper "$helper" svc_restart "$SERVICE"; then return; fi
  fi
  fail "$helper could not start $SERVICE: see above; $LAUNCHER starts the same by hand"
}

# helper_uninstall: true if the helper did it.
helper_uninstall() {
  local helper
  helper=$(find_helper svc_uninstall) || return 1
  say "using $helper"
  call_helper "$helper" svc_uninstall "$SERVICE"
}

# find_helper FUNCTION...: prints the path of the first helper that defines them all; false if there is none.
find_helper() {
  local helper
  for helper in "$ROOT/scripts/svc.sh" "$HOME/.local/share/hum/src/scripts/svc.sh"; do
    if [ -f "$helper" ] && [ "$(defines "$helper" "$@")" = yes ]; then
      printf '%s' "$helper"
      return
    fi
  done
  return 1
}

# defines HELPER FUNCTION...: prints yes if it does; a status would be the helper's if that ends its shell. In a shell of its
# own, so that nothing of the helper's is left behind here; its output is not for the user.
defines() (
  helper=$1
  shift
  set +eu
  # shellcheck source=/dev/null
  . "$helper" >/dev/null 2>&1
  if declare -F "$@" >/dev/null; then echo yes; fi
)

# call_helper HELPER FUNCTION ARGUMENT...
call_helper() (
  helper=$1
  shift
  if is_dry_run; then
    run "$@"
    exit
  fi
  set +eu
  # shellcheck source=/dev/null
  . "$helper"
  "$@"
)
