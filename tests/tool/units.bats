#!/usr/bin/env bats

# The systemd units as make install puts them down: what systemd-analyze says of them, which needs no
# systemd that runs. The release is installed, whichever flavour is under test.

setup_file() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	# Not below DESTDIR: what the units name is then where they name it.
	env -u MAKEFLAGS -u MAKELEVEL -u CFLAGS -u LDFLAGS \
		make -s -C "$ROOT" V=release install DESTDIR= PREFIX="$BATS_FILE_TMPDIR/usr"
}

setup() {
	load helper
	PREFIX=$BATS_FILE_TMPDIR/usr
	UNITS=$PREFIX/lib/systemd/system
	export MANPATH=$PREFIX/share/man SYSTEMD_LOG_LEVEL=warning
}

teardown() { [ -z "${OPEN:-}" ] || rm -r "$OPEN"; }

# No warning, its programs are there, and so are its pages.
verify() { systemd-analyze verify --recursive-errors=no "$@"; }

# One line of a unit, changed.
spoil() { sed "$1" "$UNITS/nos-serve.service" >spoilt.service; ! cmp -s "$UNITS/nos-serve.service" spoilt.service; }

@test "nos-serve.service is one that systemd takes, and its program and page are there" {
	run -0 verify "$UNITS/nos-serve.service"
	[ -z "$output" ]
}

@test "nos-relay.service is one that systemd takes, and its program and page are there" {
	run -0 verify "$UNITS/nos-relay.service"
	[ -z "$output" ]
}

@test "nos-rekey.service is one that systemd takes, and its program and page are there" {
	run -0 verify "$UNITS/nos-rekey.service"
	[ -z "$output" ]
}

@test "nos-rekey.timer starts nos-rekey.service" {
	run -0 verify "$UNITS/nos-rekey.timer"
	[ -z "$output" ]
	[ "$(systemd-analyze calendar --iterations=2 "$(sed -n 's/^OnCalendar=//p' "$UNITS/nos-rekey.timer")" | grep -c ' 03:17:00')" -ge 2 ]
}

@test "what is wrong in a unit would be found" {
	spoil 's/^PrivateTmp=/PrivateTemp=/'
	run -1 verify ./spoilt.service
	[[ $output == *"'PrivateTemp'"* ]]
	spoil 's|^\(ExecStart=.*\)/nos-serve|\1/nos-none|'
	run -1 verify ./spoilt.service
	[[ $output == *'/nos-none is not executable'* ]]
	spoil 's/man:nos-serve/man:nos-none/'
	run -1 verify ./spoilt.service
	[[ $output == *'man nos-none(8)'* ]]
	spoil '/^ProtectSystem=/d; /^SystemCallFilter=/d; /^CapabilityBoundingSet=/d'
	run -1 systemd-analyze security --offline=yes --threshold=20 ./spoilt.service
}

@test "each service exposes little" {
	seen=0
	for unit in "$UNITS"/*.service; do
		run -0 systemd-analyze security --no-pager --offline=yes --threshold=20 "$unit"
		seen=$((seen + 1))
	done
	[ "$seen" -eq 3 ]
}

@test "both services are one user's, with one folder, and go through the same filter" {
	for key in User StateDirectory StateDirectoryMode UMask SystemCallFilter; do
		values=$(sed -n "s/^$key=//p" "$UNITS/nos-serve.service")
		[ -n "$values" ]
		[ "$values" = "$(sed -n "s/^$key=//p" "$UNITS/nos-rekey.service")" ]
	done
	[ "$(sed -n 's/^StateDirectoryMode=//p' "$UNITS/nos-serve.service")" = 0700 ]
}

@test "the credential that a comment offers is one that systemd takes, for both" {
	for unit in nos-serve nos-rekey; do
		cp "$UNITS/$unit.service" .
		mkdir "$unit.service.d"
		sed -n 's/^#\t\(\[Service\]\|LoadCredential=.*\|Environment=.*\)$/\1/p' "$UNITS/nos-serve.service" \
			>"$unit.service.d/key.conf"
		[ "$(wc -l <"$unit.service.d/key.conf")" -eq 3 ]
		run -0 verify "./$unit.service"
		[ -z "$output" ]
	done
}

@test "the node starts with a key that root lends it, and with nothing but the folder of its state" {
	[ "$EUID" -eq 0 ] || skip 'root alone can lend a key'
	user=12345
	# The test's own folder is closed to that user.
	OPEN=$(mktemp -d /tmp/nos-units-XXXXXX)
	cd "$OPEN"
	cp "$PREFIX/bin/nos-serve" .
	chmod 755 . nos-serve
	mkdir --mode=700 state
	chown "$user" state
	as_user() {
		env -i STATE_DIRECTORY="$OPEN/state" HOME=/ "$@" \
			setpriv --reuid="$user" --regid="$user" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
			./nos-serve --init
	}
	run -0 as_user
	[[ $output == *"made node 1: sqlite:$OPEN/state/node.db, key $OPEN/state/node.key" ]]
	mv state/node.key lent.key
	chown 0:0 lent.key
	chmod 400 lent.key
	run -77 as_user NOS_NODE_KEY=lent.key
	setfacl -m "u:$user:r" lent.key
	run -0 as_user NOS_NODE_KEY=lent.key
	[ -z "$output" ]
}

@test "the user of the services is made" {
	mkdir -p root/etc root/usr/lib
	cp -r "$PREFIX/lib/sysusers.d" root/usr/lib
	systemd-sysusers --root="$PWD/root" nos.conf
	user=$(sed -n 's/^User=//p' "$UNITS/nos-serve.service")
	grep -q "^$user:x:[0-9]*:[0-9]*:nos node:/:/usr/sbin/nologin$" root/etc/passwd
}
