# units.json of the rows $all of scripts/measure-units and nos-bench, taken on $date: the medians of the first, what the second gives.
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def short: if type == "number" then . * 100 | round / 100 elif type == "object" then map_values(short) else . end;
def rows($store; $what): $all[] | select(.bench == "units" and .store == $store and .what == $what);
def of($store; $what; f): [rows($store; $what) | f] | median;
def packs($store; $more; f): {"1": of($store; "packs of 1" + $more; f), "50": of($store; "packs of 50" + $more; f)};
# What the keys of all sources take over two rounds without.
def rekey($store; f): of($store; "re-key and two rounds"; f) - of($store; "two rounds"; f);
# The half that is handed on makes the difference.
def handed: packs("nats"; ", half of them handed on"; .node_us) as $with | packs("nats"; ""; .node_us) as $without |
	{"1": ([2 * ($with["1"] - $without["1"]), 0] | max), "50": ([2 * ($with["50"] - $without["50"]), 0] | max)};
# A committer's thread, and a publisher's: a lane has one of each.
def lane: .stages_us | .commit + .score + .encode;
def bench($bench; $what; $scheme): [$all[] | select(.bench == $bench and .what == $what and .scheme == $scheme)][0].median;
def ingest($what): [$all[] | select(.bench == "ingest" and .what == $what)][0].median;
def ingest_packs($what): {"1": ingest($what + ", packs of 1, kept connections"), "50": ingest($what + ", packs of 50, kept connections")};
# What is kept of a source that has sent, beside its record.
def track: of("nats"; "first packs of 1"; .bytes.tracks);
# n: of what has fewest.
def measured($by; row): {by: $by, date: $date, n: ([row] | if .[0].bench == "units" then group_by(.what) | map(length) | min else map(.n) | max end), machine: [row][0].machine};

def lanes($s): if $s == "nats" then 4 else 1 end; # of measure-units
# One reading in ten has what is kept of its source written.
def saved($s; f): [10 * (of($s; "packs of 1, one in ten with its source"; f) - of($s; "packs of 1"; f)), 0] | max;
def store($s): {
	measured: measured("scripts/measure-units " + $s; $all[] | select(.bench == "units" and .store == $s)),
	node_us: packs($s; ""; .node_us), lane_us: packs($s; ""; lane), publish_us: packs($s; ""; .stages_us.publish),
	broker_us: packs($s; ""; .broker_us),
	register: {node_us: of($s; "register"; .node_us)}, rekey: {node_us: rekey($s; .node_us)},
	saved: {node_us: saved($s; .node_us)}, idle: {node_us: of($s; "idle"; .node_us / lanes($s))}};
# Where it comes from, of each row that there has to be.
def needed:
	("nats", "sqlite" | . as $s | ("packs of 1", "packs of 50", "packs of 1, one in ten with its source", "register", "two rounds",
		"re-key and two rounds", "idle") | select([rows($s; .)] == []) | "measure-units \($s): \(.)"),
	("packs of 1, half of them handed on", "packs of 50, half of them handed on", "first packs of 1", "packs of 50, heard by one" |
		select([rows("nats"; .)] == []) | "measure-units nats: \(.)"),
	("pairwise", "dini", "dipietro", "tree" | . as $k |
		(("store for a source", "register, bytes", "register, written", "re-key, bytes", "re-key, written", "acknowledge, written",
			(select($k == "tree") | "follow, bytes", "follow, written")) |
			select(bench("scale"; .; $k) == null) | "nos-bench scale, \($k): \(.)"),
		("message ack", (select($k == "dipietro") | "message evict") | select(bench("overhead"; .; $k) == null) | "nos-bench overhead, \($k): \(.)")),
	("readings, packs of 1", "to the node, packs of 1", "to the node, packs of 50", "to the source, packs of 1", "to the source, packs of 50" |
		. + ", kept connections" | select(ingest(.) == null) | "nos-bench ingest: \(.)"),
	("to the subscriber, packs of 50, kept connections, subscriber" | select(ingest(.) == null) | "nos-bench ingest: \(.)");
