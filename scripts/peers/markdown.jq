# The document of report.jq as a page.
def cell: if . == null then "–" else tostring end;
def spread: if . == null then "–" else "\(.median) (\(.min)–\(.max))" end;
"\(.machine.kernel), \(.machine.processors) processors (\(.machine.model)); \(.runs) runs of \(.seconds) s; HTTP with packs over \(.connections) connections; load average \(.load_average | spread).",
"Versions: \(.versions | to_entries | map("\(.key) \(.value)") | join(", ")).",
"Not measured: \(.not_measured).",
"",
"| peer | arrangement | outlasts | readings/s, median (min–max) | n | server µs | broker behind it µs | load µs | p50 ms | p99 ms | ours / peer, median (min–max) | CPU, peer / ours |",
"|---|---|---|---|---|---|---|---|---|---|---|---|",
(.rows[] | if .left_out then "| \(.peer) | left out: \(.left_out) | \(.durability) | – | 0 | – | – | – | – | – | – | – |"
	else "| \(.peer) | \(.arrangement) | \(.durability) | \(.readings_s | spread) | \(.n) | \(.server_us) | \(.broker_us | cell) | \(.load_us) | \(.p50_ms) | \(.p99_ms) | \(.ratio | spread) | \(.cpu_ratio | spread) |" end),
"",
"| peer | outlasts | by | syncs a reading | left after kill -9, of acknowledged |",
"|---|---|---|---|---|",
(.rows | map(select(.proof)) | unique_by(.peer)[] |
	"| \(.peer) | \(.durability) | \(.rests_on) | \(.proof.syncs_a_reading) | \(.proof.left) of \(.proof.acknowledged) |")
