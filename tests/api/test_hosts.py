"""A run contacts the two hosts of its region and no others, over TLS, whatever is answered."""

from __future__ import annotations

import socket

import pytest
from certificates import Authority
from raw_peer import TOKEN, http

from cg_uploader.api.endpoints import address
from cg_uploader.model.enums import Region
from cg_uploader.model.request import Request

HOSTS = {
    Region.EU: ("auth.eu.customergauge.com", "imports.api.eu.customergauge.com"),
    Region.US: ("auth.us.customergauge.com", "imports.api.us.customergauge.com"),
    Region.AU: ("auth.au.customergauge.com", "imports.api.au.customergauge.com"),
}


@pytest.mark.parametrize("region", HOSTS)
def test_only_the_two_hosts_of_the_region_are_looked_up_and_spoken_to(peer, client, tmp_path, monkeypatch, region):
    authority = Authority(tmp_path)
    elsewhere = "Location: https://evil.example/records/?x=1"
    answers = [http(302, b"", elsewhere), http(308, b"", elsewhere, "Refresh: 0; url=https://evil.example/"), http(200)]
    server = peer(*answers, tokens=[http(200, TOKEN)], tls=authority.server(*HOSTS[region]))
    asked = []

    def look_up(host, port, *_: object, **__: object):
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    place = address(region)
    sender = client(place, ca_file=authority.file)
    statuses = [sender.send(Request(n, place.records, "c", (("Email", "a@b.org"),))).status for n in range(2, 5)]
    assert statuses == [302, 308, 200]
    assert set(asked) == {(host, 443) for host in HOSTS[region]}
    assert {heard.headers["host"] for heard in server.posts} == {HOSTS[region][0]}
    assert {heard.headers["host"] for heard in server.puts} == {HOSTS[region][1]}
    assert all(heard.line.startswith(b"PUT /records/?configuration=c&") for heard in server.puts)
    assert all("authorization" not in heard.headers for heard in server.posts)
