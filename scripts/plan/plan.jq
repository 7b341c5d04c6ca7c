# The rows of scripts/plan-cluster, of $given, the assumptions, and $units, what was measured. Each says of what
# it was computed: a name with a dot is one of units.json, STORE that of --store and SCHEME that of --scheme;
# one without is an assumption or a row before. What was measured by packs of 1 and of 50 is taken apart into a
# part a reading and a part a pack, so that cost() holds of any pack.
def a_reading($of): $of["50"] - ($of["1"] - $of["50"]) / 49;
def a_pack($of): ($of["1"] - $of["50"]) * 50 / 49;
def cost($of): a_reading($of) + a_pack($of) / $given.pack;
# Of bytes, the part a reading is as long as its text.
def length_of($of): a_reading($of) * $given.text / $units[0].wire.text + a_pack($of) / $given.pack;
def up: ceil | if . < 1 then 1 else . end;
def day: 86400;

$given as $g | $units[0] as $units | $units[$g.store] as $s | $units.scheme[$g.scheme] as $k | $units.scheme.pairwise as $p |
($g.store == "nats") as $nats | (if $nats then $g.replicas else 1 end) as $replicas |
($g.scheme == "dipietro" or $g.scheme == "tree") as $grouped |
($g.cores * (1 - $g.headroom)) as $busy |

