"""A generated authority and its certificate for this machine, so that clients can be tried over https."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = dt.timedelta(days=30)
BACKDATED = dt.timedelta(hours=1)
LEFT = dt.timedelta(days=1)
"""What a kept certificate has to live still."""
AUTHORITY, CHAIN, KEY = "ca.pem", "server.pem", "server.key"
PRIVATE = 0o600


def certificates_in(directory: Path, *, keep: bool) -> tuple[Path, Path]:
    """The server's chain and key in a directory, beside `ca.pem` for clients: kept ones, or new ones."""
    chain, key = directory / CHAIN, directory / KEY
    if not (keep and _usable(directory)):
        _make(directory)
    return chain, key


def _usable(directory: Path) -> bool:
    try:
        found = x509.load_pem_x509_certificate((directory / CHAIN).read_bytes())
    except (OSError, ValueError):
        return False
    whole = (directory / AUTHORITY).exists() and (directory / KEY).exists()
    return whole and found.not_valid_after_utc > dt.datetime.now(dt.UTC) + LEFT


def _make(directory: Path) -> None:
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Sandbox authority", "Sandbox authority", authority_key, authority_key, is_authority=True)
    server = _certificate("localhost", "Sandbox authority", key, authority_key, is_authority=False)
    (directory / AUTHORITY).write_bytes(_pem(authority))
    secret = directory / KEY
    (directory / CHAIN).write_bytes(_pem(server) + _pem(authority))
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    secret.unlink(missing_ok=True)
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(plain)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
