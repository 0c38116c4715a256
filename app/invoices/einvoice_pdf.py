"""Knows how an e-invoice stands inside its PDF (Factur-X, ZUGFeRD): the file, its relationship, its metadata."""

from __future__ import annotations

import io

from app.documents.rendering import PdfAttachment
from app.invoices.einvoice.codes import XRECHNUNG_3
from app.invoices.einvoice_files import Einvoice

FILE_NAMES = ("factur-x.xml", "xrechnung.xml")
_SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = (
    ("DocumentFileName", "The name of the embedded XML document"),
    ("DocumentType", "The type of the hybrid document"),
    ("Version", "The version of the standard"),
    ("ConformanceLevel", "The conformance level of the embedded XML document"),
)


def attachment_of(einvoice: Einvoice) -> PdfAttachment:
    """The file, as another form of the same invoice."""
    return PdfAttachment(_name(einvoice), einvoice.content, "text/xml", "Alternative", "The invoice for machines")


def metadata_of(einvoice: Einvoice) -> tuple[str, str]:
    """Two descriptions for the PDF's one rdf:RDF: what the file is, and the schema that PDF/A wants declared."""
    level = "XRECHNUNG" if einvoice.specification == XRECHNUNG_3 else "EN 16931"
    values = {
        "DocumentType": "INVOICE",
        "DocumentFileName": _name(einvoice),
        "Version": "1.0",
        "ConformanceLevel": level,
    }
    said = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, value in values.items())
    return f'<rdf:Description rdf:about="" xmlns:fx="{_SPACE}">{said}</rdf:Description>', _schema()


def read_einvoice(pdf: bytes) -> bytes | None:
    """The XML inside a PDF, None where there is none."""
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        found = [opened.attachments[name] for name in FILE_NAMES if name in opened.attachments]
        return found[0].get_file().read_bytes() if found else None


def _name(einvoice: Einvoice) -> str:
    return FILE_NAMES[einvoice.specification == XRECHNUNG_3]


def _schema() -> str:
    spaces = {
        "pdfaExtension": "http://www.aiim.org/pdfa/ns/extension/",
        "pdfaSchema": "http://www.aiim.org/pdfa/ns/schema#",
        "pdfaProperty": "http://www.aiim.org/pdfa/ns/property#",
    }
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    properties = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{text}</pdfaProperty:description></rdf:li>"
        for name, text in _PROPERTIES
    )
    return (
        f'<rdf:Description rdf:about=""{declared}><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_SPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )
