"""Cryptographic primitives: the only room that touches them.

AEAD (AES-256-GCM-SIV), HKDF and HMAC, blind indexes, Ed25519, ML-DSA, timestamps, digests, password hashing,
randomness. No protocol and no key management lives here: which key seals what is said by ``vault``, ``ledger`` and
``mark``.
"""
