import io
from datetime import timedelta
from unittest import mock

import requests
from celery.exceptions import Retry
from django.test import override_settings
from geonode.celery_app import app as celery
from geonode.layers.models import Dataset
from geonode.storage.manager import storage_manager
from PIL import Image
from tests.base import DatabaseCase, example

from geosluice_geonode import service, tasks
from geosluice_geonode.models import Registration

_ON = override_settings(GEOSLUICE_THUMBNAILS=True)


def picture(colour, size=(200, 150)):
    """A JPEG, half of it black."""
    image = Image.new("RGB", size, colour)
    image.paste((0, 0, 0), (0, 0, size[0] // 2, size[1]))
    content = io.BytesIO()
    image.save(content, "JPEG")
    return content.getvalue()


class Answer:
    def __init__(self, content_type="image/jpeg", content=None):
        self.headers, self.content = {"content-type": content_type}, content or picture((200, 0, 0))

    def raise_for_status(self):
        pass


def other(letter):
    """What makes a document another dataset's with another layer."""
    return {"dataset": "d" + letter * 20, "layer": {"name": f"n{letter}", "store": f"n{letter}"}}


class Thumbnails(DatabaseCase):
    def setUp(self):
        tasks._away_until = 0.0

    def registered(self, **changes):
        with self.captureOnCommitCallbacks(execute=True):
            [answer] = service.answers("register", [example(**changes)])
        return answer

    @_ON
    def test_they_are_asked_for_once_a_batch_and_again_with_new_pixels_only(self):
        with mock.patch("geosluice_geonode.tasks.make_thumbnails.apply_async") as asked:
            pk = self.registered()["pk"]
            self.registered(generation=2, title="Only the title")
            self.registered(generation=3, version="aaaaaaaaaa-0")
        self.assertEqual([call.args for call in asked.call_args_list], [(([pk],),), (([pk],),)])

    @_ON
    def test_a_broker_that_is_away_keeps_nobody_waiting(self):
        with mock.patch("geosluice_geonode.tasks.make_thumbnails.apply_async", side_effect=OSError("away")) as asked:
            self.assertEqual(self.registered()["status"], "created")
            self.registered(generation=2, version="aaaaaaaaaa-0")
        self.assertEqual(asked.call_count, 1)

    def test_where_tasks_run_in_the_request_there_are_none(self):
        with mock.patch("geosluice_geonode.tasks.make_thumbnails.apply_async") as asked:
            self.registered()
        asked.assert_not_called()

    def drawn(self, pk, answer=None):
        """What GeoServer was asked for."""
        with mock.patch("geosluice_geonode.tasks.requests.get", return_value=answer or Answer()) as asked:
            tasks.make_thumbnails.run([pk])
        return asked

    def is_due(self, pk):
        return Registration.objects.get(resource_id=pk).thumbnail_due is not None

    def test_a_map_of_the_layer_in_its_own_shape_is_kept_where_geonode_keeps_thumbnails(self):
        pk = self.registered(layer={"wgs84Bbox": [0, 0, 1, 4]})["pk"]
        [url], given = self.drawn(pk).call_args
        self.assertTrue(url.endswith("/geosluice/dem/wms"), url)
        self.assertEqual((given["params"]["width"], given["params"]["height"]), (50, 200))

        dataset = Dataset.objects.get(pk=pk)
        with storage_manager.open(dataset.thumbnail_path) as file, Image.open(file) as kept:
            self.assertEqual(kept.format, "JPEG")
            red, _green, _blue = kept.convert("RGB").getpixel((kept.width - 5, kept.height // 2))
        self.assertGreater(red, 150)
        self.assertTrue(dataset.thumbnail_url.endswith(storage_manager.url(dataset.thumbnail_path)))
        [link] = dataset.link_set.filter(name="Thumbnail")
        self.assertEqual(link.url, dataset.thumbnail_url)
        self.assertFalse(self.is_due(pk))

    def test_new_pixels_take_the_place_of_the_old_and_what_is_drawn_is_not_drawn_again(self):
        pk = self.registered()["pk"]
        self.drawn(pk)
        first = Dataset.objects.get(pk=pk).thumbnail_path
        self.drawn(pk).assert_not_called()
        self.registered(generation=2, version="aaaaaaaaaa-0")
        self.drawn(pk, Answer(content=picture((0, 0, 200)))).assert_called_once()
        second = Dataset.objects.get(pk=pk).thumbnail_path
        self.assertNotEqual(first, second)
        self.assertTrue(storage_manager.exists(second))
        self.assertFalse(storage_manager.exists(first))

    def test_a_raster_that_comes_while_the_old_one_is_drawn_stays_due(self):
        pk = self.registered()["pk"]

        def meanwhile(*_args, **_options):
            self.registered(generation=2, version="aaaaaaaaaa-0")
            return Answer()

        with mock.patch("geosluice_geonode.tasks.requests.get", side_effect=meanwhile):
            tasks.make_thumbnails.run([pk])
        self.assertTrue(self.is_due(pk))

    def test_a_picture_of_one_colour_is_none_and_one_that_cannot_be_stored_is_tried_again(self):
        pk = self.registered()["pk"]
        with (
            mock.patch("geonode.base.models.storage_manager.save", side_effect=OSError("no bucket")),
            mock.patch.object(tasks.make_thumbnails, "retry", return_value=Retry()),
            self.assertRaises(Retry),
        ):
            self.drawn(pk)
        self.assertTrue(self.is_due(pk))
        self.drawn(pk, Answer(content=picture((0, 0, 0))))
        self.assertFalse(self.is_due(pk))
        self.assertIsNone(Dataset.objects.get(pk=pk).thumbnail_path)

    @_ON
    def test_what_was_lost_is_asked_for_again_some_at_a_time_with_a_later_batch_or_without_one(self):
        with mock.patch("geosluice_geonode.tasks.make_thumbnails.apply_async", side_effect=OSError("away")):
            pks = [self.registered(**other(letter))["pk"] for letter in "bcde"]
        tasks._away_until = 0.0
        with mock.patch("geosluice_geonode.tasks.make_thumbnails.apply_async") as asked:
            tasks.ask_for_overdue_thumbnails.run()
            asked.assert_not_called()
        # so much later
        Registration.objects.filter(resource_id__in=pks).update(thumbnail_due=tasks.now() - timedelta(minutes=1))
        Registration.objects.filter(resource_id=pks[3]).update(thumbnail_due=tasks.now() - timedelta(hours=2))
        self.drawn(pks[0])
        with (
            mock.patch("geosluice_geonode.tasks._OVERDUE_AT_ONCE", 2),
            mock.patch("geosluice_geonode.tasks.make_thumbnails.apply_async") as asked,
        ):
            new = self.registered(**other("f"))["pk"]
            tasks.ask_for_overdue_thumbnails.run()
            # each once an hour
            tasks.ask_for_overdue_thumbnails.run()
        [(with_batch,), (without,)] = [call.args[0] for call in asked.call_args_list]
        self.assertEqual((with_batch[:2], len(with_batch)), ([new, pks[3]], 3))
        self.assertEqual({*with_batch, *without}, {new, *pks[1:]})

    def test_celerys_beat_looks_for_what_was_lost(self):
        looks = celery.conf.beat_schedule["geosluice_overdue_thumbnails"]
        self.assertIn(looks["task"], celery.tasks)

    def test_what_is_removed_is_not_asked_for(self):
        pk = self.registered()["pk"]
        Registration.objects.filter(resource_id=pk).update(thumbnail_due=tasks.now() - timedelta(hours=2))
        removal = {"dataset": example()["dataset"], "generation": 2, "workspace": "geosluice", "name": "dem"}
        self.assertEqual(service.answer("unregister", removal)["status"], "removed")
        self.assertEqual(list(tasks._overdue()), [])

    def test_an_error_of_wms_is_no_picture_and_no_reason_to_ask_again(self):
        pk = self.registered()["pk"]
        answer = Answer("application/vnd.ogc.se_xml", b"<ServiceException/>")
        with (
            mock.patch("geosluice_geonode.tasks.requests.get", return_value=answer),
            mock.patch.object(Dataset, "save_thumbnail") as kept,
        ):
            tasks.make_thumbnails.run([pk])
        kept.assert_not_called()

    def test_where_geoserver_does_not_answer_what_failed_is_tried_again(self):
        pk = self.registered()["pk"]
        with (
            mock.patch("geosluice_geonode.tasks.requests.get", side_effect=requests.ConnectionError("refused")),
            mock.patch.object(tasks.make_thumbnails, "retry", return_value=Retry()) as again,
            self.assertRaises(Retry),
        ):
            tasks.make_thumbnails.run([pk])
        self.assertEqual(again.call_args.kwargs, {"args": ([pk],), "countdown": 60})
