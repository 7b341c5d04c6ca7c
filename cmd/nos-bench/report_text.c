/* SPDX-License-Identifier: MIT */
#include "report_text.h"

static const struct report_text texts[] = {
	{ "paper", "What the paper claims",
	    "Each number that the paper prints is a row. It stands beside what the same "
	    "step gave here, once with the schemes as printed and once with the hardened "
	    "ones. <em>Reproduced</em>: the same number came out. <em>Explained</em>: "
	    "another one, for a reason that is given. <em>Contradicted</em>: another "
	    "one. Times were the paper&rsquo;s on a Raspberry Pi and are this "
	    "machine&rsquo;s here, so it is their order that can be compared." },
	{ "overhead", "Overhead",
	    "Messages are made by the code that sends them, and their bytes are counted. "
	    "Storage is what a source has to keep. Operations are counted where they are "
	    "done; their times are samples of this machine." },
	{ "delay", "Delay",
	    "A node and its sources run in one process and talk over the loopback "
	    "interface, so that what is measured is the work and not a network; a delay "
	    "for each hop can be added (--rtt). Propagation lasts from the node&rsquo;s "
	    "decision to the source&rsquo;s word that it has the key. Replacement lasts "
	    "until the last source has it." },
	{ "robustness", "Robustness",
	    "An attacker is given what passed on the wire and the secrets that are "
	    "named, and nothing else. Each attack runs <em>m</em> times and succeeds "
	    "<em>k</em> times. It runs again with the defence taken out: where it does "
	    "not succeed even then, the experiment shows nothing, and is void. Intervals "
	    "are Wilson&rsquo;s." },
	{ "scale", "Scale",
	    "The store of a node is filled with records that the library makes. One "
	    "source more is then registered, sends, gets its next key and is revoked, by "
	    "the functions that the node and its tools use. Records are counted as the "
	    "store reads and writes them; processor time is the node&rsquo;s alone; "
	    "bytes are those of the messages. A step whose count does not grow with the "
	    "number of sources costs the same however many there are." },
	{ "ingest", "Ingest",
	    "Sealed packs are posted to a node that is a process of its own, with its "
	    "store on disk and a broker beside it. A reading counts once its source has "
	    "a receipt and the broker, or the subscriber where there is one, has the "
	    "record. Load, broker and node share the machine. Processor time is of a "
	    "reading; its stages are what the node counts of itself." },
};

const struct report_text *report_text_at(size_t i)
{
	return i < sizeof(texts) / sizeof(texts[0]) ? &texts[i] : 0;
}

const char report_text_method[] =
    "<p>Two key management schemes, one after Dini et al. and one after Di "
    "Pietro et al., were compared in a paper on securing a middleware for the "
    "Internet of Things. This page is that evaluation run again. <em>Paper</em> "
    "is the schemes as printed, with keys of 64 bits and with their faults; "
    "<em>default</em> is what nos-serve runs. Two more schemes stand beside "
    "them: <em>pairwise</em>, one key for each source, and <em>tree</em>, which "
    "puts one member out of a group.</p>\n<p>A row is a sample of <em>n</em> "
    "runs: its least value, its median, the values below which 95 % and 99 % of "
    "it lie, and from <em>low</em> to <em>high</em> the interval that has the "
    "median with 95 % (bootstrap, 1000 resamples). Where n is 1 the number was "
    "counted. Bars in the figures are that interval. The seed repeats what is "
    "drawn; times are not repeated.</p>\n";

const char report_text_style[] =
    ":root{color-scheme:light dark;--text:#1b1b1b;--back:#fff;--line:#767676;--soft:#f2f2f2;"
    "--link:#0050a0}\n"
    "@media(prefers-color-scheme:dark){:root{--text:#e8e8e8;--back:#161616;--line:#8a8a8a;"
    "--soft:#242424;--link:#8ab8ff}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:.75rem;max-width:76rem;color:var(--text);background:var(--back);"
    "font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\n"
    "p,dl{max-width:46rem}a{color:var(--link)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem}dd{margin:0}\n"
    "nav ul{padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.5rem 1.25rem}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(22.5rem,100%),1fr));"
    "gap:1rem}\n"
    "figure{margin:0;max-width:33rem}figure svg{display:block;width:100%;height:auto}\n"
    "figcaption{font-size:.9rem}summary{cursor:pointer;padding:.5rem 0}\n"
    ".box{overflow-x:auto;border:1px solid var(--line)}\n"
    "table{border-collapse:collapse;font-size:.875rem;overflow-wrap:normal}\n"
    "caption{text-align:left;padding:.5rem;font-weight:bold}\n"
    "th,td{padding:.25rem .6rem;text-align:left;vertical-align:top;"
    "border-top:1px solid var(--line)}\n"
    "td{max-width:24rem}.s{min-width:20rem}th{background:var(--soft)}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}\n";
