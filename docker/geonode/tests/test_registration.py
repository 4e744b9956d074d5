import base64
import threading
from unittest import mock

from django.contrib.auth import get_user_model
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext
from geonode.base.models import (
    HierarchicalKeyword,
    Link,
    LinkedResource,
    ResourceBase,
    Thesaurus,
    ThesaurusKeyword,
    ThesaurusKeywordLabel,
)
from geonode.catalogue.metadataxsl.models import add_xsl_link
from geonode.catalogue.models import catalogue_post_save
from geonode.layers.models import Dataset
from geonode.maps.models import Map, MapLayer
from geonode.utils import set_resource_default_links
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm
from tests.base import CommittingCase, DatabaseCase, example

from geosluice_geonode import service
from geosluice_geonode.errors import Refused
from geosluice_geonode.lookup import lookup
from geosluice_geonode.models import Registration, Sidecar
from geosluice_geonode.registration import lock_registrations, register, register_all
from geosluice_geonode.releases import release
from geosluice_geonode.unregistration import unregister


def registered(**changes):
    return Dataset.objects.get(pk=register(example(**changes))["pk"])


def topic(identifier, alt_label, labels, about=None, **thesaurus):
    """A keyword of a thesaurus, both made where missing."""
    names = {"title": identifier, **thesaurus}
    owner = Thesaurus.objects.get_or_create(identifier=identifier, defaults=names)[0]
    keyword = ThesaurusKeyword.objects.create(thesaurus=owner, alt_label=alt_label, about=about)
    for lang, label in labels.items():
        ThesaurusKeywordLabel.objects.create(keyword=keyword, lang=lang, label=label)
    return keyword


def removal(document, generation):
    layer = document["layer"]
    of = {"workspace": layer["workspace"], "name": layer["name"]}
    return {"dataset": document["dataset"], "generation": generation, **of}


def second(**changes):
    """Another dataset with another layer."""
    layer = {"name": "other", "store": "other"}
    return example(dataset="d" + "b" * 20, layer=layer, **changes)


class Lookup(DatabaseCase):
    def test_what_was_handed_over_comes_back(self):
        dataset = registered()
        document = example()
        [found] = lookup({"datasets": [document["dataset"], "d" + "c" * 20]})["registrations"]
        self.assertEqual((found["pk"], found["alternate"], found["generation"]), (dataset.pk, "geosluice:dem", 1))
        self.assertEqual(found["kept"], {part: document[part] for part in ("layer", "object", "options")})
        self.assertEqual(found["doubles"], [])

    def test_another_dataset_of_the_same_layer_is_a_double(self):
        dataset = registered()
        twin = Dataset.objects.get(pk=register(second())["pk"])
        ResourceBase.objects.filter(pk=twin.pk).update(alternate="geosluice:dem")
        [found] = lookup({"datasets": [example()["dataset"]]})["registrations"]
        self.assertEqual((found["pk"], found["doubles"]), (dataset.pk, [twin.pk]))

    def test_pages_end_and_hold_no_more_than_is_asked_for(self):
        registered()
        register(second())
        with mock.patch("geosluice_geonode.lookup.PAGE", 1):
            first = lookup({"after": Registration.objects.order_by("-id")[1].id - 1})
            self.assertEqual([one["dataset"] for one in first["registrations"]], [example()["dataset"]])
            last = lookup({"after": first["next"]})
        self.assertEqual([one["dataset"] for one in last["registrations"]], [second()["dataset"]])
        self.assertEqual(lookup({"after": Registration.objects.latest("id").id})["next"], None)

    def test_queries_do_not_grow_with_the_datasets(self):
        registered()
        register(second())
        with self.assertNumQueries(3):
            lookup({"datasets": [example()["dataset"], second()["dataset"]]})

    def test_what_is_removed_is_not_found(self):
        registered()
        unregister(removal(example(), 2))
        self.assertEqual(lookup({"datasets": [example()["dataset"]]})["registrations"], [])

    def test_a_query_of_another_shape_is_refused(self):
        for query in ({}, {"after": -1}, {"datasets": "all"}, {"datasets": [], "after": 0}):
            with self.assertRaises(Refused):
                lookup(query)


