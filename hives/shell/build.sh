#!/usr/bin/env bash
# What a hive's `build` does. The first argument is the hive's folder.
set -euo pipefail

here=$(CDPATH='' cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
. "$here/hive.sh"
. "$here/put-file.sh"
. "$here/quote.sh"
. "$here/program.sh"

know_hive "$1"
shift
for argument in "$@"; do
  case $argument in
    --dry-run) DRY_RUN=yes ;;
    --help | -h)
      say "usage: hives/$KIND/build [--dry-run]: builds the program and puts a launcher at $LAUNCHER"
      exit
      ;;
    *) fail "unknown argument: $argument; 'build --help' says which there are" ;;
  esac
done

find_node
build_program
put_launcher
