"""Texts as GeoNode's fields take them."""

import html
import re
import unicodedata

_TAG = re.compile(r"<[A-Za-z/!?][^<>]{0,2000}>")


def plain(text):
    """Without markup, NULs and control characters other than line breaks; one-line white space runs are one space."""
    text = html.unescape(_TAG.sub(" ", text)) if "<" in text or "&" in text else text
    # what was escaped twice is markup once more
    text = _TAG.sub(" ", text) if "<" in text else text
    text = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "\n".join(re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.splitlines()).strip()


def line(text):
    return " ".join(plain(text).split())


def cut(text, length):
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


# of a keyword, in GeoNode's tree
_MAX_KEYWORD = 100


def keyword(text):
    return whole_keyword(text)[:_MAX_KEYWORD].strip()


def is_cut(text):
    """Whether a keyword is longer than GeoNode takes."""
    return len(whole_keyword(text)) > _MAX_KEYWORD


def whole_keyword(text):
    """GeoNode escapes what HTML would read, and then no longer finds it: such characters are written otherwise."""
    text = line(text).replace("'", "’").replace('"', "”").replace("&", "+")
    return text.replace("<", "‹").replace(">", "›").strip(" ,;")


def keywords(texts):
    """In order, none twice (whatever the case), none empty."""
    seen = {}
    for text in texts:
        word = keyword(text)
        if word:
            seen.setdefault(word.casefold(), word)
    return list(seen.values())