class Register(DatabaseCase):
    def test_a_dataset_is_a_dataset_like_any_other(self):
        dataset = registered(title="Heights, 2020")
        self.assertIs(type(ResourceBase.objects.get(pk=dataset.pk).get_real_instance()), Dataset)
        self.assertEqual(dataset.title, "Heights_ 2020")
        self.assertEqual((dataset.subtype, dataset.resource_type, dataset.state), ("raster", "dataset", "PROCESSED"))
        self.assertEqual(dataset.alternate, "geosluice:dem")
        self.assertFalse(dataset.dirty_state)

    def test_the_same_document_twice_changes_nothing(self):
        first = registered()
        self.assertEqual(register(example())["status"], "unchanged")
        self.assertEqual(Dataset.objects.get(pk=first.pk).last_updated, first.last_updated)

    def test_who_asks_again_is_told_again_what_was_not_mapped(self):
        document = example(metadata={"language": "tlh"})
        told = register(document)["unmapped"]
        self.assertEqual(len(told), 1)
        again = register(document)
        self.assertEqual((again["status"], again["unmapped"]), ("unchanged", told))
        self.assertEqual(register(example(generation=2))["unmapped"], [])

    def test_a_higher_generation_updates_and_a_lower_one_is_superseded(self):
        dataset = registered(generation=2)
        self.assertEqual(register(example(generation=3, title="New"))["status"], "updated")
        self.assertEqual(register(example(generation=2, title="Old"))["status"], "superseded")
        self.assertEqual(Dataset.objects.get(pk=dataset.pk).title, "New")

    def test_a_dataset_that_was_deleted_by_hand_is_made_again(self):
        dataset = registered()
        Dataset.objects.non_polymorphic().filter(pk=dataset.pk).update(name="x")
        ResourceBase.objects.filter(pk=dataset.pk).update(alternate=None)
        Dataset.objects.non_polymorphic().filter(pk=dataset.pk).delete()
        self.assertEqual(register(example())["status"], "created")

    def test_an_unmanaged_dataset_of_the_same_layer_is_adopted(self):
        dataset = registered()
        Registration.objects.all().delete()
        answer = register(example(title="Adopted"))
        self.assertEqual((answer["status"], answer["pk"]), ("updated", dataset.pk))

    def test_a_layer_of_another_dataset_is_not_taken_over(self):
        registered()
        with self.assertRaises(Refused) as raised:
            register({**second(), "layer": example()["layer"]})
        self.assertEqual((raised.exception.code, raised.exception.field), ("NAME_TAKEN", "layer.name"))

    def test_a_layer_that_moved_to_another_name_keeps_its_dataset(self):
        dataset = registered()
        answer = register(example(generation=2, layer={"name": "moved", "store": "moved"}))
        self.assertEqual(answer["pk"], dataset.pk)
        dataset.refresh_from_db()
        self.assertEqual(dataset.alternate, "geosluice:moved")
        self.assertFalse(dataset.link_set.filter(url__contains="geosluice%3Adem").exists())

    def test_permissions_maps_and_stories_follow_a_layer_that_moved_to_another_workspace(self):
        dataset = registered(permissions="owner")
        reader = get_user_model().objects.create_user("reader", "r@example.org")
        assign_perm("view_resourcebase", reader, dataset.get_self_resource())

        def document_of(name):
            return {"map": {"layers": [{"name": name, "title": "geosluice:demo"}]}, "widgets": [{"layer": {"name": name}}]}

        blob = document_of("geosluice:dem")
        viewer = Map.objects.create(owner=dataset.owner, title="Map", resource_type="map", blob=blob)
        story = Map.objects.create(owner=dataset.owner, title="Story", resource_type="geostory", blob=blob)
        other = Map.objects.create(owner=dataset.owner, resource_type="map", blob=document_of("geosluice:demo"))
        elsewhere = {"name": "geosluice:dem", "ows_url": "https://elsewhere.example.org/wms"}
        MapLayer.objects.bulk_create(
            [
                MapLayer(map=viewer, name="geosluice:dem", store="dem", dataset=dataset),
                MapLayer(map=story, name="geosluice:dem", store="dem"),
                MapLayer(map=other, **elsewhere),
            ]
        )
        self.assertEqual([one.datasets.count() for one in (viewer, story, other)], [1, 1, 1])

        layer = {"workspace": "moved", "name": "heights", "store": "heights"}
        answer = register(example(generation=2, permissions="owner", layer=layer))
        self.assertEqual((answer["pk"], answer["uuid"]), (dataset.pk, dataset.uuid))
        now = Dataset.objects.get(pk=dataset.pk)
        self.assertEqual((now.alternate, now.workspace, now.store), ("moved:heights", "moved", "heights"))
        self.assertTrue(reader.has_perm("view_resourcebase", now.get_self_resource()))
        self.assertEqual([list(one.datasets) for one in (viewer, story, other)], [[now], [now], []])
        stores = [one.maplayers.get().store for one in (viewer, story, other)]
        self.assertEqual(stores, ["heights", "heights", None])
        for one, name in ((viewer, "moved:heights"), (story, "moved:heights"), (other, "geosluice:demo")):
            one.refresh_from_db()
            self.assertEqual(one.blob, document_of(name))

    def test_a_raster_across_the_antimeridian_has_a_box_that_geonode_can_hold(self):
        dataset = registered(layer={"wgs84Bbox": [170, -20, -170, -10]})
        self.assertEqual(dataset.ll_bbox_polygon.extent, (-180, -20, 180, -10))

    def test_a_native_box_keeps_its_own_numbers(self):
        box = [500000, 5700000, 510000, 5710000]
        dataset = registered(layer={"srs": "EPSG:32632", "nativeBbox": box, "wgs84Bbox": [9, 51.4, 9.2, 51.6]})
        self.assertEqual(dataset.srid, "EPSG:32632")
        self.assertEqual(list(dataset.bbox_polygon.extent), box)
        self.assertEqual(dataset.bbox_string, "500000.0000000,5700000.0000000,510000.0000000,5710000.0000000")

    def test_bad_documents_are_refused_by_the_name_of_the_field(self):
        cases = {
            "schema": {"schema": 2},
            "generation": {"generation": 0},
            "layer.srs": {"layer": {"srs": "WGS84"}},
            "layer.wgs84Bbox": {"layer": {"wgs84Bbox": [0, 95, 1, 96]}},
            "owner": {"owner": "nobody"},
            "group": {"group": "no-such-group"},
            "category": {"category": "Wetter"},
            "sidecar.base64": {"sidecar": {"name": "x.xml", "contentType": "text/xml", "base64": "!"}},
            "metadata.keywords": {"metadata": {"keywords": ["x"] * 501}},
        }
        for field, changes in cases.items():
            with self.assertRaises(Refused, msg=field) as raised:
                register(example(**changes))
            self.assertEqual(raised.exception.field, field)
        for nonsense in (None, 7, "x", [], {}):
            self.assertEqual(service.answer("register", nonsense)["status"], "error")
        self.assertFalse(Registration.objects.exists())

    def test_permissions_for_a_group_need_a_group(self):
        with self.assertRaises(Refused) as raised:
            register(example(permissions="group"))
        self.assertEqual(raised.exception.field, "group")


class Batch(DatabaseCase):
    def numbered(self, count, **changes):
        letters = "abcdefghij"
        return [
            example(dataset="d" + letters[number] * 20, layer={"name": f"n{number}", "store": f"n{number}"}, **changes)
            for number in range(count)
        ]

    def test_a_bad_document_does_not_touch_its_neighbours(self):
        documents = self.numbered(4)
        documents[1]["owner"] = "nobody"
        documents[2] = {"dataset": 7}
        answers = service.answers("register", documents)
        self.assertEqual([answer["status"] for answer in answers], ["created", "error", "error", "created"])
        self.assertEqual(answers[1]["field"], "owner")

    def test_what_fails_while_it_is_written_fails_alone(self):
        documents = self.numbered(4)
        from geosluice_geonode import links

        default_links = links._default_links

        def failing(dataset):
            if dataset.name == "n2":
                raise ValueError("no links")
            return default_links(dataset)

        with mock.patch("geosluice_geonode.links._default_links", side_effect=failing):
            answers = service.answers("register", documents)
        self.assertEqual([answer["status"] for answer in answers], ["created", "created", "error", "created"])
        self.assertTrue(answers[2]["retry"])
        self.assertEqual(Dataset.objects.filter(alternate__startswith="geosluice:n").count(), 3)

    def test_a_keyword_that_cannot_be_made_fails_its_own_document_alone(self):
        documents = self.numbered(3)
        documents[1]["metadata"]["keywords"] = ["cursed"]
        add_root = HierarchicalKeyword.add_root

        def failing(**fields):
            if fields["name"] == "cursed":
                raise DataError("value too long for type character varying(100)")
            return add_root(**fields)

        with mock.patch.object(HierarchicalKeyword, "add_root", side_effect=failing):
            answers = service.answers("register", documents)
        self.assertEqual([answer["status"] for answer in answers], ["created", "error", "created"])

    def test_keywords_of_one_slug_are_both_made_whatever_their_length(self):
        documents = self.numbered(3)
        for document, words in zip(documents, (["A" * 100, "!?"], ["a" * 100, "?!"], ["ﷺ" * 100]), strict=True):
            document["metadata"]["keywords"] = words
        for answer, document in zip(service.answers("register", documents), documents, strict=True):
            self.assertEqual(answer["status"], "created", answer)
            shown = set(Dataset.objects.get(pk=answer["pk"]).keyword_list())
            self.assertEqual(shown, set(document["metadata"]["keywords"]))

    def test_new_changed_settled_and_late_ones_go_together(self):
        documents = self.numbered(4)
        register_all(documents[1:])
        documents[1] = {**documents[1], "generation": 2, "title": "Changed"}
        register({**documents[3], "generation": 5})
        answers = register_all(documents)
        self.assertEqual([answer["status"] for answer in answers], ["created", "updated", "unchanged", "superseded"])
        self.assertEqual(Dataset.objects.get(alternate="geosluice:n1").title, "Changed")

    def test_one_dataset_twice_and_one_layer_twice_are_taken_in_their_order(self):
        [first, other] = self.numbered(2)
        later = {**first, "generation": 2, "title": "Later"}
        thief = {**other, "layer": first["layer"]}
        answers = service.answers("register", [first, thief, later, other])
        self.assertEqual([answer["status"] for answer in answers], ["created", "error", "updated", "created"])
        self.assertEqual(answers[1]["code"], "NAME_TAKEN")
        self.assertEqual(Dataset.objects.get(alternate="geosluice:n0").title, "Later")

    def test_queries_a_dataset_are_few(self):
        def queries(count):
            with CaptureQueriesContext(connection) as captured:
                register_all(self.numbered(10)[:count])
            return len(captured)

        few = queries(2)
        many = queries(10)
        # rows of a dataset that Django writes one by one: itself, its registration, its record in the catalogue
        self.assertLessEqual(many - few, 8 * 3 + 8)


