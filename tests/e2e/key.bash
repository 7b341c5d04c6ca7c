# The content key of a keyring, derived by openssl alone as nos-schemes(7) says, and a pack as it was sent.
to_hex() { # base64url
	local s=$1
	while ((${#s} % 4)); do s+==; done
	basenc --base64url -d <<<"$s" | basenc --base16 -w0 | tr A-F a-f
}
hex_of() { printf %s "$1" | basenc --base16 -w0 | tr A-F a-f; }
field() { printf '%02x%s' ${#1} "$(hex_of "$1")"; }
hkdf() { # mode length key [salt|info]
	openssl kdf -keylen "$2" -kdfopt digest:SHA256 -kdfopt "mode:$1" -kdfopt "hexkey:$3" ${4:+-kdfopt "$4"} HKDF |
		tr -d ':\n' | tr A-F a-f
}
expand() { hkdf EXPAND_ONLY "$2" "$1" "hexinfo:$3"; }  # prk length info

# Of a keyring's key: P its value, D and C, the content key, which are made of it; as hex.
derived() { # keyring index
	local z k_s kid source
	source=$(jq -r .source "$1")
	kid=$(jq -r ".keys[$2].key" "$1")
	z=$(to_hex "$(jq -r .static.key "$1")")
	P=$(to_hex "$(jq -r ".keys[$2].value" "$1")")
	k_s=$(expand "$z" 32 "$(hex_of 'nos/1 auth')00")
	D=$(hkdf EXTRACT_ONLY 32 "$k_s" "hexsalt:$P")
	C=$(expand "$D" 16 "$(hex_of 'nos/1 data')00$(field "$kid")$(field "$source")$(field A128GCM)")
}

# The content key of the first key of a.key, base64url: KEY, and SOURCE.
content_key() {
	SOURCE=$(jq -r .source a.key)
	derived a.key 0
	KEY=$(tr a-f A-F <<<"$C" | basenc --base16 -d | basenc --base64url -w0 | tr -d =)
}

# The pack that nos-send makes of the file reading: in the file ours.
capture_pack() {
	socat -d -d -u TCP-LISTEN:0,bind=127.0.0.1 CREATE:captured 2>capture.log 3>&- &
	OTHER_PIDS="${OTHER_PIDS:-} $!"
	eventually grep -q 'listening on' capture.log
	nos-send --keyring a.key --url "http://$(sed -n 's/.*listening on AF=2 //p' capture.log)" --wait 1s \
		<reading >/dev/null || true
	tail -n 1 captured >ours
}

# Memory that may be looked at; where none may, that is said, and files alone are.
memory() { # PID
	if [[ ${V:-release} != release ]]; then
		echo '# skipped: the memory, a sanitizer has its own' >&3
	elif ! (: <"/proc/$1/mem") 2>/dev/null; then
		echo '# skipped: the memory, no right to read it' >&3
	else
		echo "pid:$1"
	fi
}
