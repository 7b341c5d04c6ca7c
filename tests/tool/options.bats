#!/usr/bin/env bats

# What all tools have in common, tried with nos-score.

setup() { load helper; }

reading='{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}'

# How old the reading is, by the time that the settings give.
age() { nos-score "$@" <<<"$reading" | jq .raw.age; }

conf() { printf '%s\n' "$@" >nos.conf; }

@test "the command line goes before the environment, that before nos.conf, that before the default" {
	conf 'now = 1547812801' 'max-line = 64'
	run -65 nos-score --config nos.conf <<<"$reading"
	[[ $output == *'line is over 64 bytes'* ]]
	conf 'now = 1547812801'
	[ "$(age --config nos.conf)" = 1 ]
	[ "$(NOS_NOW=1547812802 age --config nos.conf)" = 2 ]
	[ "$(NOS_NOW=1547812802 age --now 1547812803 --config nos.conf)" = 3 ]
	[ "$(NOS_NOW=1547812802 age --now 1 --now 1547812804)" = 4 ]
}

@test "nos.conf is looked for at the user's own place, and a named one goes before" {
	mkdir -p .config/nos xdg/nos
	echo 'now = 1547812801' >.config/nos/nos.conf
	echo 'now = 1547812802' >xdg/nos/nos.conf
	echo 'now = 1547812803' >named
	[ "$(age)" = 1 ]
	export XDG_CONFIG_HOME=$PWD/xdg
	[ "$(age)" = 2 ]
	export NOS_CONFIG=named
	[ "$(age)" = 3 ]
	[ "$(age --config=.config/nos/nos.conf)" = 1 ]
}

@test "a named nos.conf must be there, and may be a link" {
	run -66 --separate-stderr nos-score --config none <<<"$reading"
	[ "$stderr" = "nos-score: no file 'none'" ]
	conf
	ln -s nos.conf link
	run -0 nos-score --config link <<<"$reading"
}

@test "a named nos.conf may be a pipe, one at the user's own place is never waited for" {
	[ "$(age --config <(echo 'now = 1547812801'))" = 1 ]
	mkdir -p .config/nos
	mkfifo .config/nos/nos.conf
	run -74 --separate-stderr timeout 60 nos-score <<<"$reading"
	[ "$stderr" = "nos-score: '$HOME/.config/nos/nos.conf' is no regular file" ]
}

@test "a nos.conf at the user's own place may be a link, and one to nothing is told" {
	mkdir -p .config/nos
	conf 'now = 1547812801'
	ln -s ../../nos.conf .config/nos/nos.conf
	[ "$(age)" = 1 ]
	rm nos.conf
	run -66 --separate-stderr nos-score <<<"$reading"
	[ "$stderr" = "nos-score: '$HOME/.config/nos/nos.conf' links to no file" ]
}

@test "a nos.conf over 64 KiB is bad settings, wherever it is" {
	mkdir -p .config/nos
	head -c 65537 /dev/zero | tr '\0' '#' >.config/nos/nos.conf
	for named in '' '--config .config/nos/nos.conf'; do
		# shellcheck disable=SC2086 # words
		run -78 --separate-stderr nos-score $named <<<"$reading"
		[[ $stderr == *"nos.conf' is over 65536 bytes" ]]
	done
}

@test "a value that only another tool has is that tool's to refuse" {
	conf 'batch = none' 'now = 1547812801'
	[ "$(age --config nos.conf)" = 1 ]
	run -78 --separate-stderr nos-send --config nos.conf --keyring c.key --batch 1 </dev/null
	[ "$stderr" = "nos-send: nos.conf: line 1: --batch: 'none' is not a whole number" ]
}

@test "a key for one tool goes before the plain one, wherever it stands" {
	conf 'nos-score.now = 1547812801' 'now = 1547812802' 'nos-send.batch = 5'
	[ "$(age --config nos.conf)" = 1 ]
}

@test "comments, blank lines, CRLF and options of other tools are taken" {
	printf '# all\r\n\r\n  now=1547812801 # one\r\nlisten = [::1]:1\r\nquiet = no\r\n' >nos.conf
	[ "$(age --config nos.conf)" = 1 ]
}

@test "a bad line of nos.conf is refused by its number" {
	while IFS='|' read -r line why; do
		conf '# one' "$line"
		run -78 --separate-stderr nos-score --config nos.conf <<<"$reading"
		[ "$stderr" = "nos-score: nos.conf: line 2: $why" ] || { echo "$stderr"; return 1; }
	done <<-'END'
		foo = 1|no tool has 'foo'
		nos-score.batch = 1|there is no 'nos-score' that has 'batch'
		nos-what.now = 1|there is no 'nos-what' that has 'now'
		.now = 1|there is no '' that has 'now'
		now|not of the form 'key = value'
		= 1|not of the form 'key = value'
		config = x|'config' is for the command line alone
		max-line = x|--max-line: 'x' is not a size such as 64K, 1M
		verbose = 1|--verbose: '1' is not yes or no
	END
}

