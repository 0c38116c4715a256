"""Hostile pages: whatever they name, no file and no address outside the bundle is read."""
# ruff: noqa: E501 - a payload reads best on one line

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.documents.rendering import RenderingFailed

from .conftest import page

CANARY = "canary-4711-secret"

# {file}: a file:// address of the canary · {path}: its path · {http}: an address on the canary's port
PAYLOADS = {
    "img file": '<img src="{file}">',
    "img path": '<img src="{path}">',
    "img http": '<img src="{http}/img.png">',
    "img https": '<img src="https://127.0.0.1:{port}/img.png">',
    "img scheme-relative": '<img src="//127.0.0.1:{port}/img.png">',
    "img upper case": '<img src="FILE://{path}">',
    "img mixed case http": '<img src="hTTp://127.0.0.1:{port}/img.png">',
    "img with tab": '<img src="fi\tle://{path}">',
    "img with leading space": '<img src=" {file}">',
    "img traversal from bundle": '<img src="bundle:../../../..{path}">',
    "img traversal from fonts": '<img src="static/fonts/../../../../../..{path}">',
    "img encoded traversal": '<img src="static/fonts/%2e%2e/%2e%2e/%2e%2e{path}">',
    "img file localhost": '<img src="file://localhost{path}">',
    "img file query": '<img src="{file}?x=1#y">',
    "img ftp": '<img src="ftp://127.0.0.1:{port}/x">',
    "img gopher": '<img src="gopher://127.0.0.1:{port}/x">',
    "img jar": '<img src="jar:{file}!/x">',
    "img srcset": '<img srcset="{http}/a.png 1x" src="{http}/b.png">',
    "picture source": '<picture><source srcset="{http}/a.png"><img src="{file}"></picture>',
    "object data": '<object data="{file}" type="image/svg+xml"></object>',
    "embed": '<embed src="{file}" type="image/svg+xml">',
    "iframe": '<iframe src="{file}"></iframe><iframe src="{http}/frame"></iframe>',
    "base href": '<base href="{http}/"><img src="x.png"><link rel=stylesheet href="x.css">',
    "base href file": '<base href="file:///"><img src="{path}">',
    "link stylesheet file": '<link rel="stylesheet" href="{file}">',
    "link stylesheet http": '<link rel="stylesheet" href="{http}/x.css">',
    "link attachment file": '<link rel="attachment" href="{file}">',
    "link attachment http": '<link rel="attachment" href="{http}/x.bin">',
    "a attachment": '<a rel="attachment" href="{file}">get it</a>',
    "a attachment path": '<a rel="attachment" href="{path}">get it</a>',
    "style import file": '<style>@import "{file}";</style>',
    "style import url": '<style>@import url({http}/x.css) print;</style>',
    "style attribute background": '<p style="background:url({http}/x.png)">x</p>',
    "style background file": "<p style=\"background-image:url('{file}')\">x</p>",
    "list style image": '<ul style="list-style-image:url({file})"><li>x</ul>',
    "border image": '<p style="border:9px solid;border-image:url({http}/x.png) 9">x</p>',
    "content url": '<style>p::before{{content:url({file})}}</style><p>x</p>',
    "font face file": '<style>@font-face{{font-family:e;src:url({file})}}p{{font-family:e}}</style><p>x</p>',
    "font face http": '<style>@font-face{{font-family:e;src:url({http}/x.woff2)}}p{{font-family:e}}</style><p>x</p>',
    "font face local": '<style>@font-face{{font-family:e;src:local("{path}")}}p{{font-family:e}}</style><p>x</p>',
    "cursor and mask": '<p style="cursor:url({http}/c);mask:url({file})">x</p>',
    "svg image": '<svg width=9 height=9><image href="{file}" width=9 height=9 /></svg>',
    "svg image xlink": '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{http}/x.png" width=9 height=9 /></svg>',
    "svg use": '<svg><use href="{file}#x"/></svg>',
    "svg use http": '<svg><use href="{http}/x.svg#x"/></svg>',
    "svg style import": '<svg><style>@import url({http}/x.css);</style><rect width=9 height=9 /></svg>',
    "svg fill url": '<svg><rect width=9 height=9 fill="url({http}/x.svg#g)"/></svg>',
    "svg in data": "<img src=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cimage href='{file}' width='9' height='9'/%3E%3C/svg%3E\">",
    "svg entity in data": "<img src=\"data:image/svg+xml,%3C!DOCTYPE s [%3C!ENTITY x SYSTEM '{file}'%3E]%3E%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Ctext y='9'%3E%26x;%3C/text%3E%3C/svg%3E\">",
    "css in data": "<link rel=stylesheet href=\"data:text/css,@import url({http}/x.css);p{{background:url({file})}}\"><p>x</p>",
    "meta refresh": '<meta http-equiv="refresh" content="0;url={http}/x"><script src="{http}/x.js"></script>',
    "form and input": '<form action="{http}"><input type=image src="{http}/x.png"></form>',
    "video poster": '<video poster="{http}/x.png" src="{http}/x.mp4"></video><audio src="{file}"></audio>',
    "xml-stylesheet": '<?xml-stylesheet href="{http}/x.css"?><p>x</p>',
    "footnote and target": '<a style="content:target-text(url({file}))" href="{file}">x</a>',
    "colour profile": '<style>@color-profile --x {{src:url({file})}} @color-profile device-cmyk {{src:url({http}/x.icc)}}</style><p style="color:device-cmyk(1 0 0 0)">x</p>',
}  # fmt: skip


