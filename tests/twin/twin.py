#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second implementation of the schemes, which knows the formulas of nos-schemes(7) and nothing else.

twin.py PAGE            makes every vector of the page's VECTORS again, and compares
twin.py PAGE VECTORS    also with tests/vectors/vectors.json, where both have them
twin.py --control PAGE  changes one digit of one vector after another: each is to be noticed

Ends with 1, naming the first vector that differs."""

import base64
import hashlib
import hmac
import json
import re
import sys

sys.dont_write_bytecode = True  # a folder of sources stays one

import primitives as p  # noqa: E402

# What the page gives; all else in VECTORS is made from it.
GIVEN = """N, S, node private, E_N private, E_S private, sign private, token, nonce, SHA-256(m1), J, pack,
answer, node secret, seconds, polled, ask E_S private, ask E_N private, G, M, Z_M, A_0, B_2, h_8, s_0,
evict s""".replace("\n", " ").split(", ")
GIVEN += [f"K_{n} of e 0" for n in range(1, 16) if n != 13]  # K_13, of the leaf that is evicted, goes into nothing

GROUP = 3  # of all vectors of dipietro and tree
DAY = 17914  # of roaming
DEPTH = 3  # of its tree


class Differs(Exception):
    pass


# ---- the page ----


def read_page(text):
    """name -> bytes of a line "name: hex", or of "name = text"; a line that is indented goes on with
    the one before it."""
    section = re.search(r"^\.Sh VECTORS\n(.*?)^\.Sh ", text, re.S | re.M).group(1)
    display = "".join(re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed\n", section, re.S | re.M))
    lines = display.replace(r"\(aq", "'").replace("\n  ", "").splitlines()
    vectors = {}
    for line in filter(None, lines):
        name, kind, value = re.fullmatch(r"(.+?)(: | = )(.*)", line).groups()
        if name in vectors:
            raise Differs(f"{name}: there twice")
        vectors[name] = bytes.fromhex(value) if kind == ": " else value.encode()
    return vectors


# ---- formulas ----


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leb(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(x):
    x = leb(x) if isinstance(x, int) else x
    return leb(len(x)) + x


def X(salt, ikm):
    return hmac.digest(salt, ikm, "sha256")


def K(prk, label, *ctx, L=32):
    info = b"nos/1 " + label.encode() + b"\0" + b"".join(map(field, ctx))
    return hmac.digest(prk, info + b"\1", "sha256")[:L]


class Chain:
    def __init__(self, key, ctr=0):
        self.key, self.ctr = key, ctr

    @property
    def message(self):
        return K(self.key, "msg")

    @property
    def made(self):
        return K(self.key, "key")

    def at(self, ctr):
        key = self.key
        for _ in range(ctr - self.ctr):
            key = K(key, "next")
        return Chain(key, ctr)


def thumbprint(private):
    """RFC 7638."""
    x, y = (base64.urlsafe_b64encode(c).rstrip(b"=").decode() for c in p.p256_public(private))
    return sha(f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.encode())


class Twin:
    """All that a page's VECTORS lead to, in their order: (name, bytes)."""

    def __init__(self, given):
        self.v = given
        self.n, self.s = int(given["N"]), given["S"]

    def U(self, kind, chain, body):
        head = bytes([kind << 4 | 1]) + leb(chain.ctr)
        return head + p.siv_seal(chain.message, field(head) + field(self.n) + field(self.s), body)

    def base_of(self, r, digest, once):
        c = digest, once, self.n, self.s
        return {"down": K(r, "down", *c), "up": K(r, "up", *c), "pair": K(r, "pair", *c), "Z": K(r, "static", *c)}

    def keys(self):
        for name in "node", "E_N", "E_S":
            yield f"{name} public" if name == "node" else name, p.p256_point(self.v[f"{name} private"])
        yield "node thumbprint", thumbprint(self.v["node private"])
        yield "sign public", p.ed25519_public(self.v["sign private"])

    def registration(self):
        v = self.v
        t, e_s = sha(b"nos/1 token", v["token"]), p.p256_point(v["E_S private"])
        yield "T", t
        yield "token id", K(t, "id", L=8)
        yield "proof", K(t, "proof", e_s, v["nonce"], L=16)
        once, node = (p.ecdh(v[f"{k} private"], v["E_S private"]) for k in ("E_N", "node"))
        yield "ECDH(E_N,E_S)", once
        yield "ECDH(N,E_S)", node
        self.r = X(t, once + node)
        self.base = self.base_of(self.r, v["SHA-256(m1)"], p.p256_point(v["E_N private"]))
        yield "R", self.r
        yield "tag of m2", K(self.r, "m2", v["SHA-256(m1)"], v["J"], L=16)
        yield "C_0 down", self.base["down"]
        yield "C_0 up", self.base["up"]
        yield "P_1", self.base["pair"]
        yield "Z", self.base["Z"]
        for name, label in ("K_S", "auth"), ("R*", "resync"), ("V", "renew"), ("Q", "poll"):
            yield name, K(self.base["Z"], label)

    def chains(self):
        self.down, self.up = Chain(self.base["down"]), Chain(self.base["up"])
        for i in 0, 1, 2:
            step = self.down.at(i)
            yield f"M_{i} down", step.message
            yield f"M'_{i} down", step.made
            yield f"C_{i + 1} down", self.down.at(i + 1).key
        yield "M_0 up", self.up.message

    def pack(self):
        v = self.v
        d = X(self.base["pair"], K(self.base["Z"], "auth"))
        yield "D", d
        yield "data key", K(d, "data", b"p.1", self.s, b"A128GCM", L=16)
        yield "receipt", K(d, "receipt", sha(v["pack"]), sha(v["answer"]), L=16)

    def poll(self):
        v, q = self.v, K(self.base["Z"], "poll")
        self.nonce = K(v["node secret"], "nonce", int(v["seconds"]) // 60, L=16)
        yield "poll nonce", self.nonce
        yield "poll tag", K(q, "poll", self.s, self.nonce, L=16)
        yield "poll receipt", K(q, "polled", self.s, self.nonce, 200, sha(v["polled"]), L=16)

    def message(self, name, kind, chain, body):
        yield f"{name} body", body
        yield f"{name} U", self.U(kind, chain, body)

    def sized(self, name, kind, chain, body):
        yield from self.message(name, kind, chain, body)
        yield f"{name} bytes", str(len(self.U(kind, chain, body))).encode()

    def pairwise(self):
        yield from self.message("state", 0, self.down, leb(1) + leb(18) + leb(2))
        yield from self.message("pair", 9, self.down, leb(2))
        yield "P_2", K(self.down.made, "pair", 2)
        yield "pair at 300 U", self.U(9, self.down.at(300), leb(2))
        yield from self.message("ack", 10, self.up, leb(1) + field(b"p.2"))

    def resync(self):
        v, z = self.v, self.base["Z"]
        e_s, e_n = (p.p256_point(v[f"ask {k} private"]) for k in ("E_S", "E_N"))
        head = b"\xc1" + field(self.s) + leb(1) + e_s
        body = b"\1" + leb(1) + thumbprint(v["node private"]) + field(b"p.1") + field(b"d.1.7")
        ad = field(head) + field(self.nonce) + field(self.n)
        ask = head + p.siv_seal(K(z, "resync"), ad, body)
        yield "ask", ask
        yield "ask bytes", str(len(ask)).encode()
        once, node = (p.ecdh(k, v["ask E_S private"]) for k in (v["ask E_N private"], v["node private"]))
        r = X(K(z, "renew"), once + node)
        base = self.base_of(r, sha(ask), e_n)
        yield "ask R", r
        yield "ask C_0 down", base["down"]
        yield "ask C_0 up", base["up"]
        yield "ask P_2", base["pair"]
        yield "ask Z", base["Z"]
        state = self.U(0, Chain(base["down"]), leb(2) + leb(18) + leb(2))
        yield "ask state U", state
        yield "ask answer", b"\xd1" + e_n + field(state)

    def install(self, name, chain, incr):
        yield from self.sized(name, 1, chain, leb(incr) + leb(7))
        yield f"{name} L", K(X(self.v["G"], chain.made), "local", self.n, incr, 7, 1, L=16)

    def dini(self):
        v = self.v
        yield from self.message("global", 2, self.down, leb(7) + leb(1) + v["G"])
        yield from self.install("install", self.down, 7)
        yield from self.install("install at 1", self.down.at(1), 7)
        yield from self.install("install long", self.down.at(1), (1 << 32) + 1)
        held = b"".join(map(field, (b"d.1.7", b"p.1", b"w.7.1")))
        yield from self.message("ack of dini", 10, self.up, leb(2) + held)
        told = b"\x41" + b"".join(map(leb, (self.n, 1, 1, 7, 1)))
        told += p.ed25519_sign(v["sign private"], b"nos/1 " + told)
        yield "invalidation", told
        yield "invalidation bytes", str(len(told)).encode()

    def ring(self):
        ring, i = [], 0
        while len(ring) < 4:
            mac = hmac.digest(self.s, leb(i), "sha256")
            domain, i = 1 + int.from_bytes(mac[:8], "big") % 100, i + 1
            ring += [domain] * (domain not in ring)
        yield "ring", ",".join(map(str, ring)).encode()

    def relay(self):
        v = self.v
        a_m = K(v["Z_M"], "relay")
        k_sm = K(a_m, "link", self.s, L=16)
        yield "A_M", a_m
        yield "K_SM", k_sm
        yield from self.message("link", 8, self.down, field(v["M"]) + k_sm)
        frame = b"\xe1" + leb(0) + field(self.s) + field(v["pack"])
        yield "hop frame", frame + K(k_sm, "hop", frame, L=16)

    def roam(self):
        yield "K_roam", K(self.v["Z"], "roam", thumbprint(self.v["node private"]), DAY)

    def tokens(self):
        self.h = {8: self.v["h_8"]}
        for t in range(8, 0, -1):
            self.h[t - 1] = sha(b"nos/1 h", leb(self.n), leb(GROUP), leb(t), self.h[t])[:16]
        for t in range(8):
            yield f"h_{t}", self.h[t]

    def session(self, a, e, t):
        """The clock ticks to t."""
        self.a = K(a, "A", GROUP, t)
        self.k = K(X(K(self.a, "out", GROUP, t), self.h[t]), "session", GROUP, e, t)
        yield f"A_{t}", self.a
        yield f"k_{t}", self.k
        yield f"order {t}", b"\x31" + leb(GROUP) + leb(e) + leb(t) + self.h[t]

    def dipietro(self):
        v = self.v
        yield from self.tokens()
        self.a = v["A_0"]
        for t in 1, 2, 3:
            yield from self.session(self.a, 1, t)
        join = leb(GROUP) + leb(1) + leb(3) + self.a + self.h[3]
        healed = X(self.a, v["B_2"])
        yield "A_3 of e 2", healed
        yield from self.session(healed, 2, 4)
        yield "order bytes", str(1 + 3 + len(self.h[4])).encode()
        yield from self.sized("join", 7, self.down, join)
        yield from self.sized("heal", 6, self.down, leb(GROUP) + leb(2) + leb(3) + v["B_2"])
        d = X(self.k, K(self.base["Z"], "auth"))
        yield "data key of s.3.2.4", K(d, "data", b"s.3.2.4", self.s, b"A128GCM", L=16)
        yield "data key of g.3.2.4", K(self.k, "group", b"g.3.2.4", self.s, b"A128GCM", L=16)

    def evict(self, before, leaf):
        """Epoch 1 begins, without this leaf; what its new key is, is drawn, and made of nothing."""
        s, node = [self.v["s_0"]], 2**DEPTH + leaf
        while len(s) < DEPTH:
            s.append(K(s[-1], "up", L=16))
            yield f"s_{len(s) - 1}", s[-1]
        confirm, self.wraps = K(s[-1], "confirm", GROUP, 1, L=8), []
        yield "confirm", confirm
        after = {n: K(key, "step", 1, L=16) for n, key in before.items()}
        for j, s_j in enumerate(s):
            beside = node >> j ^ 1
            self.wraps.append(p.xor(s_j, K(before[beside], "wrap", GROUP, 1, beside, confirm, L=16)))
            yield f"wrap {j}", self.wraps[-1]
            after[node >> j + 1] = K(s_j, "node", L=16)
        yield "B_1", K(s[-1], "B", GROUP, 1, L=16)
        yield from ((f"K_{n} of e 1", after[n]) for n in range(1, 2 ** (DEPTH + 1)) if n != node)
        told = b"\xf1" + leb(GROUP) + leb(1) + leb(4) + leb(leaf) + confirm + b"".join(self.wraps)
        yield "eviction", told + p.ed25519_sign(self.v["sign private"], b"nos/1 " + told)
        yield "pull body", leb(GROUP) + leb(1) + leb(4) + leb(1) + s[1]  # leaf 6 is at level 1 beside leaf 5

    def tree(self):
        before = {n: self.v[f"K_{n} of e 0"] for n in range(1, 2 ** (DEPTH + 1)) if n != 13}
        path = b"".join(before[n] for n in (6, 3, 1))
        yield from self.sized("path", 11, self.down, leb(GROUP) + leb(0) + leb(5) + path)
        yield "leaf key", K(self.down.made, "leaf", GROUP, L=16)
        yield from self.evict(before, 5)
        yield from self.sized("evict", 5, self.down, leb(GROUP) + leb(2) + leb(4) + leb(1) + self.v["evict s"])

    def all(self):
        yield from self.keys()
        yield from self.registration()
        yield from self.chains()
        yield from self.pack()
        yield from self.poll()
        yield from self.pairwise()
        yield from self.resync()
        yield from self.dini()
        yield from self.ring()
        yield from self.relay()
        yield from self.roam()
        yield from self.dipietro()
        yield from self.tree()


# ---- comparisons ----


def check(vectors):
    missing = [name for name in GIVEN if name not in vectors]
    if missing:
        raise Differs(f"{missing[0]}: not in the page")
    made = {}
    for name, value in Twin(vectors).all():
        if vectors.get(name) != value:
            said = vectors[name].hex() if name in vectors else "nothing"
            raise Differs(f"{name}: the page has {said}, its formulas give {value.hex()}")
        made[name] = value
    for name in vectors:
        if name not in made and name not in GIVEN:
            raise Differs(f"{name}: no formula gives it")
    return len(made)


# Where vectors.json has what the page has.
SAME = {
    "inputs": {"N": "N", "S": "S", "node private": "node private", "node public": "node public",
               "node thumbprint": "node thumbprint", "E_N private": "E_N private", "E_N": "E_N",
               "E_S private": "E_S private", "E_S": "E_S", "sign private": "ed25519 private",
               "sign public": "ed25519 public", "token": "token", "nonce": "m1 nonce"},
    "registration": {"T": "T", "token id": "token id", "proof": "proof", "SHA-256(m1)": "SHA-256(m1)",
                     "ECDH(E_N,E_S)": "ECDH(E_N,E_S)", "ECDH(N,E_S)": "ECDH(N,E_S)", "R": "R", "J": "m2 JSON",
                     "tag of m2": "m2 tag", "C_0 down": "C_0 down", "C_0 up": "C_0 up", "P_1": "P_1", "Z": "Z",
                     "K_S": "K_S", "R*": "R*", "V": "V", "Q": "Q"},
    "chain down/0": {"M_0 down": "M", "M'_0 down": "M'", "C_1 down": "C next"},
    "chain down/1": {"M_1 down": "M", "M'_1 down": "M'", "C_2 down": "C next"},
    "chain down/2": {"M_2 down": "M", "M'_2 down": "M'", "C_3 down": "C next"},
    "pack": {"D": "D", "data key": "data key", "pack": "pack", "answer": "answer", "receipt": "receipt"},
    "poll": {"node secret": "node secret", "seconds": "time", "poll nonce": "nonce", "poll tag": "tag",
             "polled": "answer"},
    "U/state (z 1, next 18, v 2)": {"state body": "body", "state U": "bytes"},
    "U/pair": {"pair body": "body", "pair U": "bytes"},
    "U/pair at ctr 300": {"pair at 300 U": "bytes"},
    "U/ack": {"ack body": "body", "ack U": "bytes", "M_0 up": "M"},
    "U/global": {"global body": "body", "global U": "bytes"},
    "U/install": {"install body": "body", "install U": "bytes", "install bytes": "size"},
    "U/link": {"link body": "body", "link U": "bytes"},
    "U": {"P_2": "P_2"},
    "resync": {"ask": "ask", "ask E_S private": "E_S private", "ask E_N private": "E_N private", "ask R": "R",
               "ask C_0 down": "C_0 down", "ask C_0 up": "C_0 up", "ask P_2": "P_2", "ask Z": "Z (z 2)",
               "ask state U": "first U", "ask answer": "answer"},
    "dini": {"G": "G", "install L": "L (N 1, incr 7, domain 7, version 1)", "invalidation": "invalidation",
             "ack of dini U": "ack (behind global at 0 and install at 1)", "ring": "ring (P 100, k 4)",
             "Z_M": "Z_M", "A_M": "A_M", "K_SM": "K_SM", "hop frame": "hop",
             "K_roam": "K_roam (node thumbprint, day 17914)"},
    "dini/install at 1": {"install at 1 body": "body", "install at 1 U": "bytes", "install at 1 L": "L"},
    "dini/install long (incr 4294967297)": {
        "install long body": "body", "install long U": "bytes", "install long L": "L"},
    "dipietro": {"A_0": "A_0", "h_8": "h_n", "B_2": "B", "A_3 of e 2": "A_3 after heal",
                 "data key of s.3.2.4": "data key s.3.2.4", "data key of g.3.2.4": "group mode g.3.2.4",
                 "join body": "join body", "heal body": "heal body"},
    "dipietro/h": {f"h_{t}": t for t in range(9)},
    **{f"dipietro/steps/{t - 1}": {f"A_{t}": "A", f"k_{t}": "k", f"order {t}": "order"} for t in (1, 2, 3, 4)},
    **{f"U/{name}": {f"{name} body": "body", f"{name} U": "bytes", f"{name} bytes": "size"}
       for name in ("join", "heal", "evict")},
    "tree": {"confirm": "confirm", "B_1": "B_e", "eviction": "broadcast", "pull body": "pull body of leaf 6"},
    "U/path": {"path body": "body", "path U": "bytes", "path bytes": "size", "leaf key": "leaf key"},
    "tree/s": {f"s_{j}": j for j in range(3)},
    "tree/wraps": {f"wrap {j}": j for j in range(3)},
    "tree/before (e 0)": {f"K_{n} of e 0": str(n) for n in range(1, 16) if n != 13},
    "tree/after (e 1)": {f"K_{n} of e 1": str(n) for n in range(1, 16) if n != 13},
    "sizes": {"invalidation bytes": "invalidation", "ask bytes": "ask", "order bytes": "order"},
}  # fmt: skip


def compare(vectors, other):
    for place, names in SAME.items():
        at = other
        for step in place.split("/"):
            at = at[int(step)] if isinstance(at, list) else at[step]
        for name, there in names.items():
            said = at[there]
            said = ",".join(map(str, said)) if isinstance(said, list) else str(said)
            if said not in (vectors[name].hex(), vectors[name].decode(errors="replace")):
                raise Differs(f"{name}: vectors.json has {said}")


def control(vectors):
    """Each vector with a digit of its first byte changed; a page without one that is noticed is no page."""
    for name, value in vectors.items():
        try:
            check(vectors | {name: bytes([value[0] ^ 1]) + value[1:]})
        except Differs:
            continue
        raise Differs(f"{name}: a change of it is not noticed")
    return len(vectors)


def main(argv):
    args = [a for a in argv if a != "--control"]
    if not 1 <= len(args) <= 2:
        sys.exit(__doc__)
    try:
        with open(args[0], encoding="utf-8") as f:
            vectors = read_page(f.read())
        count = control(vectors) if "--control" in argv else check(vectors)
        if len(args) == 2:
            with open(args[1], encoding="utf-8") as f:
                compare(vectors, json.load(f))
    except Differs as e:
        sys.exit(f"twin: {e}")
    print(f"{count} vectors")


if __name__ == "__main__":
    main(sys.argv[1:])
