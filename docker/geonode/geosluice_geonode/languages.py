"""Language codes and names to the three letters of GeoNode's own list, which mixes both sets of ISO 639-2."""

from geonode.base.enumerations import ALL_LANGUAGES

# ISO 639-1, then every ISO 639-2 code of the same language.
_SAME = """
aa aar|ab abk|af afr|am amh|ar ara|as asm|ay aym|az aze|ba bak|be bel|bg bul|bi bis|bn ben|br bre|ca cat|co cos|
da dan|de ger deu|dz dzo|el gre ell|en eng|eo epo|es spa|et est|fi fin|fj fij|fo fao|fr fra fre|fy fry|gl glg|gn grn|
gu guj|ha hau|he heb|hi hin|hr scr hrv|hu hun|ia ina|id ind|ik ipk|it ita|iu iku|ja jpn|kk kaz|kl kal|km khm|kn kan|
ko kor|ks kas|ku kur|ky kir|la lat|ln lin|lo lao|lt lit|lv lav|mg mlg|mn mon|mr mar|mt mlt|na nau|ne nep|no nor nob nno|
nb nor nob|nn nor nno|oc oci|om orm|or ori|pa pan|pl pol|ps pus|pt por|qu que|rm roh|rn run|ru rus|rw kin|sa san|sd snd|
sg sag|si sin|sl slv|sm smo|sn sna|so som|sr scr srp|ss ssw|st sot|su sun|sw swa|ta tam|te tel|tg tgk|th tha|ti tir|
tk tuk|tl tgl|tn tsn|to tog ton|tr tur|ts tso|tt tat|tw twi|ug uig|uk ukr|ur urd|uz uzb|vi vie|vo vol|wo wol|xh xho|
yi yid|yo yor|za zha|zh chi zho|zu zul
"""


def _table():
    known = {code for code, _name in ALL_LANGUAGES}
    table = {str(name).casefold(): code for code, name in ALL_LANGUAGES}
    for group in "".join(_SAME.split("\n")).split("|"):
        codes = group.split()
        ours = next((code for code in codes[1:] if code in known), None)
        for code in codes if ours else ():
            table.setdefault(code, ours)
    table.update({code: code for code in known})
    return table


_TABLE = _table()


def geonode_language(text):
    """GeoNode's code of `de`, `deu`, `de-AT`, `German`; None where its list has none: it cannot show others."""
    asked = (text or "").strip().casefold().replace("_", "-")
    return _TABLE.get(asked) or _TABLE.get(asked.split("-")[0])