class Canary(BaseHTTPRequestHandler):
    hits: list[str] = []

    def do_GET(self) -> None:
        self.hits.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CANARY.encode())

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    """Addresses of the canaries, and the list of visits to the one that listens."""
    file = tmp_path_factory.mktemp("secret") / "canary.svg"
    file.write_text(f"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='9'><text y='9'>{CANARY}</text></svg>")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    Canary.hits.clear()
    yield {"file": file.as_uri(), "path": str(file), "http": f"http://127.0.0.1:{port}", "port": port}
    server.shutdown()
    server.server_close()


def texts_in(content: bytes) -> bytes:
    """Everything a PDF holds, unpacked: page text, attachments, metadata."""
    import io

    import pikepdf
    import pypdfium2

    found = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream):
                try:
                    found.append(each.read_bytes())
                except pikepdf.PdfError:
                    found.append(each.read_raw_bytes())
    document = pypdfium2.PdfDocument(content)
    found += [document[number].get_textpage().get_text_bounded().encode() for number in range(len(document))]
    return b"\n".join(found)


@pytest.mark.parametrize("name", PAYLOADS)
def test_nothing_outside_the_bundle_is_read(render, canary, name):
    try:
        content = texts_in(render(page(PAYLOADS[name].format(**canary))).content)
    except RenderingFailed as refusal:  # a colour profile or a linked attachment that cannot be read ends the document
        content = str(refusal).encode()
    assert Canary.hits == []
    assert CANARY.encode() not in content


def render_unprotected(html: str) -> bytes:
    """What the engine makes of a page alone. Its native parts crash once in a while, which says nothing of canaries."""
    import subprocess
    import sys

    program = "import sys, weasyprint; sys.stdout.buffer.write(weasyprint.HTML(string=sys.argv[1]).write_pdf())"
    for _attempt in range(3):
        done = subprocess.run([sys.executable, "-c", program, html], capture_output=True)
        if done.returncode >= 0:
            break
    done.check_returncode()
    return done.stdout


def test_the_canaries_sing_for_the_engine_with_its_own_fetcher(canary):
    """The protection switched off: proves that the tests above could fail."""
    sung = []
    for name in ("img file", "img http", "link attachment file", "svg image", "style import url"):
        html = page(PAYLOADS[name].format(**canary)).replace("static/fonts", "none")
        content = render_unprotected(html)
        sung.append(CANARY.encode() in texts_in(content) or bool(Canary.hits))
        Canary.hits.clear()
    assert sung == [True] * 5


def test_the_second_fence_refuses_lines_programs_and_files_without_the_first(canary):
    import subprocess
    import sys

    from app.documents.children import ROOT

    program = """
import os, sys
from app.documents.render_child import _refuse
sys.addaudithook(_refuse)
def tried(action):
    try:
        action()
        return "done"
    except PermissionError:
        return "refused"
import socket, subprocess
out = [tried(lambda: open(sys.argv[1])), tried(lambda: os.open("/etc/passwd", 0)),
       tried(lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])))),
       tried(lambda: subprocess.run(["true"])), tried(lambda: os.system("true")), tried(lambda: open("README.md") and 0)]
os.write(1, " ".join(out).encode())
"""
    done = subprocess.run(
        [sys.executable, "-c", program, canary["path"], str(canary["port"])],
        cwd=ROOT, capture_output=True, text=True, check=True, env={"TMPDIR": str(ROOT / "tests"), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.stdout.split()[:5] == ["refused"] * 5
