#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A source that knows nos-wire(7) and nos-schemes(7) and nothing else of nos; the jose command seals and opens.

source.py URL <ENROLMENT   registers, sends, polls, acknowledges and asks, in a folder of its own

Each answer is looked at as the pages say, and prints a line: method, path, media type of the body,
status, media type of the answer. Ends with 1 at the first that is not as it should be."""

import base64
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request

sys.dont_write_bytecode = True  # a folder of sources stays one

import primitives as p  # noqa: E402
from twin import Chain, K, X, field, leb, sha  # noqa: E402

WORD = "application/octet-stream"
SEALED = "application/jose"
READING = b'{"type":"air_temperature","value":-7.9,"unit":"Cel","time":1547812800}\n'


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def raw(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(good, what):
    if not good:
        sys.exit(f"source: {what}")


def jose(words, key, text):
    with open("key.jwk", "w") as f:
        json.dump(key, f)
    return subprocess.run(["jose", "jwe", *words, "-k", "key.jwk"], input=text, stdout=subprocess.PIPE, check=True).stdout


def seal(key, header, text):
    return jose(["enc", "-I-", "-c", "-i", json.dumps({"protected": header})], key, text)


class Pair:
    """A P-256 key of the source's own."""

    def __init__(self):
        self.private = bytes([1]) + os.urandom(31)
        self.x, self.y = p.p256_public(self.private)
        self.point = p.p256_point(self.private)
        self.public = {"kty": "EC", "crv": "P-256", "x": b64(self.x), "y": b64(self.y)}
        self.jwk = {**self.public, "d": b64(self.private)}

    def shared(self, point):
        with open("own.jwk", "w") as own, open("other.jwk", "w") as other:
            json.dump(self.jwk, own)
            json.dump(point, other)
        said = subprocess.run(["jose", "jwk", "exc", "-l", "own.jwk", "-r", "other.jwk"], stdout=subprocess.PIPE, check=True)
        return raw(json.loads(said.stdout)["x"])


