"""Codes of labels as drawings. Hundreds of them take longer than a page may wait: the press draws them."""

import json

import segno


def with_codes(data: str) -> str:
    """A paper's JSON with a drawing (SVG) in the place of the address that each label's code says."""
    paper = json.loads(data)
    drawn: dict[str, str] = {"": ""}
    for label in paper["stickers"]:
        said = label["code"]
        if said not in drawn:
            drawn[said] = str(segno.make_qr(said, error="m").svg_inline(border=2, light="#fff", dark="#000"))
        label["code"] = drawn[said]
    return json.dumps(paper, ensure_ascii=False)
