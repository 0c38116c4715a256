"""What pages are made of is kept by the browser until it changes."""

import pytest
from flask import url_for

from app.web.static_files import fingerprint


@pytest.fixture
def address(app):
    with app.test_request_context():
        return url_for("static", filename="js/app.js")


def test_a_file_at_the_address_of_its_content_is_kept_for_good(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert (answer.cache_control.max_age, answer.cache_control.immutable) == (365 * 86_400, True)


@pytest.mark.parametrize("place", ["/static/js/app.js", "/static/0123456789ab/js/app.js"], ids=["none", "another"])
def test_without_the_version_of_now_it_is_there_and_asked_for_anew(client, place):
    answer = client.get(place)
    assert answer.status_code == 200
    assert (answer.cache_control.no_cache, answer.cache_control.immutable) == (True, False)
    assert client.get(place, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_what_is_not_there_is_not_kept(client, address):
    answer = client.get(address.replace("app.js", "none.js"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_every_file_a_page_names_has_its_version(client, address):
    version = address.split("/")[2]
    page = client.get("/first-run").text
    assert page.count("/static/") == page.count(f"/static/{version}/") > 10


def test_the_version_is_another_when_a_file_changes_moves_or_comes(tmp_path):
    def version():
        fingerprint.cache_clear()
        return fingerprint(tmp_path)

    (tmp_path / "css").mkdir()
    one = tmp_path / "css" / "one.css"
    one.write_text("a { color: red }")
    seen = [version()]
    one.write_text("a { color: blue }")
    seen.append(version())
    (tmp_path / "two.js").write_text("")
    seen.append(version())
    one.rename(tmp_path / "one.css")
    seen.append(version())
    assert len(set(seen)) == 4
    assert version() == seen[-1]