def jwk_of(point):
    """Of 33 bytes: the y whose parity the first one says."""
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x = int.from_bytes(point[1:], "big")
    y = pow(x**3 - 3 * x + b, (prime + 1) // 4, prime)
    if y % 2 != point[0] % 2:
        y = prime - y
    return {"kty": "EC", "crv": "P-256", "x": b64(point[1:]), "y": b64(y.to_bytes(32, "big"))}


def pin_of(key):
    return sha(f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'.encode())


class Source:
    def __init__(self, url, enrolment):
        self.url, self.enrolment = url, enrolment
        self.node = enrolment["node"]

    def call(self, method, path, status, media=None, body=None, **headers):
        r = urllib.request.Request(self.url + path, body, headers, method=method)
        if media:
            r.add_header("Content-Type", media)
        try:
            with urllib.request.urlopen(r, timeout=60) as a:
                self.answer(a)
        except urllib.error.HTTPError as a:
            self.answer(a)
        check(self.status == status, f"{method} {path}: {self.status} {self.body}")
        print(method, path.split("?")[0], media or "-", status, self.headers.get("Content-Type", "-"))

    def answer(self, a):
        self.status, self.headers, self.body = a.status, a.headers, a.read()

    def receipt(self):
        return raw(self.headers["Nos-Receipt"])

    # ---- registration ----

    def find_node(self):
        self.call("GET", "/v1/node", 200)
        keys = json.loads(self.body)["keys"]
        self.pin = raw(self.enrolment["pin"])
        key = next(k for k in keys if k["kty"] == "EC" and pin_of(k) == self.pin)
        self.key = {name: key[name] for name in ("kty", "crv", "x", "y")}

    def register(self):
        t, own, nonce = sha(b"nos/1 token", raw(self.enrolment["token"])), Pair(), os.urandom(16)
        text = {
            "token": b64(K(t, "id", L=8)),
            "key": b64(own.point),
            "nonce": b64(nonce),
            "proof": b64(K(t, "proof", own.point, nonce, L=16)),
            "description": {"mode": "push"},
        }
        m1 = seal(self.key, {"alg": "ECDH-ES", "enc": "A256GCM", "kid": b64(self.pin)}, json.dumps(text).encode())
        self.call("POST", "/v1/sources", 201, SEALED, m1)
        m2 = self.body
        self.call("POST", "/v1/sources", 201, SEALED, m1)
        check(self.body == m2, "the same m1 has another m2")
        plain = jose(["dec", "-i-"], own.jwk, m2)
        j, tag = plain[:-16], plain[-16:]
        said = json.loads(j)
        self.id, self.next = said["source"], said["next"]
        once = raw(said["key"])
        r = X(t, own.shared(jwk_of(once)) + own.shared(self.key))
        check(tag == K(r, "m2", sha(m1), j, L=16), "the tag of m2")
        check(raw(said["m1"]) == sha(m1) and raw(said["nonce"]) == nonce, "m2 is of another m1")
        self.take_base(r, sha(m1), once)
        self.z = K(r, "static", *self.context)
        self.kid = "p.1"

    def take_base(self, r, digest, once):
        self.context = digest, once, self.node, self.id.encode()
        self.pair, self.down, self.up = (K(r, name, *self.context) for name in ("pair", "down", "up"))

    # ---- packs ----

    def pack(self, seq, text):
        self.d = X(self.pair, K(self.z, "auth"))
        key = K(self.d, "data", self.kid.encode(), self.id.encode(), b"A128GCM", L=16)
        header = {"alg": "dir", "enc": "A128GCM", "kid": self.kid, "src": self.id, "seq": seq, "cty": "application/x-ndjson"}
        return seal({"kty": "oct", "k": b64(key)}, header, text)

    def send(self, pack, status=202):
        self.call("POST", "/v1/data", status, SEALED, pack)
        check(self.receipt() == K(self.d, "receipt", sha(pack), sha(self.body), L=16), "the receipt of a pack")
        return json.loads(self.body)

    def send_some(self):
        first = self.pack(self.next, READING)
        a = self.send(first)
        check(a["accepted"] == 1 and a["next"] == self.next + 1 and "same" not in a, "the answer to a pack")
        for again in first, self.pack(self.next, READING):
            a = self.send(again)
            check(a["duplicates"] == 1 and a["same"] and "position" not in a, "the answer to a pack that came again")
        a = self.send(self.pack(self.next, READING * 2))
        check(a["duplicates"] == 2 and "same" not in a, "the answer to another pack under a number that was used")
        self.next = a["next"]
        a = self.send(self.pack(self.next, b'{"value":1}\n'), 422)
        check(a["type"] == "urn:nos:data" and a["rejected"][0]["index"] == 0, "nothing good in a pack")

    # ---- keys ----

    def nonce(self):
        self.call("GET", f"/v1/sources/{self.id}/keys", 401)
        return raw(json.loads(self.body)["nonce"])

    def poll(self):
        q, nonce, who = K(self.z, "poll"), self.nonce(), self.id.encode()
        proof = "Nos " + b64(K(q, "poll", who, nonce, L=16))
        self.call("GET", f"/v1/sources/{self.id}/keys?wait=0", 200, Authorization=proof)
        check(self.receipt() == K(q, "polled", who, nonce, 200, sha(self.body), L=16), "the receipt of a poll")
        check(json.loads(self.body) == {"keys": [], "resync": False}, "the answer to a poll")

    def unicast(self, kind, chain, body):
        head = bytes([kind << 4 | 1]) + leb(chain.ctr)
        return head + p.siv_seal(chain.message, field(head) + field(self.node) + field(self.id.encode()), body)

    def acknowledge(self, ctr):
        ack = self.unicast(0xA, Chain(self.up), leb(ctr) + field(self.kid.encode()))
        path = f"/v1/sources/{self.id}/acks"
        self.call("POST", path, 204, WORD, ack)
        self.call("POST", path, 204, WORD, ack)
        self.call("POST", path, 401, WORD, self.unicast(0xA, Chain(self.up), leb(ctr)))

    def ask(self):
        own, nonce = Pair(), self.nonce()
        head = b"\xc1" + field(self.id.encode()) + leb(1) + own.point
        body = b"\0" + leb(1) + self.pin + field(self.kid.encode())
        ask = head + p.siv_seal(K(self.z, "resync"), field(head) + field(nonce) + field(self.node), body)
        path = f"/v1/sources/{self.id}/resync"
        self.call("POST", path, 200, WORD, ask)
        answer = self.body
        self.call("POST", path, 200, WORD, ask)
        check(self.body == answer and answer[:1] == b"\xd1", "the same ask has another answer")
        once = answer[1:34]
        r = X(K(self.z, "renew"), own.shared(jwk_of(once)) + own.shared(self.key))
        self.take_base(r, sha(ask), once)
        state = self.unicast(0, Chain(self.down), leb(1) + leb(self.next) + leb(2))
        check(answer[34:] == field(state), "the state in an answer")
        self.kid = "p.2"


def main(argv):
    s = Source(argv[1], json.load(sys.stdin))
    s.find_node()
    s.register()
    s.send_some()
    s.poll()
    s.acknowledge(0)
    s.ask()
    s.send(s.pack(s.next, READING))
    s.acknowledge(1)
    s.poll()


main(sys.argv)
