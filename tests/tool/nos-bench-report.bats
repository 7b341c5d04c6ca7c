#!/usr/bin/env bats

# The report and the figures of a small run, looked at as a person would: in a browser, on a large and on
# a small screen, by day and by night. Screenshots stay in build/report.

setup() { load helper; }

# Of one run, which is made once.
setup_file() {
	load helper
	cd "$BATS_FILE_TMPDIR"
	nos-bench scale --sources 20,200 --runs 3 --seed 1 --quiet \
		--plot figures --report report.html >rows
}

browser() {
	command -v chromium >/dev/null || skip 'no chromium here: scripts/install-deps test'
	timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--user-data-dir="$BATS_TEST_TMPDIR/profile" --allow-file-access-from-files --enable-logging=stderr "$@"
}

# What holds of a page, found out by the browser itself: look PAGE light|dark gives a line of JSON for each
# width.
look() {
	local night=1
	[ "$2" = light ] || night=0
	cat >look.html <<-END
		<!doctype html><body><script>
		const widths = [1280, 400], found = [];
		const luma = (c) => c.match(/[\d.]+/g).slice(0, 3).map((v) => v / 255)
			.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
			.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
		const size = (w, node) => {
			const e = node.parentElement, svg = e.closest('svg');
			return parseFloat(w.getComputedStyle(e).fontSize) * (svg ? svg.getScreenCTM().a : 1);
		};
		const shown = (w, node) => node.data.trim() && !node.parentElement.closest('style,title,desc,script') &&
			node.parentElement.getClientRects().length > 0;
		const see = (w) => {
			const d = w.document, root = d.documentElement, style = w.getComputedStyle(d.body || root);
			d.querySelectorAll('details').forEach((e) => { e.open = true; });
			const walk = d.createTreeWalker(root, NodeFilter.SHOW_TEXT), sizes = [];
			while (walk.nextNode()) if (shown(w, walk.currentNode)) sizes.push(size(w, walk.currentNode));
			const svgs = [...d.querySelectorAll('svg')], ids = [...d.querySelectorAll('[id]')].map((e) => e.id);
			const a = luma(style.color), b = luma(style.backgroundColor);
			return { width: w.innerWidth, over: root.scrollWidth - w.innerWidth, texts: sizes.length,
				least: Math.min(...sizes), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
				figures: svgs.filter((s) => s.getBoundingClientRect().width > 300 &&
					s.querySelectorAll('path').length > 8).length,
				named: svgs.every((s) => s.getAttribute('aria-labelledby').split(' ')
					.every((id) => d.getElementById(id))),
				ids: ids.length === new Set(ids).size,
				captions: [...d.querySelectorAll('table')].every((t) => t.caption),
				headings: d.querySelectorAll('h1').length,
				outside: d.querySelectorAll('script,[src],link:not([href^="data:"])').length };
		};
		widths.forEach((width) => {
			const f = document.createElement('iframe');
			f.style.cssText = 'border:0;height:900px;width:' + width + 'px';
			f.onload = () => { found.push(JSON.stringify(see(f.contentWindow)));
				if (found.length === widths.length) document.body.textContent = found.join('\n'); };
			f.src = '$1';
			document.body.append(f);
		});
		</script></body>
	END
	browser --blink-settings=preferredColorScheme=$night --window-size=1400,1000 --virtual-time-budget=10000 \
		--dump-dom "file://$PWD/look.html" 2>said | sed -n 's/^.*<body>//; s/<\/body>.*$//; /^{/p' | sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
	[ "${PIPESTATUS[0]}" = 0 ]
	fails grep CONSOLE said
}

@test "each figure of a run is there twice, and has what it shows in words" {
	cd "$BATS_FILE_TMPDIR"
	for name in work records store; do
		for file in "figures/$name.svg" "figures/$name-log.svg"; do
			xmllint --noout "$file"
			grep -q '<desc id=[^>]*>.* against sources\. pairwise: ' "$file"
			for scheme in pairwise dini dipietro tree; do
				grep -q ">$scheme<" "$file"
			done
		done
	done
	[ "$(find figures -type f | wc -l)" = 6 ]
}

@test "a figure that no row is for is left out, and said to be" {
	run -0 --separate-stderr nos-bench scale --sources 10 --scheme dini --runs 1 --plot figures
	[[ $stderr == *'no figure fig1: no rows of delay'* ]]
	[ ! -e figures/fig1.svg ]
	[ -s figures/store.svg ]
}

@test "a report has every row of the run, what was asked, and nothing from elsewhere" {
	cd "$BATS_FILE_TMPDIR"
	[ "$(grep -c '^<tr><td' report.html)" = "$(wc -l <rows)" ]
	for said in "$(jq -r .machine rows | head -1 | sed 's/&/\&amp;/g')" '<dd>20,200</dd>' '<dd>3</dd>' '<dd>1</dd>'; do
		grep -qF "$said" report.html
	done
	[ "$(grep -o '[a-z]*://[^"< ]*' report.html | sort -u | grep -vc '^http://www.w3.org/')" = 0 ]
}

@test "without gnuplot there is a report without figures, and a plot is an error that says what to install" {
	mkdir bin
	ln -s "$(command -v nos-bench)" bin
	run -0 --separate-stderr env PATH="$PWD/bin" nos-bench scale --sources 10 --runs 1 --report report.html
	grep -q 'Figures are left out: no gnuplot' report.html
	run --separate-stderr env PATH="$PWD/bin" nos-bench scale --sources 10 --runs 1 --plot figures
	[ "$status" -ne 0 ]
	[[ $stderr == *'gnuplot-nox'* ]]
}

@test "a report fits a large and a small screen, by day and by night, and can be read there" {
	cd "$BATS_FILE_TMPDIR"
	for theme in light dark; do
		seen=$(look report.html $theme)
		echo "$theme: $seen"
		jq -se 'map(.width) | sort == [400, 1280]' <<<"$seen"
		jq -se 'all(.[]; .over <= 0 and .least >= 12 and .texts > 100 and .contrast >= 7)' <<<"$seen"
		jq -se 'all(.[]; .figures == 6 and .named and .ids and .captions and .headings == 1 and .outside == 0)' <<<"$seen"
	done
}

@test "screenshots of a report are kept" {
	cd "$BATS_FILE_TMPDIR"
	kept=$ROOT/build/report
	mkdir -p "$kept"
	for width in 1280 400; do
		for theme in light dark; do
			night=1
			[ $theme = light ] || night=0
			rm -f "$kept/report-$width-$theme.png"
			browser --blink-settings=preferredColorScheme=$night --window-size=$width,3000 \
				--screenshot="$kept/report-$width-$theme.png" "file://$PWD/report.html" 2>said
			[ -s "$kept/report-$width-$theme.png" ]
		done
	done
	run ! cmp -s "$kept/report-400-light.png" "$kept/report-400-dark.png"
}