# One line, and the status of data that is none.
def refuse: "plan-cluster: --measured: \(.)\n" | halt_error(65);

def units: {
	nats: (store("nats") + {
		servers_us: packs("nats"; ""; .servers_us), messages: packs("nats"; ""; .messages), handed_us: handed,
		raw: packs("nats"; ""; .bytes.raw), record: of("nats"; "packs of 50"; .bytes.processed),
		source: (of("nats"; "register"; .bytes.sources) + track)} |
		.register += {servers_us: of("nats"; "register"; .servers_us), messages: of("nats"; "register"; .messages)} |
		.rekey += {servers_us: rekey("nats"; .servers_us), messages: rekey("nats"; .messages), audit: of("nats"; "re-key and two rounds"; .bytes.audit)} |
		.saved += {servers_us: saved("nats"; .servers_us), messages: saved("nats"; .messages)} |
		.idle += {servers_us: of("nats"; "idle"; .servers_us / lanes("nats")), messages: of("nats"; "idle"; .messages / lanes("nats"))}),
	sqlite: (store("sqlite") + {
		raw: packs("sqlite"; ""; .bytes.stream_raw), record: of("sqlite"; "packs of 50"; .bytes.stream_processed),
		source: (bench("scale"; "store for a source"; "pairwise") + track)} |
		.rekey.audit = of("sqlite"; "re-key and two rounds"; .bytes.stream_audit)),
	broker: {measured: measured("scripts/measure-units nats"; rows("nats"; "packs of 50, heard by one")),
		heard_us: (of("nats"; "packs of 50, heard by one"; .broker_us) - of("nats"; "packs of 50"; .broker_us))},
	scheme: ((reduce ("pairwise", "dini", "dipietro", "tree") as $k ({measured: measured("nos-bench scale, overhead"; $all[] | select(.bench == "scale" and .what == "register, written"))};
		.[$k] = {keys: (if $k == "pairwise" then 1 elif $k == "dini" then 2 else 3 end), store: bench("scale"; "store for a source"; $k),
			register_bytes: bench("scale"; "register, bytes"; $k), rekey_bytes: bench("scale"; "re-key, bytes"; $k), rekey_written: bench("scale"; "re-key, written"; $k),
			ack_bytes: bench("overhead"; "message ack"; $k), ack_written: bench("scale"; "acknowledge, written"; $k)})) |
		.dipietro.evict_bytes = bench("overhead"; "message evict"; "dipietro") | .tree.evict_bytes = .dipietro.evict_bytes |
		.tree += {follow_bytes: bench("scale"; "follow, bytes"; "tree"), follow_written: bench("scale"; "follow, written"; "tree")}),
	wire: {measured: measured("nos-bench ingest"; $all[] | select(.what == "readings, packs of 1, kept connections")),
		to_node: ingest_packs("to the node"), to_source: ingest_packs("to the source"),
		text: 71, record: ingest("to the subscriber, packs of 50, kept connections, subscriber")},
	memory: {measured: {by: "tests/unit/stream/test_memory.c, MEMORY of nos-serve(8)"}, source: 635, type: 128, key: 150,
		process: of("sqlite"; "packs of 1"; .rss)},
	most: {measured: {by: "the source: limits of nos-serve, and of the store"}, sources: 10000000, replay: 10000000, lanes: 64}
} | short;
if any($all[]; type != "object") then "what comes is no rows of measure-units and nos-bench" | refuse
else [needed] as $missing |
	if $missing == [] then try units catch ("a row is not as it is printed (\(.))" | refuse)
	else "no row of \($missing[0])" + ($missing | length - 1 | if . == 0 then "" else ", and of \(.) more" end) | refuse end
end
