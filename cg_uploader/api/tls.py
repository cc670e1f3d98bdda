"""Which certificates are trusted: this computer's own, and those in a file that the user has named."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import truststore

from cg_uploader.api.messages import ApiMessage, named
from cg_uploader.errors import UsageError
from cg_uploader.model.message import Message, message
from cg_uploader.system.named_file import read_named
from cg_uploader.translation import _

MAX_BYTES = 4 << 20
# How a certificate's list of names begins (subjectAltName, 2.5.29.17, in DER).
_NAMES = b"\x06\x03\x55\x1d\x11"
# Tags in such a list: of a host name (dNSName) and of an address (iPAddress).
_BOOLEAN, _HOSTS = 0x01, (0x82, 0x87)

# Certificates as OpenSSL takes them: PEM as text, DER as bytes.
Extra = str | bytes


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate that signs others."""

    name: str  # of its owner
    until: datetime  # how long it is valid, in UTC


def read_certificates(file: Path) -> Extra:
    """Return the certificates in ``file``, PEM or DER.

    Raises:
        UsageError: it cannot be read, or holds no certificate that signs others.
    """
    try:
        content = read_named(file, MAX_BYTES)
    except OSError as error:
        text = _("The certificate file {file} cannot be read ({why}). Choose it again in Settings, or remove it there.")
        raise UsageError(text.format(file=file, why=error.strerror)) from None
    extra: Extra = content.decode("ascii", "ignore") if b"-----BEGIN " in content else content  # remarks may stand around it
    try:
        count = _loaded(extra).cert_store_stats()["x509_ca"]
    except (ssl.SSLError, ValueError):
        count = 0
    if not count:
        text = _(
            "{file} contains no certificate of an issuer that can be read. Ask your IT department for your company's root "
            "certificate as a .pem, .crt or .cer file."
        )
        raise UsageError(text.format(file=file.name))
    return extra


def issuers_in(file: Path) -> tuple[Issuer, ...]:
    """Return the certificates in ``file`` that sign others.

    Raises:
        UsageError: as ``read_certificates`` does.
    """
    issuers = []
    certificates: list[dict[str, Any]] = [*_loaded(read_certificates(file)).get_ca_certs()]
    for certificate in certificates:
        names = dict(pair for part in certificate["subject"] for pair in part)
        name = names.get("commonName") or names.get("organizationName") or "without a name"
        until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
        issuers.append(Issuer(str(name), until))
    return tuple(issuers)


def trust(extra: Extra | None) -> ssl.SSLContext:
    """Return the TLS context of one connection: the certificates that this computer trusts, and ``extra``, from TLS 1.2 on."""
    try:
        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    except (ImportError, NotImplementedError, OSError):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    if extra is not None:
        context.load_verify_locations(cadata=extra)
    return context


def ensure_named(sock: Any) -> None:
    """Check that the server's certificate lists a host name or an address that it is for.

    OpenSSL checks this itself.  Windows still takes the common name in the subject for the host's.

    Raises:
        SSLCertVerificationError: it lists none.
    """
    if not _lists_hosts(sock.getpeercert(binary_form=True) or b""):
        error = ssl.SSLCertVerificationError("no list of names")
        error.verify_code, error.verify_message = 62, "names its host only in the old way"
        raise error


def _lists_hosts(der: bytes) -> bool:
    index = der.find(_NAMES)
    while index >= 0:
        with contextlib.suppress(IndexError):
            tag, start, end = _element(der, index + len(_NAMES))
            if tag == _BOOLEAN:  # whether the list is critical
                tag, start, end = _element(der, end)
            tag, start, end = _element(der, start)
            while start < end:
                tag, _content, start = _element(der, start)
                if tag in _HOSTS:
                    return True
        index = der.find(_NAMES, index + 1)
    return False


def _element(der: bytes, start_index: int) -> tuple[int, int, int]:
    """Return (tag, start and end of the content) of the element at ``start_index``.

    Raises:
        IndexError: there is none.
    """
    length, start = der[start_index + 1], start_index + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[start_index + 2 : start], "big")
    return der[start_index], start, start + length


def _loaded(extra: Extra) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=extra)
    return context


_CODES = {
    9: ApiMessage.CERTIFICATE_EARLY,
    10: ApiMessage.CERTIFICATE_EXPIRED,
    18: ApiMessage.CERTIFICATE_SELF_SIGNED,
    62: ApiMessage.CERTIFICATE_OTHER_NAME,
    64: ApiMessage.CERTIFICATE_OTHER_ADDRESS,
}
# How OpenSSL, Windows and macOS word it; the first that fits counts.  Only OpenSSL's codes are numbers that say something.
_WORDS = (
    ("has expired", ApiMessage.CERTIFICATE_EXPIRED),
    ("is expired", ApiMessage.CERTIFICATE_EXPIRED),
    ("validity period", ApiMessage.CERTIFICATE_OUT_OF_TIME),
    ("not yet valid", ApiMessage.CERTIFICATE_EARLY),
    ("self-signed certificate in", ApiMessage.CERTIFICATE_ISSUER),
    ("self-signed", ApiMessage.CERTIFICATE_SELF_SIGNED),
    ("trust", ApiMessage.CERTIFICATE_ISSUER),
    ("issuer", ApiMessage.CERTIFICATE_ISSUER),
    ("not match", ApiMessage.CERTIFICATE_OTHER_NAME),
)
_LIBRARY = {
    "HTTP_REQUEST": ApiMessage.NO_ENCRYPTION,
    "WRONG_VERSION_NUMBER": ApiMessage.NO_ENCRYPTION_OR_OTHER,
    "UNSUPPORTED_PROTOCOL": ApiMessage.OLD_TLS,
    "TLSV1_ALERT_PROTOCOL_VERSION": ApiMessage.OLD_TLS,
}


def distrust(host: str, error: ssl.SSLError, via: str = "") -> Message:
    """Say why a connection to ``host`` is not to be trusted.  ``via``: the proxy it goes through."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return message(_LIBRARY.get(error.reason or "", ApiMessage.OTHER_LANGUAGE), host=named(host, via))
    words = getattr(error, "verify_message", "").lower()
    code = getattr(error, "verify_code", None) or 0
    by_words = next((kind for known, kind in _WORDS if known in words), ApiMessage.CERTIFICATE_NOT_ACCEPTED)
    return message(_CODES.get(code, by_words), host=named(host, via))
