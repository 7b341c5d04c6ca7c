#!/usr/bin/env bats

# What a reading costs a node, counted in instructions, which are the same whatever else the machine does;
# scripts/measure-hot wrote the figures that are held against it, and writes them anew. Of the release alone:
# a sanitizer has figures of its own.

setup_file() {
	ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	"$ROOT/scripts/measure-hot" "$BATS_FILE_TMPDIR/now"
}

setup() {
	load helper
	NOW=$BATS_FILE_TMPDIR/now
	STORED=$DATA/hot/instructions
}

# Lines of what was measured, each behind what is stored: READINGS STAGE INSTRUCTIONS ASKED VERSIONS, twice.
pairs() { join -j 1 <(sed 's/ /-/' "$STORED" | sort) <(sed 's/ /-/' "$NOW" | sort); }

# Those that cost more than 5 in a hundred over what is stored, or where the versions are others more than 25;
# or that ask for memory more or less often, which of others the stages with a library in them may. What is
# of others, or far below, is told: it is to be written anew, or what comes next hides behind it. What
# another kind of processor needs is told alone.
dearer() {
	awk '{
		machine = $7 != $13
		other = machine || $4 " " $5 " " $6 != $10 " " $11 " " $12
		said = $1 ": " $8 " instructions a reading, stored " $2 (other ? " of other versions" : "")
		if (other || $8 < 0.95 * $2)
			print "# " said > "/dev/stderr"
		if (!machine && $8 > (other ? 1.25 : 1.05) * $2)
			print said
		if ($9 != $3 && !(other && $1 ~ /open|receipt|whole/))
			print $1 ": asks for memory " $9 " times a pack, stored " $3
	}'
}

@test "each stage has a figure that is stored, for packs of one and of many" {
	[ "$(cut -d' ' -f1,2 "$NOW")" = "$(cut -d' ' -f1,2 "$STORED")" ]
	[ "$(cut -d' ' -f1,2 "$NOW" | paste -sd,)" = \
		"1 header,1 open,1 parse,1 rules,1 weigh,1 receipt,1 whole,50 header,50 open,50 parse,50 rules,50 weigh,50 receipt,50 whole" ]
	fails grep -vE '^[0-9]+ [a-z]+ [1-9][0-9]+ [0-9]+ openssl=' "$NOW"
}

@test "a reading costs a node no more instructions than it did, and a pack asks for memory as often" {
	run --separate-stderr dearer <<<"$(pairs)"
	[ -z "$stderr" ] || printf '%s\n' "$stderr" >&3
	echo "$output"
	[ -z "$output" ]
}

@test "what costs more would be found, of the same versions, of others, and not of another machine" {
	awk '{ $3 = int($3 / 1.06); print }' "$DATA/hot/instructions" >less
	NOW=$DATA/hot/instructions STORED=less
	[ "$(pairs | dearer 2>/dev/null | wc -l)" = 14 ]
	sed 's/gcc=[^ ]*/gcc=1/' less >others
	STORED=others
	[ -z "$(pairs | dearer 2>/dev/null)" ]
	[ "$(pairs | dearer 2>&1 | grep -c 'of other versions')" = 14 ]
	awk '{ $3 = int($3 / 1.26); $4++; print }' others >dear
	STORED=dear
	[ "$(pairs | dearer 2>/dev/null | grep -c instructions)" = 14 ]
	[ "$(pairs | dearer 2>/dev/null | grep -c memory)" = 8 ]
	sed 's/[^ ]*$/abacus/' dear >elsewhere
	STORED=elsewhere
	fails grep -q instructions <<<"$(pairs | dearer 2>/dev/null)"
}

@test "parsing, weighing and encoding ask for no memory once their buffers have grown" {
	[ "$(awk '$2 ~ /^(parse|rules|weigh)$/ && $4 == 0' "$NOW" | wc -l)" = 6 ]
}
