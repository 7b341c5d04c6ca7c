#!/usr/bin/env bats

# What make install puts down: that it works from there, and that uninstall takes all of it away. One
# flavour is installed, whichever is under test: the release.

setup_file() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	install_below "$BATS_FILE_TMPDIR/root"
}

setup() {
	load helper
	ROOT_DIR=$BATS_FILE_TMPDIR/root
}

teardown() { [ -z "${CLUSTER:-}" ] || { kill -TERM "$CLUSTER" 2>/dev/null && wait "$CLUSTER"; } || true; }

# make under make would take its options over from the one above.
make_alone() { env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS make -s -C "$ROOT" V=release "$@"; }
install_below() { make_alone install DESTDIR="$1" PREFIX=/usr "${@:2}"; }

# With the installed header and library, as pkg-config says; /usr is no system path below a root.
compile() {
	export PKG_CONFIG_PATH=$ROOT_DIR/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT_DIR
	export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
	read -r -a flags < <(pkg-config --static --cflags --libs nos)
	cc -std=c17 -Wall -Werror -o program program.c "${flags[@]}"
}

@test "a program outside is compiled by pkg-config and scores a reading" {
	cat >program.c <<'END'
#include <nos.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct nos_scorer *scorer;
	struct nos_text text;
	struct nos_fault fault;

	nos_begin();
	if (argc != 2 || nos_scorer_new(NULL, 0, &scorer, &fault))
		return 1;
	if (nos_scorer_score(scorer, argv[1], strlen(argv[1]), 1547812800000, &text, &fault))
		return printf("%s: %s\n", fault.code, fault.text), 2;
	printf("%s %s\n", nos_version(), text.p);
	nos_text_free(&text);
	nos_scorer_free(scorer);
	return 0;
}
END
	compile
	reading='{"type":"air_temperature","value":-7.9}'
	run -0 ./program "$reading"
	[ "${output%% *}" = "$(nos-score --version | awk '{print $NF}')" ]
	[ "$(jq -cS 'del(.line)' <<<"${output#* }")" = "$(nos-score --now 1547812800 <<<"$reading" | jq -cS 'del(.line)')" ]
	run -2 ./program '{"value":1}'
	[[ $output == 'data: '* ]]
}

@test "what is not promised cannot be linked" {
	cat >program.c <<'END'
extern int nos_reading_decode(void);
int main(void) { return nos_reading_decode(); }
END
	run ! compile
	[[ $output == *'undefined reference'*nos_reading_decode* ]]
	nm -g --defined-only "$ROOT_DIR/usr/lib/libnos.a" | awk 'NF == 3 {print $3}' | sort >linkable
	sed -nE 's/^NOS_PUBLIC .*[ *](nos_[a-z_]+)\(.*/\1/p' "$ROOT_DIR/usr/include/nos.h" | sort >promised
	[ -s promised ]
	diff promised linkable
}

@test "the header compiles alone, as C and as C++" {
	echo '#include <nos.h>' >program.c
	cc -std=c99 -pedantic -Wall -Wextra -Werror -fsyntax-only -I"$ROOT_DIR/usr/include" program.c
	c++ -Wall -Werror -fsyntax-only -I"$ROOT_DIR/usr/include" -x c++ program.c
}

@test "each tool is there, runs, and has a page that man finds" {
	seen=0
	for tool in "$ROOT_DIR"/usr/bin/nos-*; do
		run -0 "$tool" --version
		run -0 man -M "$ROOT_DIR/usr/share/man" -w "${tool##*/}"
		[[ $output == "$ROOT_DIR"/usr/share/man/man[18]/"${tool##*/}".[18] ]]
		seen=$((seen + 1))
	done
	[ "$seen" -eq "$(find "$ROOT/cmd" -mindepth 1 -maxdepth 1 \( -name 'nos-*.c' -o -name 'nos-*' -type d \) | wc -l)" ]
}

@test "bash completes the options of each tool, and the words of a choice" {
	PATH=$ROOT_DIR/usr/bin:$PATH
	for tool in "$ROOT_DIR"/usr/bin/nos-*; do
		name=${tool##*/}
		# As bash-completion does: the file of the command's name.
		# shellcheck disable=SC1090
		source "$ROOT_DIR/usr/share/bash-completion/completions/$name"
		complete -p "$name"
		COMP_WORDS=("$name" --confi) COMP_CWORD=1
		_nos_complete "$name" --confi "$name"
		[ "${COMPREPLY[*]}" = --config ]
	done
	_nos_complete nos-token js --format
	[ "${COMPREPLY[*]}" = json ]
	COMP_WORDS=(nos-token --format = c) COMP_CWORD=3
	_nos_complete nos-token c =
	[ "${COMPREPLY[*]}" = csv ]
	: >nos-file
	_nos_complete nos-score nos-f --rules
	[ "${COMPREPLY[*]}" = nos-file ]
}

@test "the ready maps are there, and a node takes each of them" {
	maps=$ROOT_DIR/usr/share/nos/maps
	[ "$(find "$maps" -name '*.json' | wc -l)" -eq "$(find "$ROOT/scripts/dist/maps" -type f | wc -l)" ]
	run -0 "$ROOT_DIR/usr/bin/nos-serve" --check "${SEALED[@]}" --map-dir "$maps"
}

# broker_start and cluster_start go by them.
@test "the settings for a Mosquitto and for NATS servers are there" {
	for name in mosquitto nats-server; do
		cmp "$ROOT_DIR/usr/share/nos/$name.conf" "$ROOT/scripts/dist/$name.conf"
	done
}

@test "the cluster for trying out is there, and takes what is installed" {
	cluster=$ROOT_DIR/usr/share/nos/cluster
	mkdir bin
	for name in bash basename dirname realpath sed cat mktemp mkdir rm; do ln -s "$(command -v $name)" "bin/$name"; done
	PATH=$PWD/bin run -66 "$cluster"
	[ "$output" = 'cluster: no nos-serve on PATH: install it' ]
	PATH=$ROOT_DIR/usr/bin:$PATH "$cluster" --dir kept >said 2>err 3>&- &
	CLUSTER=$!
	# It gives up by itself.
	until grep -qs '^Ctrl-C ends all' said; do
		kill -0 "$CLUSTER" || { cat err >&2; return 1; }
		read -r -t 0.1 <> <(:) || true
	done
	[ "$(readlink "/proc/$(cat kept/a.pid)/exe")" = "$ROOT_DIR/usr/bin/nos-serve" ]
	kill -TERM "$CLUSTER"
	wait "$CLUSTER"
	CLUSTER=
	[ ! -e kept/a.pid ]
}

@test "uninstall leaves no file, and folders go where they were told" {
	root=$BATS_TEST_TMPDIR/other
	places=(PREFIX=/usr BINDIR=/opt/bin MANDIR=/opt/man UNITDIR=/opt/units)
	install_below "$root" "${places[@]}"
	[ -x "$root/opt/bin/nos-score" ]
	[ -f "$root/opt/man/man1/nos-score.1" ]
	[ "$(sed -n 's/^ExecStart=//p' "$root/opt/units/nos-serve.service")" = /opt/bin/nos-serve ]
	[ -f "$root/usr/lib/sysusers.d/nos.conf" ]
	[ ! -e "$root/usr/bin" ]
	: >"$root/opt/bin/other"
	make_alone uninstall DESTDIR="$root" "${places[@]}"
	[ "$(find "$root" ! -type d)" = "$root/opt/bin/other" ]
}
