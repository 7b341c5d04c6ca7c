#!/usr/bin/env bats
# The npm package jose as a source: run by scripts/check --long, which installs node and npm.

setup() {
	load ../tool/helper
	load key
}
teardown() { everything_stops; }

@test "a pack made by the npm package jose is taken, and one of ours is opened by it" {
	npm install --silent --no-audit --no-fund --prefix . jose@5.9.6
	node_start --print
	nos-token new "${SEALED[@]}" --kind weather-station 2>/dev/null | nos-register --keyring a.key
	content_key
	printf '{"type":"air_temperature","value":-7.9}' >reading
	cat >source.mjs <<'END'
import { CompactEncrypt, compactDecrypt, base64url } from 'jose';
import { readFileSync } from 'node:fs';
const [what, key, source, url] = process.argv.slice(2), k = base64url.decode(key);
if (what === 'send') {
	const pack = await new CompactEncrypt(readFileSync('reading'))
		.setProtectedHeader({ alg: 'dir', enc: 'A128GCM', kid: 'p.1', src: source, seq: 1, cty: 'application/json' }).encrypt(k);
	const answer = await fetch(url + '/v1/data', { method: 'POST', body: pack, headers: { 'content-type': 'application/jose' } });
	console.log(answer.status, await answer.text());
} else {
	const { plaintext } = await compactDecrypt(readFileSync('ours', 'utf8').trim(), k);
	console.log(new TextDecoder().decode(plaintext));
}
END
	run -0 node source.mjs send "$KEY" "$SOURCE" "$URL"
	[[ $output == '202 {"accepted":1,'* ]]
	eventually test -s out
	[ "$(jq -c '[.source, .value, .scores.integrity]' out)" = "[\"$SOURCE\",-7.9,1]" ]
	capture_pack
	run -0 node source.mjs open "$KEY"
	[ "$output" = "$(cat reading)" ]
}