class SameAsGeonode(DatabaseCase):
    """What is written in bulk is what GeoNode's own functions write: run over it, they change nothing."""

    def written(self, dataset):
        links = Link.objects.filter(resource_id=dataset.pk)
        row = ResourceBase.objects.filter(pk=dataset.pk).values("metadata_xml", "csw_anytext", "csw_wkt_geometry").get()
        permissions = [
            sorted(
                model.objects.filter(object_pk=str(dataset.pk)).values_list(who, "permission__codename", "content_type")
            )
            for model, who in ((UserObjectPermission, "user"), (GroupObjectPermission, "group"))
        ]
        return {
            "links": sorted(links.values_list("name", "url", "extension", "mime", "link_type")),
            "permissions": permissions,
            # in the order of its rows, which no function promises
            **{
                name: sorted((text or "").split("\n" if name == "metadata_xml" else "    "))
                for name, text in row.items()
            },
        }

    def documents(self):
        get_user_model().objects.create_user("erika", "erika@example.org", first_name="Erika", last_name="Muster")
        topic("inspire", "hydro", {"en": "Hydrography"})
        yield example(metadata={"keywords": ["HYDROGRAPHY", "free"]})
        yield second(
            title="Heights, 2020",
            category="elevation",
            metadata={
                "abstract": "An <b>abstract</b>",
                "creators": ["Muster, Erika"],
                "publishers": ["erika@example.org"],
                "places": ["germany", "Göttingen"],
                "license": "CC BY 4.0",
                "rights": ["© LGLN"],
                "identifiers": ["https://doi.org/10.1234/x.y"],
                "temporal": ["2019", None],
                "language": "deu",
            },
        )

    def test_links_and_the_catalogue(self):
        for document in self.documents():
            dataset = Dataset.objects.get(pk=register(document)["pk"])
            before = self.written(dataset)
            # GeoNode makes one for each style it knows, and no other
            Link.objects.filter(resource_id=dataset.pk).exclude(name="Legend").delete()
            unset = ResourceBase._meta.get_field("csw_wkt_geometry").default
            ResourceBase.objects.filter(pk=dataset.pk).update(metadata_xml="", csw_anytext="", csw_wkt_geometry=unset)
            set_resource_default_links(dataset, dataset, prune=False)
            add_xsl_link(dataset.resourcebase_ptr)
            catalogue_post_save(instance=Dataset.objects.get(pk=dataset.pk), sender=Dataset)
            self.assertEqual(self.written(dataset), before)

    def test_permissions(self):
        for document in self.documents():
            dataset = Dataset.objects.get(pk=register(document)["pk"])
            before = self.written(dataset)["permissions"]
            UserObjectPermission.objects.filter(object_pk=str(dataset.pk)).delete()
            GroupObjectPermission.objects.filter(object_pk=str(dataset.pk)).delete()
            with mock.patch("geonode.geoserver.manager.GeoServerResourceManager.set_permissions", return_value=True):
                dataset.set_default_permissions(owner=dataset.owner)
            self.assertEqual(self.written(dataset)["permissions"], before)


class Thesauri(DatabaseCase):
    def shown(self, dataset):
        return {keyword.alt_label for keyword in dataset.tkeywords.all()}

    def test_a_subject_that_a_thesaurus_names_is_its_keyword_and_no_free_one(self):
        topic("gemet", "water", {"en": "Inland water", "de": "Binnengewässer"})
        topic("gemet", "soil", {"de": "Boden"})
        topic("gemet", "air", {}, about="http://www.eionet.europa.eu/gemet/concept/245")
        said = ["BINNENGEWÄSSER", "inland water", "Soil", "http://www.eionet.europa.eu/gemet/concept/245", "waters"]
        dataset = registered(metadata={"keywords": said})
        self.assertEqual(self.shown(dataset), {"water", "soil", "air"})
        self.assertEqual(dataset.keyword_list(), ["waters"])
        self.assertIn("gemet", dataset.metadata_xml)

    def test_a_subject_of_two_keywords_stays_free_and_so_does_one_of_a_thesaurus_that_offers_none(self):
        topic("one", "a", {"en": "Bank"})
        topic("two", "b", {"en": "bank"})
        topic("shut", "closed", {}, card_max=0)
        for inner in release.INNER_THESAURI:
            topic(inner, "inner", {})
        dataset = registered(metadata={"keywords": ["Bank", "closed", "inner"]})
        self.assertEqual(self.shown(dataset), set())
        self.assertEqual(set(dataset.keyword_list()), {"Bank", "closed", "inner"})

    def test_a_thesaurus_gives_no_more_than_it_allows(self):
        topic("theme", "first", {}, card_max=1)
        topic("theme", "last", {})
        dataset = registered(metadata={"keywords": ["first", "FIRST", "last"]})
        self.assertEqual((self.shown(dataset), dataset.keyword_list()), ({"first"}, ["last"]))

    def test_an_update_changes_ours_and_leaves_what_was_chosen_by_hand(self):
        topic("gemet", "water", {})
        topic("gemet", "soil", {})
        air = topic("gemet", "air", {})
        dataset = registered(metadata={"keywords": ["water", "soil"]})
        dataset.tkeywords.add(air)
        register(example(generation=2, metadata={"keywords": ["soil", "air"]}))
        self.assertEqual(self.shown(dataset), {"soil", "air"})
        register(example(generation=3))
        self.assertEqual(self.shown(dataset), {"air"})

    def test_a_batch_looks_its_subjects_up_at_once(self):
        for number in range(10):
            topic("gemet", f"t{number}", {})
        documents = [example(), second()]

        def lookups(count):
            for document in documents:
                document["generation"] += 1
                document["metadata"]["keywords"] = [f"t{number}" for number in range(count)]
            with CaptureQueriesContext(connection) as captured:
                register_all(documents)
            return sum("thesaurus" in query["sql"] for query in captured)

        self.assertEqual(lookups(10), lookups(2))


