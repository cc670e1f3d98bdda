"""Throw-away certificates: an authority, and servers' certificates that are good or bad in one way."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Authority:
    """Signs server certificates.  ``file`` is its own certificate, for clients that trust it."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basic = x509.BasicConstraints(ca=True, path_length=None)
        self._own = self._sign(self._name, self._key.public_key(), (-30, 30), basic)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._own)

    def server(self, *names: str, days: tuple[int, int] = (-10, 10)) -> ssl.SSLContext:
        """Return a server's rules with a certificate for ``names``, valid from–to in days from today."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]),
            key.public_key(),
            days,
            x509.SubjectAlternativeName([_name(name) for name in names]),
        )
        return self._rules(names[0], key, certificate)

    def server_named_in_the_old_way(self, name: str, *, email: bool) -> ssl.SSLContext:
        """Return rules with a certificate that names the server in its subject.  ``email``: its list has a mail address."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        listed = x509.SubjectAlternativeName([x509.RFC822Name("ann@example.org")])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        return self._rules(name, key, self._sign(subject, key.public_key(), (-10, 10), listed if email else usage))

    def self_signed(self, name: str) -> ssl.SSLContext:
        """Return a server's rules with a certificate that it signed itself."""
        stranger = Authority(self._folder / "stranger", name)
        return stranger._rules(name, stranger._key, stranger._own)

    def _rules(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: bytes) -> ssl.SSLContext:
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = self._folder / f"server-{name.replace('*', 'any')}-{x509.random_serial_number():x}.pem"
        file.write_bytes(private + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: tuple[int, int], says: x509.ExtensionType
    ) -> bytes:
        today = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + datetime.timedelta(days=days[0]))
            .not_valid_after(today + datetime.timedelta(days=days[1]))
            .add_extension(says, critical=isinstance(says, x509.BasicConstraints))
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
