#!/usr/bin/env bats

# One run serves all: its rows are in $ROWS.
setup_file() {
	load helper
	export ROWS=$BATS_FILE_TMPDIR/rows
	nos-bench robustness --quick --seed 1 >"$ROWS"
}

setup() { load helper; }

# Rows of verdicts that are so: rows FILTER.
rows() { jq -c "select(.verdict) | select($1) | [.experiment, .what, .scheme, .loss, .k, .m]" "$ROWS"; }

# What chance decides of a run.
drawn() { jq -c 'select(.verdict) | [.experiment, .what, .scheme, .profile, .defence, .loss, .captured, .bits, .k, .m]' "$@"; }

@test "every attack succeeds where its defence is left out" {
	[ "$(rows '.verdict == "void"')" = "" ]
	[ "$(rows '.defence == "off" and .profile == "default" and .k == 0')" = "" ]
}

@test "no attack succeeds on a defence that is there for it" {
	local held
	[ "$(rows '.defence == "on" and .profile == "default" and (has("formula") | not) and
		.k > 0')" = "" ]
	held=$(rows '.defence == "on" and .profile == "default" and .verdict == "holds"' | wc -l)
	[ "$held" -gt 80 ]
}

@test "each of the experiments has a row" {
	local n
	for n in {1..19}; do
		[ "$(rows ".experiment == $n")" != "" ] || { echo "none of $n"; false; }
	done
	[ "$(jq -c 'select(.unit == "us") | select(.what | startswith("20:"))' "$ROWS" | wc -l)" -gt 20 ]
	[ "$(jq -c 'select(.unit == "bytes") | select(.what | startswith("21:"))' "$ROWS" | wc -l)" -gt 100 ]
}

@test "nothing stops what the paper's schemes have no defence against" {
	[ "$(rows '.profile == "paper" and .defence == "off" and (.loss // 1) > 0 and .k == 0')" = "" ]
	[ "$(rows '.profile == "paper" and .experiment == 4 and .verdict == "holds"' | wc -l)" = 1 ]
}

@test "what is not stopped by design falls as often as its formula says" {
	[ "$(jq -c 'select(.formula and .experiment != 12) | select(.low > .formula or .high < .formula)' "$ROWS")" = "" ]
	# Of 28 intervals of 95 % one or the other is beside its curve: none by much.
	[ "$(jq -c 'select(.what == "capture") | select((.share - .formula) | fabs > 0.08)' "$ROWS")" = "" ]
	[ "$(jq -c 'select(.what == "capture")' "$ROWS" | wc -l)" = 28 ]
}

@test "the same seed gives the same counts, and another seed others" {
	nos-bench robustness --quick --seed 1 --scheme pairwise >one
	nos-bench robustness --quick --seed 1 --scheme pairwise >two
	nos-bench robustness --quick --seed 2 --scheme pairwise >other
	diff <(drawn one) <(drawn two)
	run ! diff -q <(drawn one) <(drawn other)
}

@test "schemes and profiles are left out where they are not asked for" {
	nos-bench robustness --quick --seed 1 --scheme tree --profile default >some
	[ "$(jq -r '"\(.scheme) \(.profile)"' some | sort -u)" = "tree default" ]
}
