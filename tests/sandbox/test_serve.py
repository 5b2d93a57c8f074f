"""The sandbox as a process of its own: where it is, what it tells, and that it comes back as it was."""

from __future__ import annotations

import json
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from cryptography import x509

from ml_connector_sandbox import serve as serving
from ml_connector_sandbox.certificates import certificates_in
from sandbox_process import Running, command, running

pytestmark = pytest.mark.slow

CANNOT = 2


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One sandbox for the tests that leave it as they found it."""
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


def test_the_facts_say_where_everything_is(sandbox: Running) -> None:
    """They are the contract: names of the keys, addresses on this machine, and the same on the terminal."""
    facts = sandbox.facts
    assert {"url", "cloud_id", "email", "api_token", "client_id", "client_secret", "admin_email"} <= set(facts["jira"])
    assert {"url", "ionapi", "tenant", "enterprise_group", "companies"} <= set(facts["cloudsuite"])
    assert sandbox.told == {role: facts[role]["url"] for role in ("jira", "cloudsuite", "control")}
    assert {urlsplit(url).hostname for url in sandbox.told.values()} == {"localhost"}


def test_files_with_credentials_are_for_their_owner_only(sandbox: Running) -> None:
    """They hold invented secrets, but are read by programs that check."""
    ionapi = Path(sandbox.facts["cloudsuite"]["ionapi"])
    for file in (ionapi, ionapi.with_name("sandbox.json")):
        assert stat.S_IMODE(file.stat().st_mode) == serving.PRIVATE


def test_the_credentials_file_leads_to_the_sandbox(sandbox: Running) -> None:
    """Its addresses have the real shape: the token's ends in a slash and names the tenant, and both answer."""
    known = json.loads(Path(sandbox.facts["cloudsuite"]["ionapi"]).read_text(encoding="utf-8"))
    assert known["iu"] == sandbox.facts["cloudsuite"]["url"]
    assert known["pu"] == f"{known['iu']}/{known['ti']}/as/"
    answer = sandbox.token()
    assert answer.status == 200, answer.data
    rows = f"{known['iu']}/{known['ti']}/FSM/fsm/soap/classes/Project/lists/_generic?_fields=Project&_limit=100"
    bearer = f"Bearer {answer.json()['access_token']}"
    assert len(sandbox.send("GET", rows, Authorization=bearer).json()) == 1 + 8


def test_both_hosts_of_jira_answer(sandbox: Running) -> None:
    """The site with an API token; the gateway knows the cloud id, and refuses who brings no app's token."""
    assert sandbox.jira("GET", "/myself").json()["emailAddress"] == sandbox.facts["jira"]["email"]
    gateway = f"{sandbox.facts['jira']['url']}/ex/jira/{sandbox.facts['jira']['cloud_id']}/rest/api/3/myself"
    assert sandbox.send("GET", gateway).status == 401


def test_a_page_for_people_is_at_the_root_of_each_vendor(sandbox: Running) -> None:
    """So that the vendors can be looked at."""
    for vendor in ("jira", "cloudsuite"):
        answer = sandbox.send("GET", f"{sandbox.facts[vendor]['url']}/")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/html")


def test_errors_of_the_control_api_arrive_over_http(sandbox: Running) -> None:
    """With a status and a sentence."""
    answer = sandbox.send("PUT", sandbox.facts["control"]["url"] + "/switches", {"jira_magic": True})
    assert answer.status == 400
    assert "jira_magic" in answer.json()["error"]


def test_many_calls_share_one_connection(sandbox: Running) -> None:
    """Connections are kept between calls."""
    for _ in range(20):
        assert sandbox.jira("GET", "/myself").status == 200
    pool = sandbox.http.connection_from_url(sandbox.facts["jira"]["url"])
    assert pool.num_connections == 1
    assert pool.num_requests >= 20


def test_a_lost_answer_closes_the_socket_with_not_a_byte(tmp_path: Path) -> None:
    """The issue is made all the same; a lost request makes none, and the next call is well."""
    with running(tmp_path) as sandbox:
        sandbox.control(
            "PUT",
            "/faults",
            [
                {"name": "lost_answer", "vendor": "jira", "next": 1},
                {"name": "lost_request", "vendor": "jira", "next": 1},
            ],
        )
        for summary in ("lost answer", "lost request"):
            with pytest.raises(urllib3.exceptions.ProtocolError, match="without response"):
                sandbox.make(summary)
        assert sandbox.make("well").status == 201
        assert sandbox.summaries() == ["lost answer", "well"]


