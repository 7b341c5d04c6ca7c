# SPDX-License-Identifier: MIT
"""The ciphers and curves that twin.py needs beside hashlib and hmac, each from its own paper: AES and
CMAC (FIPS 197, RFC 4493), SIV (RFC 5297), P-256 (FIPS 186-4), Ed25519 (RFC 8032). Slow, and not in
constant time: for vectors, whose keys are no secret."""

import functools
import hashlib

# ---- AES-128, one block ----


def _xtime(a):
    return (a << 1) ^ (0x11B if a & 0x80 else 0)


def _make_sbox():
    exp, log, x = [0] * 255, [0] * 256, 1
    for i in range(255):
        exp[i], log[x] = x, i
        x ^= _xtime(x)
    box = []
    for a in range(256):
        b = exp[-log[a] % 255] if a else 0
        s = b
        for _ in range(4):
            b = (b << 1 | b >> 7) & 0xFF
            s ^= b
        box.append(s ^ 0x63)
    return box


_SBOX = _make_sbox()


def _expand(key):
    words, rcon = [key[i : i + 4] for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        t = words[-1]
        if i % 4 == 0:
            t = bytes(_SBOX[b] for b in t[1:] + t[:1])
            t, rcon = bytes([t[0] ^ rcon]) + t[1:], _xtime(rcon)
        words.append(xor(words[-4], t))
    return [b"".join(words[i : i + 4]) for i in range(0, 44, 4)]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _mix(c):
    t = c[0] ^ c[1] ^ c[2] ^ c[3]
    return [c[i] ^ t ^ _xtime(c[i] ^ c[(i + 1) % 4]) for i in range(4)]


def aes(key, block):
    keys = _expand(key)
    s = xor(block, keys[0])
    for n in range(1, 11):
        s = [_SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if n < 10:
            s = [b for i in range(0, 16, 4) for b in _mix(s[i : i + 4])]
        s = xor(s, keys[n])
    return s


# ---- CMAC and SIV ----


def _dbl(block):
    n = int.from_bytes(block, "big") << 1
    return ((n & (1 << 128) - 1) ^ (0x87 if n >> 128 else 0)).to_bytes(16, "big")


def cmac(key, text):
    sub = _dbl(aes(key, bytes(16)))
    at = max(len(text) - 1, 0) // 16 * 16
    last, mac = text[at:], bytes(16)
    if len(last) < 16:
        last, sub = (last + b"\x80").ljust(16, b"\0"), _dbl(sub)
    for i in range(0, at, 16):
        mac = aes(key, xor(mac, text[i : i + 16]))
    return aes(key, xor(xor(mac, last), sub))


def siv_seal(key, ad, text):
    """AES-128-SIV with one AD: the tag, then the ciphertext."""
    auth, enc = key[:16], key[16:]
    d = xor(_dbl(cmac(auth, bytes(16))), cmac(auth, ad))
    if len(text) >= 16:
        t = text[:-16] + xor(text[-16:], d)
    else:
        t = xor(_dbl(d), (text + b"\x80").ljust(16, b"\0"))
    tag = cmac(auth, t)
    ctr = int.from_bytes(tag, "big") & ~(1 << 63 | 1 << 31)
    stream = b"".join(
        aes(enc, ((ctr + i) % (1 << 128)).to_bytes(16, "big")) for i in range((len(text) + 15) // 16)
    )
    return tag + xor(text, stream[: len(text)])


# ---- P-256, in affine coordinates; None is the point at infinity ----

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _p256_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % _P == 0:
        return None
    if a == b:
        slope = 3 * (a[0] * a[0] - 1) * pow(2 * a[1], -1, _P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, _P)
    x = (slope * slope - a[0] - b[0]) % _P
    return x, (slope * (a[0] - x) - a[1]) % _P


@functools.lru_cache(None)
def _p256_mul(n, point):
    r = None
    for bit in bin(n)[2:]:
        r = _p256_add(r, r)
        if bit == "1":
            r = _p256_add(r, point)
    return r


def p256_public(private):
    """x and y, 32 bytes each."""
    return tuple(c.to_bytes(32, "big") for c in _p256_mul(int.from_bytes(private, "big"), _G))


def p256_point(private):
    """The 33 bytes of the public point."""
    x, y = p256_public(private)
    return bytes([2 + y[-1] % 2]) + x


def ecdh(private, other):
    """The 32-byte x of what two private keys have in common."""
    x, y = (int.from_bytes(c, "big") for c in p256_public(other))
    return _p256_mul(int.from_bytes(private, "big"), (x, y))[0].to_bytes(32, "big")


# ---- Ed25519, in affine coordinates ----

_Q = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _Q) % _Q
_BY = 4 * pow(5, -1, _Q) % _Q


def _even_x(y):
    xx = (y * y - 1) * pow(_D * y * y + 1, -1, _Q)
    x = pow(xx, (_Q + 3) // 8, _Q)
    if (x * x - xx) % _Q:
        x = x * pow(2, (_Q - 1) // 4, _Q) % _Q
    return x if x % 2 == 0 else _Q - x


_B = (_even_x(_BY), _BY)


def _ed_add(a, b):
    t = _D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + t, -1, _Q) % _Q
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, _Q) % _Q


@functools.lru_cache(None)
def _ed_mul(n):
    r = (0, 1)
    for bit in bin(n)[2:]:
        r = _ed_add(r, r)
        if bit == "1":
            r = _ed_add(r, _B)
    return (r[1] | (r[0] & 1) << 255).to_bytes(32, "little")


def _sha512(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def _scalar(private):
    n = int.from_bytes(hashlib.sha512(private).digest()[:32], "little")
    return n & (1 << 254) - 8 | 1 << 254


def ed25519_public(private):
    return _ed_mul(_scalar(private))


def ed25519_sign(private, text):
    r = _sha512(hashlib.sha512(private).digest()[32:], text) % _L
    point = _ed_mul(r)
    s = (r + _sha512(point, ed25519_public(private), text) * _scalar(private)) % _L
    return point + s.to_bytes(32, "little")
