"""The states of a run, and the reasons why one ends before its last row, each with its sentence."""

from __future__ import annotations

from cg_uploader.model.message import MessageKind
from cg_uploader.translation import N_


class RunState(MessageKind):
    """How a run stands.

    A run is under way while a program works on it.  Then it is in one of the other states.  A run that was stopped or cut off
    can be continued, and is under way again.
    """

    UNDER_WAY = "under-way", N_("The upload is under way.")
    CUT_OFF = "cut-off", N_("The upload was cut off before its end.")
    STOPPED = "stopped", N_("The upload stopped before its end.")
    FINISHED = "finished", ""


class StopReason(MessageKind):
    """Why a run ended before its last row."""

    INTERRUPTED = "interrupted", N_("The upload was stopped before its end.")
    NO_ROOM = (
        "no-room",
        N_(
            "The disk is nearly full: less than {megabytes} MB is free in {folder}, where each row is recorded. Make room "
            "on that disk, then continue; what was sent is recorded."
        ),
    )
    # What keeps rows from leaving.
    NO_CONNECTION = "no-connection", N_("{why} Check the network, then continue.")
    UNTRUSTED = "untrusted", "{why}"
    PROXY_LOGIN = "proxy-login", "{why}"
    SIGN_IN_REFUSED = "sign-in-refused", "{why}"
    # What several rows together say.
    ALL_REFUSED = "all-refused", N_("The first {count} rows were all refused for the same reason:")
    NO_CLEAR_ANSWER = (
        "no-clear-answer",
        N_("{count} rows in a row got no clear answer from CustomerGauge (the last: {last}). Wait a while, then continue."),
    )
    THROTTLED = (
        "throttled",
        N_("CustomerGauge still says that it gets too many requests. Continue later, with fewer connections."),
    )
    UNAVAILABLE = "unavailable", N_("CustomerGauge is not available at the moment. Continue later.")
    # What the answer to one row says of all.
    ERRORS_IN_SUCCESS = (
        "errors-in-success",
        N_("The answer says success and names errors at the same time. Look the row up in Request History."),
    )
    FOREIGN_PAGE = (
        "foreign-page",
        N_(
            "The answer is a web page or a text, and not from CustomerGauge: a proxy or a login page of the network may have "
            "answered. Open any web page in a browser, sign in if asked, and look the row up in Request History."
        ),
    )
    ADDRESS_MOVED = (
        "address-moved",
        N_("The address has moved, or a login page of the network stands before it. Check the region and the network."),
    )
    OTHER_PAGE = (
        "other-page",
        N_("The answer points to another page, which may also follow a success. Look the row up in Request History."),
    )
    NOT_ALLOWED = (
        "not-allowed",
        N_("CustomerGauge does not allow this. Check region, rights of the Client ID, and the list of allowed IP addresses."),
    )
    NO_SUCH_ADDRESS = "no-such-address", N_("CustomerGauge knows no such address. Check the region.")
    NOT_FOR_RECORDS = "not-for-records", N_("The address does not take records. Check the region.")
    PROXY_IN_THE_WAY = (
        "proxy-in-the-way",
        N_("The proxy of your network wants a user name and a password. Ask your IT department."),
    )
    NOT_UNDERSTOOD = (
        "not-understood",
        N_("CustomerGauge did not understand the request. Check the region and the reference."),
    )
    UNEXPECTED_ANSWER = "unexpected-answer", N_("CustomerGauge gave an answer that is not expected here ({answer}).")
    WRONG_REFERENCE = (
        "wrong-reference",
        N_(
            "CustomerGauge does not accept the reference. Copy it from the Reference column of the import configuration "
            "(type API), and check the region."
        ),
    )
    NO_RECORD = "no-record", N_("CustomerGauge found no record in the request. Check the field headings.")
    # What remains of a reason after its values are deleted, and a sentence that an earlier version recorded.
    DELETED = "deleted", N_("The upload stopped before its end.")
    EARLIER_VERSION = "earlier-version", "{why}"