class Mapping(DatabaseCase):
    def test_contacts_are_users_or_stay_as_text(self):
        user = get_user_model().objects.create_user(
            "erika", "erika@example.org", first_name="Erika", last_name="Muster"
        )
        creators = ["Muster, Erika", "Unknown Person <u@example.org>"]
        dataset = registered(metadata={"creators": creators, "publishers": ["erika@example.org"]})
        self.assertEqual(dataset.originator, [user])
        self.assertEqual(dataset.publisher, [user])
        self.assertIn("Creator: Unknown Person (u@example.org)", dataset.supplemental_information)
        self.assertEqual(dataset.poc, [dataset.owner])

    def test_two_users_of_one_name_are_nobody(self):
        for name in ("a", "b"):
            get_user_model().objects.create_user(name, f"{name}@example.org", first_name="Max", last_name="Muster")
        dataset = registered(metadata={"creators": ["Max Muster"]})
        self.assertEqual(dataset.originator, [])

    def test_an_unknown_topic_makes_no_category_and_a_known_keyword_is_one(self):
        from geonode.base.models import TopicCategory

        before = TopicCategory.objects.count()
        dataset = registered(metadata={"keywords": ["Wetter", "Elevation"]})
        self.assertEqual(dataset.category.identifier, "elevation")
        self.assertEqual(TopicCategory.objects.count(), before)

    def test_places_are_regions_by_name_or_code_or_else_keywords(self):
        dataset = registered(metadata={"places": ["germany", "FRA", "Göttingen"]})
        self.assertEqual({region.code for region in dataset.regions.all()}, {"DEU", "FRA"})
        self.assertIn("Göttingen", dataset.keyword_list())

    def test_keywords_are_replaced_not_gathered(self):
        dataset = registered(metadata={"keywords": ["one", "two"]})
        register(example(generation=2, metadata={"keywords": ["two", "three"]}))
        self.assertEqual(set(dataset.keyword_list()), {"two", "three"})
        self.assertEqual(HierarchicalKeyword.objects.filter(name="two").count(), 1)

    def test_rights_become_licence_constraints_and_restriction(self):
        dataset = registered(metadata={"rights": ["© LGLN"], "license": "CC BY 4.0"}, license="odbl")
        self.assertEqual(dataset.license.identifier, "cc-by-4-0")
        self.assertEqual(dataset.constraints_other, "© LGLN")
        self.assertEqual(dataset.restriction_code_type.identifier, "copyright")

    def test_an_unknown_licence_is_a_constraint_and_the_default_only_fills_a_gap(self):
        dataset = registered(metadata={"license": "by agreement"}, license="odbl")
        self.assertEqual((dataset.license.identifier, dataset.constraints_other), ("not_specified", "by agreement"))
        register(example(generation=2, license="odbl"))
        dataset.refresh_from_db()
        self.assertEqual((dataset.license.identifier, dataset.constraints_other), ("odbl", None))

    def test_identifiers_sources_relations_and_times_find_their_fields(self):
        target = registered()
        dataset = Dataset.objects.get(
            pk=register(
                second(
                    metadata={
                        "identifiers": ["https://doi.org/10.1234/x.y", "urn:other"],
                        "sources": ["Flown in 2019"],
                        "relations": [target.uuid, "https://elsewhere.example/1"],
                        "temporal": ["2019", None],
                        "created": "2020-05",
                        "language": "deu",
                    }
                )
            )["pk"]
        )
        self.assertEqual((dataset.doi, dataset.data_quality_statement), ("10.1234/x.y", "Flown in 2019"))
        self.assertEqual([link.target_id for link in LinkedResource.objects.filter(source=dataset)], [target.pk])
        self.assertEqual((dataset.temporal_extent_start.year, dataset.temporal_extent_end), (2019, None))
        self.assertEqual((dataset.date.isoformat(), dataset.date_type), ("2020-05-01T00:00:00+00:00", "creation"))
        self.assertEqual(dataset.language, "ger")
        self.assertIn("Identifier: urn:other", dataset.supplemental_information)
        self.assertIn("urn:other", dataset.csw_anytext)

    def test_no_date_in_the_metadata_leaves_the_date_of_the_first_registration(self):
        dataset = registered()
        register(example(generation=2))
        self.assertEqual(Dataset.objects.get(pk=dataset.pk).date, dataset.date)

    def test_what_geonode_has_no_row_for_is_told_and_where_it_went(self):
        said = {
            "creators": ["Nobody We Know"],
            "places": ["Atlantis", "germany"],
            "language": "tlh",
            "license": "by agreement",
            "issued": "2020-02-30",
            "temporal": ["2019", "2019-13"],
        }
        answer = register(example(title="T" * 300, metadata=said))
        self.assertEqual(
            answer["unmapped"],
            [
                "creator Nobody We Know: no one user of this GeoNode, kept as text",
                "place Atlantis: no one region of this GeoNode, kept as keyword",
                "language tlh: not listed by GeoNode, kept as text",
                "licence by agreement: not listed by GeoNode, kept as other constraints",
                "date 2020-02-30: GeoNode has no such date, only in the sidecar",
                "time end 2019-13: GeoNode has no such date, only in the sidecar",
                "title: longer than GeoNode takes, whole only in the sidecar",
            ],
        )
        self.assertEqual(register(second())["unmapped"], [])

    def test_titles_in_other_languages_are_kept_as_text_and_told(self):
        titles = {"en": "Wood", "de": "Wald", "fr": "Forêt"}
        answer = register(example(title="Wood", metadata={"title": "Wood", "titles": titles}))
        told = [f"title in {said}: GeoNode has one title, kept as text" for said in ("de Wald", "fr Forêt")]
        self.assertEqual(answer["unmapped"], told)
        text = Dataset.objects.get(pk=answer["pk"]).supplemental_information
        self.assertIn("Title (de): Wald\nTitle (fr): Forêt\n", text)
        self.assertNotIn("Wood", text)

    def test_what_is_cut_is_told(self):
        said = {
            "sources": ["s" * 2000, "s"],
            "formats": ["f" * 2000],
            "keywords": ["k" * 101, "k" * 100],
        }
        answer = register(example(metadata=said))
        end = "longer than GeoNode takes, whole only in the sidecar"
        self.assertEqual(
            answer["unmapped"],
            [
                f"data quality statement: {end}",
                f"supplemental information: {end}",
                f"keyword {'k' * 101}: {end}",
            ],
        )

    def test_sentences_after_the_twentieth_are_counted(self):
        unmapped = register(example(metadata={"places": [f"Nowhere {number}" for number in range(23)]}))["unmapped"]
        self.assertEqual((len(unmapped), unmapped[-1]), (21, "and 3 more"))
        self.assertIn("Nowhere 19", unmapped[19])

    def test_long_and_hostile_texts_are_taken_as_they_can_be(self):
        metadata = {"abstract": "a\0<script>x</script>" + "y" * 9000, "creators": ["z" * 2000] * 5}
        dataset = registered(title="<b>" + "T" * 990, metadata=metadata)
        self.assertEqual(len(dataset.title), 255)
        self.assertNotIn("<", dataset.abstract)
        self.assertLessEqual(len(dataset.supplemental_information), 2000)


