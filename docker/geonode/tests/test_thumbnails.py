from unittest import mock

import requests
from celery.exceptions import Retry
from django.test import override_settings
from geonode.layers.models import Dataset
from tests.base import DatabaseCase, example

from geosluice_geonode import service, tasks

_ON = override_settings(GEOSLUICE_THUMBNAILS=True)


class Answer:
    def __init__(self, content_type="image/jpeg", content=b"jpeg"):
        self.headers, self.content = {"content-type": content_type}, content

    def raise_for_status(self):
        pass


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

    def test_a_map_of_the_layer_in_its_own_shape_is_kept(self):
        pk = self.registered(layer={"wgs84Bbox": [0, 0, 1, 4]})["pk"]
        with (
            mock.patch("geosluice_geonode.tasks.requests.get", return_value=Answer()) as asked,
            mock.patch.object(Dataset, "save_thumbnail") as kept,
        ):
            tasks.make_thumbnails.run([pk])
        [url], given = asked.call_args
        self.assertTrue(url.endswith("/geosluice/dem/wms"), url)
        self.assertEqual((given["params"]["width"], given["params"]["height"]), (50, 200))
        self.assertEqual(kept.call_args.kwargs["image"], b"jpeg")

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
