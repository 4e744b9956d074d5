from tests.base import DatabaseCase

from geosluice_geonode.dates import best_date, end_of, start_of
from geosluice_geonode.languages import geonode_language
from geosluice_geonode.licences import find_licence
from geosluice_geonode.text import cut, keyword, keywords, line, plain


class Texts(DatabaseCase):
    def test_markup_nul_and_control_characters_go_and_comparisons_stay(self):
        self.assertEqual(plain("a\0b <p>c</p>\n d&amp;e"), "ab c\nd&e")
        self.assertEqual(plain("&lt;DIV&gt;escaped&lt;/DIV&gt; text"), "escaped text")
        self.assertEqual(plain("slope < 5 and > 2"), "slope < 5 and > 2")
        self.assertEqual(line("  two\n lines "), "two lines")

    def test_a_cut_text_shows_that_it_was_cut(self):
        self.assertEqual(cut("abcdef", 4), "abc…")
        self.assertEqual(cut("abcd", 4), "abcd")

    def test_keywords_hold_nothing_that_geonode_would_escape(self):
        self.assertEqual(keyword("l'eau \"vive\" & <b>co</b>"), "l’eau ”vive” + co")
        self.assertEqual(len(keyword("x" * 300)), 100)
        self.assertEqual(keywords(["Water", "water", " ", "", "land"]), ["Water", "land"])


class Dates(DatabaseCase):
    def test_partial_dates_are_widened(self):
        self.assertEqual(start_of("2020").isoformat(), "2020-01-01T00:00:00+00:00")
        self.assertEqual(end_of("2020").isoformat(), "2020-12-31T23:59:59+00:00")
        self.assertEqual(end_of("2020-02").isoformat(), "2020-02-29T23:59:59+00:00")
        self.assertEqual(start_of("2020-05-06T07:08:09Z").isoformat(), "2020-05-06T07:08:09+00:00")

    def test_what_the_calendar_does_not_have_is_no_date(self):
        for text in ("2020-13", "2021-02-29", "-0044", "12020", "2020-01-01Tnoon", "", None, "0000"):
            self.assertIsNone(start_of(text), text)

    def test_the_date_type_tells_where_the_date_came_from(self):
        nothing = {"issued": None, "created": None, "modified": None, "date": None}
        self.assertIsNone(best_date(nothing))
        self.assertEqual(best_date({**nothing, "date": "2020"})[1], "publication")
        self.assertEqual(best_date({**nothing, "modified": "2020", "date": "2020"})[1], "revision")
        self.assertEqual(best_date({**nothing, "modified": "2021", "created": "2020"})[1], "creation")
        self.assertEqual(best_date({**nothing, "issued": "2022", "created": "2020"})[1], "publication")


class Languages(DatabaseCase):
    def test_every_way_to_write_a_language_becomes_the_code_that_geonode_lists(self):
        for text in ("de", "ger", "deu", "de-AT", "de_DE", "German", "DE"):
            self.assertEqual(geonode_language(text), "ger", text)
        self.assertEqual(geonode_language("fre"), "fra")
        self.assertEqual(geonode_language("el"), "gre")
        self.assertEqual(geonode_language("zh"), "chi")

    def test_a_language_geonode_cannot_show_is_none(self):
        for text in ("xx", "tlh", "", None, "sv"):
            self.assertIsNone(geonode_language(text), text)


class Licences(DatabaseCase):
    def test_creative_commons_is_found_by_url_and_by_name_and_added_once(self):
        by_url = find_licence("https://creativecommons.org/licenses/by/4.0/deed.de")
        self.assertEqual(by_url.identifier, "cc-by-4-0")
        for text in ("CC-BY-4.0", "CC BY 4.0", "Licensed under http://creativecommons.org/licenses/by/4.0/."):
            self.assertEqual(find_licence(text).pk, by_url.pk, text)
        self.assertEqual(find_licence("cc by-nc-sa 3.0").identifier, "cc-by-nc-sa-3-0")
        self.assertEqual(find_licence("CC0").identifier, "cc0-1-0")

    def test_other_well_known_ones_and_those_of_the_site_are_found(self):
        self.assertEqual(find_licence("https://www.govdata.de/dl-de/by-2-0").identifier, "dl-de-by-2-0")
        self.assertEqual(find_licence("odbl").identifier, "odbl")
        self.assertEqual(find_licence("Public Domain").identifier, "public_domain")

    def test_what_is_no_licence_is_none(self):
        for text in ("all rights reserved", "", None, "https://example.org/terms", "by agreement"):
            self.assertIsNone(find_licence(text), text)
