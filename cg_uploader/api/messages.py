"""What is said of the way to CustomerGauge: why nothing left, why no answer came, why a sign-in failed."""

from __future__ import annotations

from cg_uploader.model.message import Message, MessageKind, message
from cg_uploader.translation import N_


class ApiMessage(MessageKind):
    """What is said of a connection or a sign-in.  ``host`` is a name, ``proxy`` a host and its port."""

    # Of an attempt.
    STOPPED = "stopped-before", N_("Stopped before it was sent.")
    ONLY_PROMISED = "only-promised", N_("The answer was only a promise of one.")
    NO_ANSWER_IN_TIME = "no-answer-in-time", N_("No answer came in time.")
    BROKE_OFF = "broke-off", N_("The connection broke off.")
    UNREACHABLE = "unreachable", N_("CustomerGauge cannot be reached.")
    UNCONNECTED = "unconnected", N_("There is no connection to CustomerGauge.")
    # Of a connection to the other side or to a proxy, with what may help.
    TUNNEL_REFUSED = "tunnel-refused", N_("{where} refused to connect ({status}).")
    NOT_FOUND = "not-found", N_("{where} was not found. Check the internet connection.")
    TIMED_OUT = "timed-out", N_("{where} did not answer within {seconds} seconds. Check the internet connection.")
    CONNECTION_REFUSED = "connection-refused", N_("{where} refused the connection.")
    NO_WAY = "no-way", N_("There is no way to {where}. Check the internet connection.")
    NOT_CONNECTED = "not-connected", N_("{where} could not be connected.")
    THE_PROXY = "the-proxy", N_("The proxy {proxy}")
    WITH_HINT = "with-hint", N_("{obstacle} {hint}")
    PROXY_BY_SCRIPT = (
        "proxy-by-script",
        N_(
            "This network finds its proxy by an automatic script, which cannot be followed here: ask whoever looks after "
            "the network for the proxy’s name, and give it as HOST:PORT in Settings or in the environment variable "
            "HTTPS_PROXY."
        ),
    )
    # Of a proxy that wants to know who asks.
    PROXY_SCHEMES = (
        "proxy-schemes",
        N_(
            "The proxy {proxy} wants a sign-in of a kind that is not supported ({kinds}); only a user name and a password "
            "in the Basic way are. Ask whoever looks after the network for a way without it."
        ),
    )
    PROXY_LOGIN = (
        "proxy-login-wanted",
        N_("The proxy {proxy} wants a user name and a password. If you do not know them, ask whoever looks after the network."),
    )
    PROXY_LOGIN_WRONG = (
        "proxy-login-wrong",
        N_(
            "The proxy {proxy} does not accept the user name and the password. If you do not know them, ask whoever looks "
            "after the network."
        ),
    )
    ANY_PROXY_LOGIN = "any-proxy-login", N_("A proxy wants a user name and a password.")
    # Of a connection that is not to be trusted.
    UNTRUSTED = "not-trusted", N_("The connection is not to be trusted.")
    CERTIFICATE_EARLY = (
        "certificate-early",
        N_("The certificate of {host} is not valid yet. Check the date and the time of this computer. Nothing was sent."),
    )
    CERTIFICATE_EXPIRED = (
        "certificate-expired",
        N_(
            "The certificate of {host} has expired. Check the date and the time of this computer; if they are right, tell "
            "whoever looks after the network. Nothing was sent."
        ),
    )
    CERTIFICATE_OUT_OF_TIME = (
        "certificate-out-of-time",
        N_(
            "The certificate of {host} has expired or is not valid yet. Check the date and the time of this computer. "
            "Nothing was sent."
        ),
    )
    CERTIFICATE_SELF_SIGNED = (
        "certificate-self-signed",
        N_(
            "The certificate of {host} is self-signed: nobody but itself vouches for it. Something on the way may be "
            "listening: ask whoever looks after the network. Nothing was sent."
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
            "The certificate of {host} comes from an issuer that this computer does not trust. A proxy of your company may "
            "open connections: ask whoever looks after the network to have its certificate installed, or choose its file "
            "in Settings. Nothing was sent."
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
            "No secure connection to {host} is possible: it answers without encryption, or something on the way speaks "
            "another language. Nothing was sent."
        ),
    )
    OTHER_LANGUAGE = (
        "other-language",
        N_("No secure connection to {host} is possible: it or something on the way speaks another language. Nothing was sent."),
    )
    OLD_TLS = (
        "old-tls",
        N_(
            "No secure connection to {host} is possible: it speaks only an old kind of TLS, which is not safe any more. "
            "Nothing was sent."
        ),
    )
    THROUGH = "through", N_("{host} (through the proxy {proxy})")
    # Of a sign-in.
    SIGN_IN_FAILED = "sign-in-failed", N_("The sign-in did not work. {why}")
    CREDENTIALS = (
        "credentials-refused",
        N_(
            "CustomerGauge does not accept the Client ID and secret in this region. Check Client ID and secret (Data, Rest "
            "APIs, Authentications), and that the region is the one you sign in to."
        ),
    )
    CREDENTIALS_SAID = (
        "credentials-refused-said",
        N_(
            "CustomerGauge does not accept the Client ID and secret in this region. Check Client ID and secret (Data, Rest "
            "APIs, Authentications), and that the region is the one you sign in to. CustomerGauge says: {words}"
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
        N_("CustomerGauge's sign-in has a failure of its own at the moment. Try again in {seconds} s."),
    )
    SIGN_IN_BROKEN_NOW = (
        "sign-in-broken-now",
        N_("CustomerGauge's sign-in has a failure of its own at the moment. Try again in a few minutes."),
    )
    SIGN_IN_PROXY = (
        "sign-in-proxy",
        N_("The proxy of your network wants a user name and a password. Ask whoever looks after the network."),
    )
    SIGN_IN_ELSEWHERE = (
        "sign-in-elsewhere",
        N_("The sign-in was sent elsewhere, which is not followed: a login page of the network may stand before it."),
    )
    SIGN_IN_UNUSABLE = (
        "sign-in-unusable",
        N_(
            "The sign-in brought no usable answer. Check the region, and whether a proxy or a login page of the network "
            "answers."
        ),
    )


def named(host: str, proxy: str) -> str | Message:
    """Say which host is meant, and through which proxy it is reached; ``proxy``: empty for none."""
    return message(ApiMessage.THROUGH, host=host, proxy=proxy) if proxy else host
