# What the scripts that measure begin with: sourced by each, which has --help say the comment at its head.
# shellcheck shell=bash

# Nobody's own node is meant.
for name in "${!NOS_@}"; do unset "$name"; done

case ${1:-} in
-h | --help)
	sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"
	exit 0 ;;
esac

# Each of these variables is a whole number, 1 or more, before anything is installed or built.
numbers() {
	local name
	for name; do
		[[ ${!name} =~ ^[1-9][0-9]*$ ]] && continue
		printf "%s: '%s' is no number of %s, see %s --help\n" "${0##*/}" "${!name}" "$name" "${0##*/}" >&2
		exit 64
	done
}