@test "what is bad in nos.conf is refused also where the command line goes before" {
	conf 'now = noon'
	run -78 --separate-stderr nos-score --config nos.conf --now 1 <<<"$reading"
	[ "$stderr" = "nos-score: nos.conf: line 1: --now: 'noon' is not a time: RFC 3339 with an offset, or seconds since 1970" ]
}

@test "help is given also where the settings are bad" {
	conf 'foo = 1'
	NOS_NOW=noon run -0 --separate-stderr nos-score --config nos.conf --help
	[[ $output == *'--config file'*'-v, --verbose'*'-q, --quiet'* ]]
}

@test "a flag takes 1 in the environment, yes and no in nos.conf" {
	NOS_VERBOSE=1 run -0 --separate-stderr nos-score <<<"$reading"
	[ "$stderr" = 'nos-score: 1 scored, 0 failed' ]
	NOS_VERBOSE=yes run -64 --separate-stderr nos-score <<<"$reading"
	[ "$stderr" = "nos-score: NOS_VERBOSE: --verbose: 'yes' is not 1" ]
	conf 'verbose = yes'
	run -0 --separate-stderr nos-score --config nos.conf <<<"$reading"
	[ "$stderr" = 'nos-score: 1 scored, 0 failed' ]
	conf 'verbose = yes' 'nos-score.verbose = no'
	run -0 --separate-stderr nos-score --config nos.conf <<<"$reading"
	[ -z "$stderr" ]
	run -0 --separate-stderr nos-score -v -q <<<"$reading"
	[ -z "$stderr" ]
}

@test "the list of lib/cli/conf.c and each tool that is built name the same options" {
	source=$ROOT/lib/cli/conf.c
	common=$(sed -nE 's/^static const char (common|command_line)\[\] = "([^"]*)";.*/\2/p' "$source")
	[ "$(wc -w <<<"$common")" -eq 5 ]
	seen=0
	for tool in "$ROOT/build/${V:-release}"/cmd/nos-*; do
		[[ -x $tool && $tool != *.* ]] || continue
		name=${tool##*/}
		# A row may go over several lines of strings.
		own=$(tr '\n\t' '  ' <"$source" | sed -nE "s/.*\{ \"$name\", *\"([^}]*)\" \}.*/\1/p" | sed 's/" *"//g')
		[ -n "$own" ]
		diff <(tr -s ' ' '\n' <<<"$common $own" | sort) <("$tool" --complete | sed 's/^--//; s/ .*//' | sort)
		seen=$((seen + 1))
	done
	[ "$seen" -gt 0 ]
}

@test "nos.conf(5) names the settings of each tool, and its example is taken" {
	page=$ROOT/man/nos.conf.5
	common=$(sed -n '/^All tools:$/{n;p;}' "$page" | sed 's/^\.Cm //; s/\.$//; s/ *, */ /g')
	[ "$(wc -w <<<"$common")" -eq 2 ]
	seen=0
	for tool in "$ROOT/build/${V:-release}"/cmd/nos-*; do
		[[ -x $tool && $tool != *.* ]] || continue
		own=$(sed -n "/^\.It Xr ${tool##*/} /{n;p;}" "$page" | sed 's/^\.Cm //; s/ *, */ /g')
		diff <(tr -s ' ' '\n' <<<"$common $own" | sort) \
			<("$tool" --complete | sed 's/^--//; s/ .*//' | grep -vxE 'config|help|version' | sort)
		seen=$((seen + 1))
	done
	[ "$seen" -eq "$(grep -c '^\.It Xr' "$page")" ]
	sed -n '/^\.Bd -literal$/,/^\.Ed$/p' "$page" | sed '1d;$d' >nos.conf
	[ "$(grep -c = nos.conf)" -eq 7 ]
	run -0 --separate-stderr nos-score --config nos.conf </dev/null
	[ -z "$stderr" ]
}

@test "SIGTERM ends with 143 behind the line in hand, and its answer was written" {
	mkfifo in out
	nos-score -v <in >out 2>err 3>&- &
	exec 7>in 8<out
	printf '%s\n%s' "$reading" '{"type":' >&7
	read -r -t 10 answer <&8
	[ "$(jq .line <<<"$answer")" -eq 1 ]
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 143 ]
	[ -z "$(cat <&8)" ]
	[ "$(<err)" = 'nos-score: 1 scored, 0 failed' ]
	exec 7>&- 8<&-
}
