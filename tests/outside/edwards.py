"""Ed25519 as spec/package-v1.md clause 6 wants it, from RFC 8032 §5.1; `cryptography` is the second opinion."""

import hashlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from refusal import check

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = NEUTRAL
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def decompress(data):
    """§5.1.3: None unless it is the one encoding of a point."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def compress(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_small(point):
    return equal(multiply(8, point), NEUTRAL)


def check_key(key, name):
    """6.2; `name` is the class of a bad one."""
    point = decompress(key)
    check(point is not None, name, "the Ed25519 key is no point")
    check(not is_small(point), name, "the Ed25519 key is of small order")
    check(equal(multiply(L, point), NEUTRAL), name, "the Ed25519 key has torsion")


def check_signature(key, signature, message):
    """6.3; the key is a good one."""
    point = decompress(key)
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    check(s < L, "signature", "S is not reduced")
    nonce = decompress(r)
    check(nonce is not None and not is_small(nonce), "signature", "R")
    k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    found = compress(add(multiply(s, BASE), multiply(k, minus)))
    check(found == r, "signature", "it does not hold")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        sys.exit("the two implementations of Ed25519 differ")
