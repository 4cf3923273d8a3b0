# shellcheck shell=bash
# Writes a file whole or not at all. Sourced.

# put_file PATH MODE CONTENT: replaces PATH unless it is right already. CONTENT has no newline at its end.
put_file() {
  local path=$1 mode=$2 content=$3
  if [ -f "$path" ] && [ ! -L "$path" ] && [ "$(cat -- "$path" 2>/dev/null)" = "$content" ]; then
    run chmod "$mode" "$path"
    say "unchanged: $path"
    return
  fi
  if is_dry_run; then
    say "would write $path (mode $mode):"
    printf '%s\n' "$content" | sed 's/^/    /'
    return
  fi
  [ ! -d "$path" ] || fail "$path is a folder: move it away and run this again"
  TEMPORARY=$(new_file_beside "$path") || exit 1
  if printf '%s\n' "$content" >"$TEMPORARY" && chmod "$mode" "$TEMPORARY" && mv -f -- "$TEMPORARY" "$path"; then
    TEMPORARY=
    say "wrote $path"
  else
    fail "cannot write $path: see above, and run this again"
  fi
}

# new_file_beside PATH: makes PATH's folder and an empty file in it, and prints its name. Its mode is 600.
new_file_beside() {
  local folder
  folder=$(dirname -- "$1")
  if mkdir -p -- "$folder" && mktemp "$1.XXXXXX"; then return; fi
  fail "cannot write in $folder: make it a folder of yours and run this again"
}
