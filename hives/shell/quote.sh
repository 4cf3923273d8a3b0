# shellcheck shell=bash
# Quotes a value for each kind of file that it is written to. Sourced. With sed, because in bash the meaning of & and of
# quotes within ${value//a/b} changed between 3.2 and 5.2; in the C locale, because a path may be any bytes.

# is_plain WORD...: true if no word needs quoting anywhere.
is_plain() {
  local word
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:@=+,-]*) return 1 ;;
    esac
  done
}

# The scripts for sed stand apart because bash 3.2 loses track of quotes within "$(...)".
SYSTEMD_ESCAPES='s/[\\"]/\\&/g; s/%/%%/g'
XML_ESCAPES='s/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
SHELL_ESCAPES="s/'/'\\\\''/g"

# systemd_word WORD: as a word of a unit file, where % begins a specifier and \ an escape.
systemd_word() {
  if is_plain "$1"; then
    printf '%s' "$1"
  else
    printf '"%s"' "$(escape "$SYSTEMD_ESCAPES" "$1")"
  fi
}

# systemd_argument WORD: as a word of a command line after the first, where $ begins a variable too. (The first is the
# program's path, in which systemd expands no variables, so that a doubled $ would be two.)
systemd_argument() {
  systemd_word "$1" | LC_ALL=C sed -e 's/[$]/$$/g'
}

# xml_text TEXT: as the text of an XML element.
xml_text() {
  escape "$XML_ESCAPES" "$1"
}

# shell_word WORD: as a word of a shell script.
shell_word() {
  printf "'%s'" "$(escape "$SHELL_ESCAPES" "$1")"
}

# escape SCRIPT TEXT
escape() {
  printf '%s' "$2" | LC_ALL=C sed -e "$1"
}
