from unittest import mock

from django.contrib.auth import get_user_model
from geonode.favorite.models import Favorite
from geonode.layers.models import Dataset, Style
from geonode.maps.models import Map, MapLayer
from geoserver.layer import Layer
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm
from tests.base import DatabaseCase, example

from geosluice_geonode import service


def rows(model, **which):
    """All there is of them, in every column."""
    return list(model.objects.filter(**which).order_by("pk").values())


class Replaced(DatabaseCase):
    """What people made of a dataset outlives the content of it that was there then."""

    def setUp(self):
        self.reader = get_user_model().objects.create_user("reader", "r@example.org")
        self.document = example(permissions="owner", metadata={"abstract": "First"})
        self.dataset = Dataset.objects.get(pk=service.answer("register", self.document)["pk"])
        style = Style.objects.create(name="chosen", sld_title="Chosen by hand", workspace="geosluice")
        Dataset.objects.filter(pk=self.dataset.pk).update(default_style=style)
        self.dataset.styles.add(style)
        assign_perm("view_resourcebase", self.reader, self.dataset.get_self_resource())
        Favorite.objects.create_favorite(self.dataset, self.reader)
        self.map = Map.objects.create(title="Heights of the Harz", owner=self.reader, resource_type="map")
        catalog = mock.Mock()
        catalog.get_layer.return_value = mock.Mock(spec=Layer)
        with mock.patch("geonode.geoserver.signals.gs_catalog", catalog):
            MapLayer.objects.create(
                map=self.map,
                name=self.dataset.alternate,
                store=self.dataset.store,
                ows_url=self.dataset.ows_url,
                current_style="geosluice:chosen",
                extra_params={"msid": "1"},
                order=2,
                opacity=0.5,
            )

    def made_by_people(self):
        grants = [
            row
            for model in (UserObjectPermission, GroupObjectPermission)
            for row in rows(model, object_pk=str(self.dataset.pk))
        ]
        return {
            "maps": rows(Map),
            "layers": rows(MapLayer),
            "favourites": rows(Favorite),
            "permissions": grants,
            "styles": [style.name for style in self.dataset.styles.all()],
        }

    def replaced(self, generation):
        other = {**self.document["object"], "key": "rasters/other/dem.tif", "etag": "other"}
        box = {"nativeBbox": [5, 7, 6, 8], "wgs84Bbox": [5, 7, 6, 8]}
        changed = {
            "generation": generation,
            "version": f"{'abcd'[generation] * 10}-0",
            "object": other,
            "title": "Other",
        }
        return {**self.document, **changed, "layer": {**self.document["layer"], **box}}

    def test_maps_favourites_styles_and_permissions_stay_when_the_content_is_replaced(self):
        before = self.made_by_people()
        self.assertEqual([layer["dataset_id"] for layer in before["layers"]], [self.dataset.pk])
        self.assertTrue(all(before.values()))
        for generation in (2, 3):
            answer = service.answer("register", self.replaced(generation))
            self.assertEqual((answer["status"], answer["pk"]), ("updated", self.dataset.pk))
        self.assertEqual(self.made_by_people(), before)

        dataset = Dataset.objects.get(pk=self.dataset.pk)
        self.assertEqual((dataset.title, dataset.ll_bbox_polygon.extent), ("Other", (5, 7, 6, 8)))
        self.assertEqual((dataset.uuid, dataset.default_style.name), (self.dataset.uuid, "chosen"))
        [layer] = self.map.maplayers.all()
        self.assertEqual((layer.dataset, layer.name), (dataset, dataset.alternate))
        self.assertEqual((layer.current_style, layer.local), ("geosluice:chosen", True))
        self.assertEqual(list(self.map.datasets), [dataset])
        reader = get_user_model().objects.get(pk=self.reader.pk)
        self.assertTrue(reader.has_perm("view_resourcebase", dataset.get_self_resource()))
