#!/usr/bin/env bats

# The vectors of nos-schemes(7), by a second implementation that has the page and nothing else of nos.

setup() {
	load helper
	PAGE=$ROOT/man/nos-schemes.7
}

twin() { python3 "$ROOT/tests/twin/twin.py" "$@"; }

@test "the formulas of the page give each of its vectors, and those that the tests in C go by" {
	run -0 twin "$PAGE" "$ROOT/tests/vectors/vectors.json"
	[[ $output == *' vectors' ]]
	[ "${output% vectors}" -ge 130 ]
}

@test "one digit of one vector makes the page wrong, and the vector is named" {
	sed 's/^K_SM: c/K_SM: d/' "$PAGE" >page
	run -1 twin page
	[[ $output == 'twin: K_SM: '* ]]
	run -0 twin --control "$PAGE"
}

@test "a vector that is missing, there twice or made by no formula makes the page wrong" {
	sed '/^K_SM: /d' "$PAGE" >page
	run -1 twin page
	[[ $output == 'twin: K_SM: the page has nothing'* ]]
	sed '/^K_SM: /p' "$PAGE" >page
	run -1 twin page
	[[ $output == 'twin: K_SM: there twice' ]]
	sed 's/^K_SM: .*/&\nK_MS: 00/' "$PAGE" >page
	run -1 twin page
	[[ $output == 'twin: K_MS: no formula gives it' ]]
}

@test "other vectors than those of the tests in C are noticed" {
	sed 's/"K_SM": "c/"K_SM": "d/' "$ROOT/tests/vectors/vectors.json" >vectors.json
	run -1 twin "$PAGE" vectors.json
	[[ $output == 'twin: K_SM: '* ]]
}
