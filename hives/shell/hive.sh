# shellcheck shell=bash
# shellcheck disable=SC2034 # the facts are for the scripts that source this one
# What every script here knows about its hive, and how it speaks. Sourced; bash 3.2 (macOS) has to understand all of it.

# know_hive FOLDER: sets the facts. FOLDER is the hive's own, absolute and without links.
know_hive() {
  HIVE=$1
  KIND=${HIVE##*/}
  ROOT=${HIVE%/*/*}
  PROGRAM=$ROOT/dist/main.js
  DRY_RUN=${DRY_RUN:-no}
  case ${HOME:-} in
    /*) ;;
    *) fail 'HOME is not an absolute path: set it to your home folder and run this again' ;;
  esac
  LAUNCHER=$HOME/.local/bin/$KIND
  CONFIG_HOME=$(absolute_or "${XDG_CONFIG_HOME:-}" "$HOME/.config")
  STATE_HOME=$(absolute_or "${XDG_STATE_HOME:-}" "$HOME/.local/state")
  CONFIG=$CONFIG_HOME/hum/hives/$KIND.json
  SERVICE=hum-$KIND
  TEMPORARY=
  trap 'if [ -n "$TEMPORARY" ]; then rm -f -- "$TEMPORARY"; fi' EXIT # an interrupted write leaves nothing
  case $ROOT$CONFIG_HOME$STATE_HOME$HOME in
    *[[:cntrl:]]*) fail 'a path has a control character in it, which no service file can hold: move the folder and run this again' ;;
  esac
}

# absolute_or PATH DEFAULT: the XDG rules say that a path which is not absolute is to be ignored.
absolute_or() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s' "$2" ;;
  esac
}

say() {
  printf '%s: %s\n' "$KIND" "$*"
}

# Exits with EXIT_CODE, or 1.
fail() {
  printf '%s: %s\n' "$KIND" "$*" >&2
  exit "${EXIT_CODE:-1}"
}

# refuse_npx: a service must not run a copy that npm deletes as it likes.
refuse_npx() {
  case $ROOT/ in
    */_npx/*) EXIT_CODE=78 fail "npx has put the package into its cache ($ROOT), from where it may vanish: 'npm install --global thrum-bridge', and then 'thrum-bridge install $KIND'" ;;
  esac
}

is_dry_run() {
  [ "$DRY_RUN" = yes ]
}

# run COMMAND...: runs it, or says that it would.
run() {
  if is_dry_run; then
    say "would run: $*"
  else
    "$@"
  fi
}

# has COMMAND: true if it is on the PATH.
has() {
  command -v "$1" >/dev/null 2>&1
}
