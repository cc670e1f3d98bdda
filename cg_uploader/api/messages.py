"""Messages about the connection to CustomerGauge: why nothing left, why no answer came, why a sign-in failed."""

from __future__ import annotations

from cg_uploader.model.message import Message, MessageKind, message
from cg_uploader.translation import N_


class ApiMessage(MessageKind):
    """Messages about a connection or a sign-in.  ``host`` is a name, ``proxy`` a host and its port."""

    # Of an attempt.
    STOPPED = "stopped-before", N_("Stopped before it was sent.")
    ONLY_PROMISED = "only-promised", N_("The answer only announced another one.")
    NO_ANSWER_IN_TIME = "no-answer-in-time", N_("No answer came in time.")
    BROKE_OFF = "broke-off", N_("The connection broke off.")
    UNREACHABLE = "unreachable", N_("CustomerGauge cannot be reached.")
    UNCONNECTED = "unconnected", N_("There is no connection to CustomerGauge.")
    # Of a connection to the server or to a proxy, with what may help.
    TUNNEL_REFUSED = "tunnel-refused", N_("{where} refused to connect ({status}).")
    NOT_FOUND = "not-found", N_("{where} was not found. Check the internet connection.")
    TIMED_OUT = "timed-out", N_("{where} did not answer within {seconds} seconds. Check the internet connection.")
    CONNECTION_REFUSED = "connection-refused", N_("{where} refused the connection.")
    NO_WAY = "no-way", N_("{where} cannot be reached. Check the internet connection.")
    NOT_CONNECTED = "not-connected", N_("{where} could not be connected.")
    THE_PROXY = "the-proxy", N_("The proxy {proxy}")
    WITH_HINT = "with-hint", N_("{obstacle} {hint}")
    PROXY_BY_SCRIPT = (
        "proxy-by-script",
        N_(
            "This network finds its proxy by an automatic script, which is not supported. Ask your IT "
            "department for the proxy’s name, and enter it as HOST:PORT in Settings or in the environment "
            "variable HTTPS_PROXY."
        ),
    )
    # Of a proxy that wants a user name and a password.
    PROXY_SCHEMES = (
        "proxy-schemes",
        N_(
            "The proxy {proxy} wants a kind of sign-in that is not supported ({kinds}). Only user name and "
            "password (Basic) are. Ask your IT department for access without it."
        ),
    )
    PROXY_LOGIN = (
        "proxy-login-wanted",
        N_("The proxy {proxy} wants a user name and a password. If you do not know them, ask your IT department."),
    )
    PROXY_LOGIN_WRONG = (
        "proxy-login-wrong",
        N_(
            "The proxy {proxy} does not accept the user name and the password. If you do not know them, ask your IT department."
        ),
    )
    ANY_PROXY_LOGIN = "any-proxy-login", N_("A proxy wants a user name and a password.")
    # Of a connection that cannot be trusted.
    UNTRUSTED = "not-trusted", N_("The connection cannot be trusted.")
    CERTIFICATE_EARLY = (
        "certificate-early",
        N_("The certificate of {host} is not valid yet. Check the date and the time of this computer. Nothing was sent."),
    )
    CERTIFICATE_EXPIRED = (
        "certificate-expired",
        N_(
            "The certificate of {host} has expired. Check the date and the time of this computer. If they are "
            "right, tell your IT department. Nothing was sent."
        ),
    )
    CERTIFICATE_OUT_OF_TIME = (
        "certificate-out-of-time",
        N_(
            "The certificate of {host} has expired or is not valid yet. Check the date and the time of this "
            "computer. Nothing was sent."
        ),
    )
    CERTIFICATE_SELF_SIGNED = (
        "certificate-self-signed",
        N_(
            "The certificate of {host} is self-signed: no known issuer confirms it. Something between may be "
            "listening. Ask your IT department. Nothing was sent."
        ),
    )
    CERTIFICATE_OTHER_NAME = (
        "certificate-other-name",
        N_("The certificate of {host} belongs to another name. Nothing was sent."),
    )
    CERTIFICATE_OTHER_ADDRESS = (
        "certificate-other-address",
        N_("The certificate of {host} belongs to another address. Nothing was sent."),
    )
    CERTIFICATE_ISSUER = (
        "certificate-issuer",
        N_(
            "The certificate of {host} comes from an issuer that this computer does not trust. A proxy of your "
            "company may open secure connections. Ask your IT department to install its certificate, or choose "
            "its file in Settings. Nothing was sent."
        ),
    )
    CERTIFICATE_NOT_ACCEPTED = (
        "certificate-not-accepted",
        N_("The certificate of {host} is not accepted by this computer. Nothing was sent."),
    )
    NO_ENCRYPTION = (
        "no-encryption",
        N_("No secure connection to {host} is possible: it answers without encryption. Nothing was sent."),
    )
    NO_ENCRYPTION_OR_OTHER = (
        "no-encryption-or-other",
        N_(
            "No secure connection to {host} is possible: it answers without encryption, or something between "
            "uses another protocol. Nothing was sent."
        ),
    )
    OTHER_LANGUAGE = (
        "other-language",
        N_("No secure connection to {host} is possible: it, or something between, uses another protocol. Nothing was sent."),
    )
    OLD_TLS = (
        "old-tls",
        N_(
            "No secure connection to {host} is possible: it supports only an old version of TLS, which is not "
            "safe any more. Nothing was sent."
        ),
    )
    THROUGH = "through", N_("{host} (through the proxy {proxy})")
    # Of a sign-in.
    SIGN_IN_FAILED = "sign-in-failed", N_("The sign-in did not work. {why}")
    CREDENTIALS = (
        "credentials-refused",
        N_(
            "CustomerGauge does not accept the Client ID and secret in this region. Check Client ID and secret "
            "(Data, Rest APIs, Authentications), and that it is the region you sign in to."
        ),
    )
    CREDENTIALS_SAID = (
        "credentials-refused-said",
        N_(
            "CustomerGauge does not accept the Client ID and secret in this region. Check Client ID and secret "
            "(Data, Rest APIs, Authentications), and that it is the region you sign in to. CustomerGauge says: "
            "{words}"
        ),
    )
    NOT_FOR_RECORDS = (
        "sign-in-not-for-records",
        N_("CustomerGauge does not accept the sign-in for records. Sign in again, and check region, Client ID and its rights."),
    )
    TOO_MANY_SIGN_INS = (
        "too-many-sign-ins",
        N_("CustomerGauge gets too many sign-ins at the moment. Try again in {seconds} s."),
    )
    TOO_MANY_SIGN_INS_NOW = (
        "too-many-sign-ins-now",
        N_("CustomerGauge gets too many sign-ins at the moment. Try again in a few minutes."),
    )
    SIGN_IN_BROKEN = (
        "sign-in-broken",
        N_("CustomerGauge’s sign-in does not work at the moment. Try again in {seconds} s."),
    )
    SIGN_IN_BROKEN_NOW = (
        "sign-in-broken-now",
        N_("CustomerGauge’s sign-in does not work at the moment. Try again in a few minutes."),
    )
    SIGN_IN_PROXY = (
        "sign-in-proxy",
        N_("The proxy of your network wants a user name and a password. Ask your IT department."),
    )
    SIGN_IN_ELSEWHERE = (
        "sign-in-elsewhere",
        N_("The sign-in was redirected, which is not followed. A login page of the network may stand in between."),
    )
    SIGN_IN_UNUSABLE = (
        "sign-in-unusable",
        N_(
            "The sign-in brought no usable answer. Check the region, and whether a proxy or a login page of "
            "the network answers."
        ),
    )


def named(host: str, proxy: str) -> str | Message:
    """Name the host, and the proxy through which it is reached.  ``proxy`` is empty for none."""
    return message(ApiMessage.THROUGH, host=host, proxy=proxy) if proxy else host