class Access(DatabaseCase):
    def setUp(self):
        self.owner = get_user_model().objects.create_user("owner", "o@example.org")
        self.other = get_user_model().objects.create_user("other", "x@example.org")

    def can(self, user, dataset, permission="view_resourcebase"):
        return get_user_model().objects.get(pk=user.pk).has_perm(permission, dataset.get_self_resource())

    def test_public_is_for_everyone_and_owner_for_the_owner(self):
        public = registered(owner="owner", permissions="public")
        self.assertTrue(self.can(self.other, public))
        self.assertTrue(self.can(self.other, public, "download_resourcebase"))
        self.assertFalse(self.can(self.other, public, "change_resourcebase"))
        self.assertTrue(self.can(self.owner, public, "change_resourcebase"))
        register(example(owner="owner", permissions="owner", generation=2))
        self.assertFalse(self.can(self.other, public))
        self.assertTrue(self.can(self.owner, public))

    def test_a_group_sees_what_is_for_the_group(self):
        from geonode.groups.models import GroupProfile

        group = GroupProfile.objects.create(title="Surveyors", slug="surveyors")
        member = get_user_model().objects.create_user("member", "m@example.org")
        group.join(member)
        dataset = registered(owner="owner", group="surveyors", permissions="group")
        self.assertEqual(dataset.group, group.group)
        self.assertTrue(self.can(member, dataset, "download_resourcebase"))
        self.assertFalse(self.can(self.other, dataset))

    def test_what_people_granted_in_geonode_outlives_an_update(self):
        dataset = registered(owner="owner", permissions="owner")
        permissions = release.permissions_of(dataset)
        self.assertNotIn(self.other, permissions["users"])
        assign_perm("view_resourcebase", self.other, dataset.get_self_resource())
        register(example(owner="owner", permissions="owner", generation=2, title="New"))
        self.assertTrue(self.can(self.other, dataset))


