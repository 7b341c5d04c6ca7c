# One document of what scripts/bench-peers measured: a row a peer and arrangement. A ratio is ours by the
# peer's, of one run, and of processor time the peer's by ours; that of packs which a peer leaves whole too is to ours, which are apart.
def median: sort | if length % 2 == 1 then .[(length - 1) / 2] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def places($n): . * pow(10; $n) | round / pow(10; $n);
def spread($n): {median: (median | places($n)), min: (min | places($n)), max: (max | places($n))};
def ours($round; $arrangement):
	$figures[] | select(.peer == "nos" and .round == $round and
		.arrangement == (if $arrangement == "single" then "single" else "apart" end));
def told: if length == 0 then null else spread(2) + {n: length} end;
def ratio: [.[] | ours(.round; .arrangement).rate / .rate] | told;
# Of a processor, by servers and brokers: how much more of it the peer takes.
def cpu: .server_us + .broker_us;
def cpu_ratio: [.[] | cpu / (ours(.round; .arrangement) | cpu)] | told;

($durable | map({(.peer): .}) | add) as $class |
($proofs | map({(.peer): .}) | add // {}) as $proof |
{
	bench: "peers", runs: $runs, seconds: $seconds, connections: $connections, machine: $machine[0], versions: $versions[0],
	load_average: ([$figures[].loadavg] | spread(1)),
	not_measured: "that records reach a subscriber; a loss of power; a network",
	rows: ([$class | keys_unsorted[] as $peer | ("single", "apart", "whole") as $arrangement |
		[$figures[] | select(.peer == $peer and .arrangement == $arrangement)] | select(length > 0) |
		{
			peer: $peer, arrangement: $arrangement, durability: $class[$peer].durability, rests_on: $class[$peer].rests_on,
			readings_s: (map(.rate) | spread(0)), n: length,
			server_us: (map(.server_us) | median | places(2)), broker_us: (if $peer | test("^(nos|node-red)") then map(.broker_us) | median | places(2) else null end),
			load_us: (map(.load_us * .messages / .readings) | median | places(2)),
			p50_ms: (map(.p50_ms) | median | places(2)), p99_ms: (map(.p99_ms) | median | places(2)),
			ratio: (if $peer == "nos" then null else ratio end), cpu_ratio: (if $peer == "nos" then null else cpu_ratio end),
			proof: ($proof[$peer] | if . then del(.peer) + {syncs_a_reading: (.syncs / .acknowledged | places(5))} else null end)
		}] + [$missing[] | {peer, arrangement: null, durability: $class[.peer].durability, left_out: .why, n: 0}])
}
