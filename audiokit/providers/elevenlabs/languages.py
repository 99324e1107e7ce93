"""The vendor's recognizer names languages with three letters, everybody else with two."""

from __future__ import annotations

import re
from types import MappingProxyType

_PAIRS = """
afr af, amh am, ara ar, aze az, bel be, ben bn, bos bs, bul bg, cat ca, ces cs, cmn zh, cym cy, dan da, deu de, ell el,
eng en, est et, eus eu, fas fa, fil tl, fin fi, fra fr, gle ga, glg gl, guj gu, hau ha, heb he, hin hi, hrv hr, hun hu,
hye hy, ibo ig, ind id, isl is, ita it, jav jv, jpn ja, kan kn, kat ka, kaz kk, khm km, kir ky, kor ko, lao lo, lav lv,
lit lt, ltz lb, mal ml, mar mr, mkd mk, mlt mt, mon mn, mri mi, msa ms, mya my, nep ne, nld nl, nor no, nya ny, oci oc,
ori or, pan pa, pol pl, por pt, pus ps, ron ro, rus ru, slk sk, slv sl, sna sn, snd sd, som so, spa es, srp sr, swa sw,
swe sv, tam ta, tel te, tgk tg, tha th, tur tr, ukr uk, urd ur, uzb uz, vie vi, wol wo, xho xh, yor yo, yue zh, zho zh,
zul zu
"""
TWO_LETTERS = MappingProxyType(dict(re.findall(r"(\w{3}) (\w{2})", _PAIRS)))
"""ISO 639-3 to ISO 639-1, for the languages that the recognizer knows."""


def two_letters(code: str | None) -> str:
    """Give the ISO 639-1 code of a language; empty when there is none."""
    code = (code or "").lower().partition("-")[0]
    return code if len(code) == 2 else TWO_LETTERS.get(code, "")