# HTTP
($g.sources / $g.interval) as $readings | ($readings / $g.pack) as $packs |
# As packs of one reading, by how long a restart goes through them: a limit of nos-serve, see there
($packs * (3 + $g.pack) / 4) as $ones |
# Keys, a day
($g.sources / $g.rekey_days) as $rekeyed | (if $grouped then $g.sources / $g.members | up else 0 end) as $groups |
($groups / $g.rekey_days) as $orders | ($g.sources * $g.leaving / 365) as $left |
(if $grouped then $left * ($g.members - 1) else 0 end) as $told_of_left |
(if $g.scheme == "dipietro" then 0 else $rekeyed end) as $acks |
(if $grouped then $orders * $k.rekey_written + $rekeyed * ($k.follow_written // 0) else $rekeyed * $k.rekey_written end
	+ $acks * $k.ack_written) as $written |
# Of a pairwise key so many records are written in all, and the measured cost is theirs.
($p.rekey_written + $p.ack_written) as $whole |
# nos-serve
# The limit of sources is a nos-serve's, which holds none without a lane; that of what is gone through again is a lane's.
($g.sources / $units.most.sources) as $limits |
([$readings * ([cost($s.lane_us), cost($s.publish_us)] | max) / 1e6 / (1 - $g.headroom), $limits, $g.sources * $g.replay / $units.most.replay] | max | up) as $lanes |
(if $nats then $g.handed_on else 0 end) as $handed |
($readings * (cost($s.node_us) + (if $nats then $handed * cost($s.handed_us) else 0 end)) / 1e6 + $ones * $s.saved.node_us / $g.replay / 1e6 +
	$lanes * $s.idle.node_us / 1e6) as $cores |
($written / $whole * $s.rekey.node_us / 1e6 / day) as $key_cores |
($units.memory.source + $units.memory.type * $g.types + $units.memory.key * ($k.keys - 1)) as $each |
($g.sources * $each) as $memory |
([($cores + $key_cores) / $busy, (if $nats then 0 else $lanes / $g.cores end)] | max | up) as $machines |
([$machines, (if $nats then $limits else $lanes end)] | max | up) as $nodes |
($memory + $nodes * $units.memory.process) as $memory |
# The store
($packs + $readings + $ones / $g.replay) as $entries |
($readings * (length_of($s.raw) + $s.record)) as $grows |
(if $nats then ($readings * cost($s.servers_us) + $ones * $s.saved.servers_us / $g.replay) / 1e6 * $replicas / 3 +
	$written / $whole * $s.rekey.servers_us / 1e6 / day * $replicas / 3
	+ $lanes * $s.idle.servers_us / 1e6 else 0 end) as $server_cores |
(if $nats then $server_cores / $busy / $replicas | up * $replicas else 0 end) as $servers |
($g.sources * ($s.source + $k.store - $p.store)) as $state |
($grows * $g.retention_days * day) as $kept |
# MQTT
($readings * (cost($s.broker_us) + $g.subscribers * $units.broker.heard_us) / 1e6) as $broker_cores |
# Onboarding
($g.sources * $s.register.node_us / 1e6 / 3600) as $register_hours |
(if $nats then $g.sources * $s.register.servers_us / 1e6 / 3600 * $replicas / 3 else 0 end) as $register_server_hours |

def row($room; $what; $value; $unit; $of): {room: $room, what: $what, value: ($value | if . < 1e6 then . * 1000 | round / 1000 elif . < 1e12 then round else . / 1e6 | round * 1e6 end), unit: $unit, of: $of};

row("http"; "readings"; $readings; "/s"; "sources / interval"),
row("http"; "requests"; $packs; "/s"; "readings / pack"),
row("http"; "bytes in"; $readings * length_of($units.wire.to_node); "B/s"; "readings * wire.to_node(pack, text)"),
row("http"; "bytes of answers"; $readings * cost($units.wire.to_source); "B/s"; "readings * wire.to_source(pack)"),
row("nos-serve"; "requests handed on"; $packs * $handed; "/s"; "requests * handed-on"),
row("nos-serve"; "cores"; $cores; "cores"; "readings * (STORE.node_us(pack) + handed-on * STORE.handed_us(pack)) + ones * STORE.saved.node_us / replay + lanes * STORE.idle.node_us, ones = requests * (3 + pack) / 4"),
row("nos-serve"; "cores for keys"; $key_cores; "cores"; "records for keys / SCHEME pairwise's * STORE.rekey.node_us"),
row("nos-serve"; "machines"; $machines; "machines"; "(cores + cores for keys) / (cores a machine * (1 - headroom))" + if $nats then "" else ", or lanes / cores a machine" end),
row("nos-serve"; "processes"; $nodes; "processes"; "the most of: machines, sources / most.sources" + if $nats then "" else ", lanes" end),
row("nos-serve"; "memory"; $memory; "B"; "sources * (memory.source + types * memory.type + (SCHEME.keys - 1) * memory.key) + processes * memory.process"),
row("nos-serve"; "memory of each machine"; $memory / $machines; "B"; "memory / machines"),
row("nos-serve"; "--limit sources"; $g.sources / $nodes | ceil; "sources"; "sources / processes"),
row("nos-serve"; "--limit replay"; $g.sources / $lanes * $g.replay | ceil; "packs"; "sources / lanes * replay"),
row("nos-serve"; "lanes"; $lanes; "lanes"; "the most of: readings * STORE.lane_us(pack) / (1 - headroom), with STORE.publish_us(pack) for it, sources / most.sources, sources * replay / most.replay"),
row("store"; "stores"; (if $nats then $lanes / $units.most.lanes | up else $nodes end); "stores"; if $nats then "lanes / most.lanes" else "processes" end),
row("store"; "entries"; $entries; "/s"; "requests + readings + ones / replay"),
(if $nats then
	row("store"; "messages at servers"; $readings * cost($s.messages) + $ones * $s.saved.messages / $g.replay + $lanes * $s.idle.messages; "/s"; "readings * nats.messages(pack) + ones * nats.saved.messages / replay + lanes * nats.idle.messages"),
	row("store"; "cores of servers"; $server_cores; "cores"; "(readings * nats.servers_us(pack) + ones * nats.saved.servers_us / replay + records for keys / SCHEME pairwise's * nats.rekey.servers_us) * replicas / 3 + lanes * nats.idle.servers_us"),
	row("store"; "servers"; $servers; "machines"; "cores of servers / (cores a machine * (1 - headroom)), a multiple of replicas")
else empty end),
row("store"; "bytes that come"; $grows; "B/s"; "readings * (STORE.raw(pack, text) + STORE.record)"),
row("store"; "state"; $state * $replicas; "B"; "sources * (STORE.source + SCHEME.store - SCHEME pairwise's) * replicas"),
row("store"; "streams"; $kept * $replicas; "B"; "bytes that come * retention-days * replicas"),
row("store"; "audit"; ($written / $whole * $s.rekey.audit) * 365 * $replicas; "B/year"; "records for keys / SCHEME pairwise's * STORE.rekey.audit * replicas"),
row("store"; "bytes on each"; ($state + $kept) * $replicas / (if $nats then $servers else $machines end); "B"; "(state + streams) / " + (if $nats then "servers" else "machines" end)),
row("mqtt"; "records"; $readings; "/s"; "readings"),
row("mqtt"; "bytes to a subscriber"; $readings * $units.wire.record; "B/s"; "records * wire.record"),
row("mqtt"; "cores of brokers"; $broker_cores; "cores"; "records * (STORE.broker_us(pack) + subscribers * broker.heard_us)"),
row("mqtt"; "brokers"; $broker_cores / (1 - $g.headroom) | up; "processes"; "cores of brokers / (1 - headroom), each of one thread"),
row("keys"; "sources with a new key"; $rekeyed; "/day"; "sources / rekey-days"),
row("keys"; "orders for a whole group"; (if $grouped then $orders else 0 end); "/day"; "sources / members / rekey-days"),
row("keys"; "messages to sources"; $rekeyed; "/day"; "sources with a new key"),
row("keys"; "acknowledgements"; $acks; "/day"; if $g.scheme == "dipietro" then "none: the first pack says it" else "sources with a new key" end),
row("keys"; "bytes of both"; $rekeyed * ($k.follow_bytes // $k.rekey_bytes) + $acks * $k.ack_bytes; "B/day"; "messages to sources * SCHEME.rekey_bytes or follow_bytes + acknowledgements * SCHEME.ack_bytes"),
row("keys"; "sources that leave"; $left; "/day"; "sources * leaving / 365"),
row("keys"; "messages of evictions"; $told_of_left; "/day"; "sources that leave * (members - 1), in a group"),
row("keys"; "bytes of evictions"; $told_of_left * ($k.evict_bytes // 0); "B/day"; "messages of evictions * SCHEME.evict_bytes"),
row("keys"; "records for keys"; $written; "/day"; "what is re-keyed * SCHEME.rekey_written or follow_written + acknowledgements * SCHEME.ack_written"),
row("onboarding"; "bytes"; $g.sources * $k.register_bytes; "B"; "sources * SCHEME.register_bytes"),
row("onboarding"; "processor of nos-serve"; $register_hours; "h"; "sources * STORE.register.node_us"),
(if $nats then row("onboarding"; "processor of servers"; $register_server_hours; "h"; "sources * nats.register.servers_us * replicas / 3") else empty end),
row("onboarding"; "days, before any reading"; ([$register_hours / ($machines * $busy),
	(if $nats then $register_server_hours / ($servers * $busy) else 0 end)] | max / 24); "days"; "the longer of each processor's time / (its machines * cores a machine * (1 - headroom))")