def test_a_sandbox_that_stopped_comes_back_as_it_was(tmp_path: Path) -> None:
    """Books, credentials, tokens, clock, faults and addresses: as if only the network had been gone."""
    with running(tmp_path) as before:
        before.make("kept")
        now = before.control("POST", "/clock", {"advance_seconds": 1_000_000})["now"]
        before.control("PUT", "/switches", {"fsm_boolean_spelling": "Yes"})
        before.control("PUT", "/faults", [{"name": "lost_answer", "next": 3, "path_holds": "/nowhere"}])
        token = before.token().json()["access_token"]
    with running(tmp_path) as after:
        assert after.facts == before.facts
        assert after.summaries() == ["kept"]
        assert after.make("more").json()["key"] == "PROC-2"
        assert now < after.control("GET", "/clock")["now"] < f"{int(now[:4]) + 1}"
        assert after.control("GET", "/switches")["fsm_boolean_spelling"] == "Yes"
        assert after.control("GET", "/faults")["rules"][0]["next"] == 3
        known = after.facts["cloudsuite"]
        rows = f"{known['url']}/{known['tenant']}/FSM/fsm/soap/classes/Currency/lists/_generic?_fields=Currency"
        assert after.send("GET", rows, Authorization=f"Bearer {token}").status == 200


def test_a_fresh_start_forgets_what_was_kept(tmp_path: Path) -> None:
    """And may be of another making."""
    with running(tmp_path) as before:
        before.make("forgotten")
    with running(tmp_path, "--fresh", "--empty") as after:
        assert after.summaries() == []
        assert after.control("GET", "/books/orders") == []


def test_a_kept_world_is_not_passed_off_as_another(tmp_path: Path) -> None:
    """Who asks for more orders than the kept world has is told so; so is who kept a file that is none."""
    with running(tmp_path):
        pass
    for broken in (None, b"not a world"):
        if broken is not None:
            (tmp_path / serving.STATE).write_bytes(broken)
        options = ("--scale", "4") if broken is None else ()
        ended = subprocess.run(command(tmp_path, *options), capture_output=True, text=True, timeout=30, check=False)
        assert ended.returncode == CANNOT
        assert "remove this file" in ended.stderr
        assert len(ended.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    """In one line, without a trace of the program's insides."""
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        asked = command(tmp_path, "--cloudsuite-port", port)
        ended = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == CANNOT
    assert ended.stderr.startswith(f"Port {port} cannot be used")
    assert not (tmp_path / "sandbox.json").exists()


def test_a_port_can_be_asked_for(tmp_path: Path) -> None:
    """Even by a sandbox that had another one before."""
    with running(tmp_path):
        pass
    with socket.socket() as probe:
        probe.bind((serving.HOST, 0))
        port = probe.getsockname()[1]
    with running(tmp_path, "--jira-port", str(port)) as sandbox:
        assert sandbox.facts["jira"]["url"] == f"http://localhost:{port}"
        assert sandbox.summaries() == []


def test_a_product_line_that_is_not_built_is_refused(tmp_path: Path) -> None:
    """Nothing else is served in its place."""
    with pytest.raises(serving.CannotServe, match="baan"):
        serving.serve(tmp_path, product="baan")
    assert list(tmp_path.iterdir()) == []


def test_over_tls_clients_trust_the_generated_authority_and_no_one_else_does(tmp_path: Path) -> None:
    """Both vendors speak https, links say so, and a restart keeps the certificate that clients already trust."""
    with running(tmp_path, "--tls") as sandbox:
        assert sandbox.facts["ca"] == str(tmp_path / "ca.pem")
        assert {urlsplit(sandbox.told[role]).scheme for role in ("jira", "cloudsuite")} == {"https"}
        made = sandbox.make("over tls")
        assert made.status == 201
        assert made.json()["self"].startswith(sandbox.facts["jira"]["url"])
        assert sandbox.token().status == 200
        place = urlsplit(sandbox.facts["jira"]["url"])
        strange = ssl.create_default_context()
        with (
            socket.create_connection((serving.HOST, place.port or 0)) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            strange.wrap_socket(plain, server_hostname="localhost")
        sandbox.control("PUT", "/faults", [{"name": "lost_answer", "vendor": "jira", "next": 1}])
        with pytest.raises(urllib3.exceptions.ProtocolError):
            sandbox.make("lost over tls")
        authority = (tmp_path / "ca.pem").read_bytes()
    with running(tmp_path, "--tls") as again:
        assert (tmp_path / "ca.pem").read_bytes() == authority
        assert again.summaries() == ["over tls", "lost over tls"]


def test_a_certificate_is_for_this_machine_and_its_key_for_its_owner(tmp_path: Path) -> None:
    """It names localhost and 127.0.0.1; without one to keep, a new one is made."""
    chain, key = certificates_in(tmp_path, keep=True)
    names = x509.load_pem_x509_certificate(chain.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.value.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert stat.S_IMODE(key.stat().st_mode) == serving.PRIVATE
    former = chain.read_bytes()
    certificates_in(tmp_path, keep=True)
    assert chain.read_bytes() == former
    certificates_in(tmp_path, keep=False)
    assert chain.read_bytes() != former
