#!/usr/bin/env bash
# What a hive's `install` does. The first argument is the hive's folder.
set -euo pipefail

here=$(CDPATH='' cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
. "$here/hive.sh"
. "$here/put-file.sh"
. "$here/quote.sh"
. "$here/program.sh"
. "$here/config.sh"
. "$here/hum-helper.sh"
. "$here/systemd.sh"
. "$here/launchd.sh"
. "$here/service.sh"
. "$here/check-service.sh"
. "$here/leftovers.sh"

usage() {
  cat <<USAGE
usage: hives/$KIND/install [install | uninstall] [--dry-run]
       hives/$KIND/install --no-check

  install      builds the program, writes $CONFIG
               if there is none, puts a launcher at $LAUNCHER
               and starts the user service $SERVICE; a second run only changes what
               is not right yet, and restarts the service (what is done without a word);
               fails where the port is taken, and where the service does not answer
  uninstall    stops and removes the service; says which files stay
  --no-check   installs without a look at the port, and does not wait for the service
  --dry-run    says what would be done, and does nothing
  --help       this text

Environment: HUM_THRUM_SOCK (humd's socket, if it is not in a usual place), and for
the first configuration any variable that the hive's README.md lists.
USAGE
}

know_hive "$1"
shift
action=install
CHECK=yes
for argument in "$@"; do
  case $argument in
    install | uninstall) action=$argument ;;
    --dry-run) DRY_RUN=yes ;;
    --no-check) CHECK=no ;;
    --help | -h) usage && exit ;;
    *) usage >&2 && EXIT_CODE=78 fail "unknown argument: $argument" ;;
  esac
done

case $action in
  install)
    refuse_npx
    find_node
    build_program
    check_port
    put_launcher
    seed_config
    install_service
    if ! is_dry_run; then
      say "$SERVICE is started; configuration: $CONFIG"
      await_service
    fi
    ;;
  uninstall)
    uninstall_service
    say "left as they are: $(leftovers)"
    ;;
esac
