"""Slots: what is form and what is filling in a page of HTML."""

import pytest

from app.documents.render_slots import NoForm, read_block, split_page

PAGE = "<!DOCTYPE html><html><head><title>{}</title></head><body>{}</body></html>"


def test_pages_that_differ_in_title_and_texts_have_the_same_head_and_shapes():
    pages = [
        split_page(PAGE.format(name, f"<h1>{name}</h1>\n<p class='x'>a<br>{name} &amp; b</p>"))
        for name in ("one", "two")
    ]
    assert pages[0][0] == pages[1][0]
    blocks = [[read_block(source) for source in sources] for _head, sources in pages]
    assert [block.shape for block in blocks[0]] == [block.shape for block in blocks[1]]
    assert blocks[1][1].values == (("a",), ("two & b",))
    assert blocks[1][1].shape == "<p class='x'>i0<br>i1</p>"


def test_rows_that_differ_in_texts_alone_are_one_row():
    block = read_block("<table>\n<tr><td>a</td></tr> <tr><td>b</td></tr><tr class='s'><td>c</td></tr></table>")
    assert block.shape == "<table>\n<tr><td>i0</td></tr><tr class='s'><td>i1</td></tr></table>"
    assert block.values == (("a", "b"), ("c",))


def test_a_row_with_a_table_inside_stands_alone():
    inner = "<table><tr><td>{}</td></tr><tr><td>{}</td></tr></table>"
    block = read_block(f"<table><tr><td>{inner.format('a', 'b')}</td></tr></table>")
    assert block.shape == "<table><tr><td><table><tr><td>i0</td></tr></table></td></tr></table>"
    assert block.values == (("a", "b"),)


def test_a_script_with_other_lines_has_a_marker_of_its_own():
    markers = {
        "Łódź · 12 €": "i0", "Αθήνα": "i0", "شركة النور": "\u0634", "شارع 15": "\u06340", "東": "東", "東 A": "東0",
    }  # fmt: skip
    assert {text: read_block(f"<p>{text}</p>").shape for text in markers} == {
        text: f"<p>{marker}</p>" for text, marker in markers.items()
    }


def test_pictures_of_one_size_have_one_shape():
    dot, line = (
        f'<p><img src="data:image/png;base64,{data}" alt=""></p>'
        for data in ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ", "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAYAAAAfFcSJ")
    )
    assert read_block(dot).shape != read_block(line).shape
    assert read_block(dot).shape == read_block(dot.replace("fFcSJ", "fFcSK")).shape


def test_markup_that_is_not_plain_is_no_form():
    for body in ("text", "<p>a", "<p>a</b></p>", "</p>", "<!-- a --><p>b</p>", "<p>a > b</p>", "<P>a</P>", "<p>a</p>b"):
        with pytest.raises(NoForm):
            split_page(PAGE.format("-", body))
    for source in ("https://example.org/x.png", "data:image/svg+xml,x", "data:image/png;base64,aaaa"):
        with pytest.raises(NoForm):
            read_block(f'<p><img src="{source}"></p>')
