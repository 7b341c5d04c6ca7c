#!/usr/bin/env bats

# What holds for every tool that is built, whatever it does.

setup() { load helper; }

# tool: the foreign libraries that it may pull in, itself or by one of these.
allowed() {
	cat <<-'END'
		nos-bench cjose crypto curl jansson microhttpd mosquitto nats sqlite3 ssl
		nos-keytable cjose crypto jansson nats sqlite3 ssl
		nos-register cjose crypto curl jansson ssl
		nos-rekey cjose crypto jansson nats sqlite3 ssl
		nos-relay cjose crypto curl jansson microhttpd ssl
		nos-score
		nos-send cjose crypto curl jansson mosquitto ssl
		nos-serve cjose crypto curl jansson microhttpd mosquitto nats sqlite3 ssl
		nos-token cjose crypto jansson nats sqlite3 ssl
	END
}

tools() {
	local tool seen=0
	for tool in "$ROOT/build/${V:-release}"/cmd/nos-*; do
		[[ -f $tool && -x $tool && $tool != *.* ]] || continue
		printf '%s\n' "$tool"
		seen=1
	done
	[ "$seen" = 1 ]
}

@test "a tool pulls in the libraries of its own rooms and no other" {
	for tool in $(tools); do
		name=${tool##*/}
		line=$(allowed | grep "^$name\b") || { echo "$name is not in the table"; return 1; }
		found=$(ldd "$tool" | sed -nE 's/^\s*lib(cjose|crypto|curl|jansson|microhttpd|mosquitto|sqlite3|ssl|nats)\.so.*/\1/p' | sort | xargs)
		[ "$(xargs <<<"$name $found")" = "$line" ] || { echo "$name: $found"; return 1; }
	done
}

@test "help and version go to stdout and end with 0" {
	for tool in $(tools); do
		name=${tool##*/}
		run -0 --separate-stderr "$tool" --help
		[[ $output == "usage: $name "* ]]
		[ -z "$stderr" ]
		run -0 --separate-stderr "$tool" --version
		[[ $output =~ ^"$name (nos) "[0-9]+\.[0-9]+\.[0-9]+$ ]]
		[ -z "$stderr" ]
	done
}

@test "an option that is not known is refused in one line with 64" {
	for tool in $(tools); do
		run -64 --separate-stderr "$tool" --no-such-option </dev/null
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == "${tool##*/}: "*--no-such-option* ]]
	done
}

@test "each tool has a page that names its options" {
	for tool in $(tools); do
		[ "$(find "$ROOT/man" -name "${tool##*/}.[18]" | wc -l)" -eq 1 ]
	done
	run -0 "$ROOT/scripts/check-man" "$ROOT/build/${V:-release}/cmd"
}