class Sidecars(DatabaseCase):
    def test_the_sidecar_is_kept_as_it_was_and_goes_with_the_next_version(self):
        content = b"\xff\xfe<dc/>"
        sidecar = {"name": "a b.xml", "contentType": "application/xml", "base64": base64.b64encode(content).decode()}
        dataset = registered(sidecar=sidecar)
        self.assertEqual(bytes(Sidecar.objects.get().content), content)
        link = dataset.link_set.get(name="Original sidecar")
        self.assertEqual((link.link_type, link.mime), ("metadata", "application/xml"))
        register(example(generation=2))
        self.assertFalse(Sidecar.objects.exists() or dataset.link_set.filter(name="Original sidecar").exists())


class Unregister(DatabaseCase):
    def test_everything_of_a_dataset_goes_and_the_fence_stays(self):
        dataset = registered(permissions="public")
        answer = unregister(removal(example(), 2))
        self.assertEqual(answer, {"status": "removed"})
        self.assertFalse(ResourceBase.objects.filter(pk=dataset.pk).exists())
        for model in (UserObjectPermission, GroupObjectPermission):
            self.assertFalse(model.objects.filter(object_pk=str(dataset.pk)).exists())
        self.assertEqual(register(example())["status"], "superseded")

    def test_twice_is_once_and_late_is_never(self):
        registered(generation=3)
        self.assertEqual(unregister(removal(example(), 2))["status"], "superseded")
        self.assertEqual(unregister(removal(example(), 3))["status"], "removed")
        self.assertEqual(unregister(removal(example(), 3))["status"], "absent")

    def test_a_dataset_that_is_not_ours_is_left_alone(self):
        dataset = registered()
        Registration.objects.all().delete()
        self.assertEqual(unregister(removal(example(), 9))["status"], "absent")
        self.assertTrue(Dataset.objects.filter(pk=dataset.pk).exists())


class Atomicity(CommittingCase):
    def test_a_failure_in_the_middle_leaves_nothing_behind(self):
        document = example(dataset="d" + "c" * 20, layer={"name": "half", "store": "half"})
        with mock.patch("geosluice_geonode.catalogue.refresh", side_effect=OSError("catalogue is away")):
            answer = service.answer("register", document)
        self.assertEqual((answer["status"], answer["code"], answer["retry"]), ("error", "FAILED", True))
        self.assertFalse(Dataset.objects.filter(alternate="geosluice:half").exists())
        self.assertFalse(Registration.objects.filter(source_dataset=document["dataset"]).exists())
        self.assertEqual(service.answer("register", document)["status"], "created")
        self.assertEqual(service.answer("unregister", removal(document, 2))["status"], "removed")
        Registration.objects.filter(source_dataset=document["dataset"]).delete()

    def test_what_another_request_holds_for_long_is_told_as_an_outage_and_not_waited_for(self):
        document = example(dataset="d" + "e" * 20, layer={"name": "held", "store": "held"})
        held, over = threading.Event(), threading.Event()

        def hold():
            try:
                with transaction.atomic():
                    lock_registrations([document["dataset"]])
                    held.set()
                    over.wait(60)
                    transaction.set_rollback(True)
            finally:
                connection.close()

        other = threading.Thread(target=hold)
        other.start()
        try:
            self.assertTrue(held.wait(60))
            with mock.patch("geosluice_geonode.registration._LOCK_MS", 200):
                answer = service.answer("register", document)
        finally:
            over.set()
            other.join()
        self.assertEqual((answer["status"], answer["code"], answer["down"]), ("error", "AWAY", True), answer)
        self.assertEqual(service.answer("register", document)["status"], "created")
        self.assertEqual(service.answer("unregister", removal(document, 2))["status"], "removed")
        Registration.objects.filter(source_dataset=document["dataset"]).delete()
