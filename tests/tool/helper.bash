# What every tool test loads: the tools of the flavour under test on PATH, and a folder of its own.
bats_require_minimum_version 1.5.0
ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PATH=$ROOT/build/${V:-release}/cmd:$PATH
DATA=$ROOT/tests/data
cd "$BATS_TEST_TMPDIR" || exit 1
# No settings but those of the test.
export HOME=$BATS_TEST_TMPDIR
unset XDG_CONFIG_HOME "${!NOS_@}"
