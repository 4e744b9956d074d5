from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import override_settings
from geonode.base.models import ResourceBase
from geonode.geoserver.geofence import GeofenceException
from geonode.groups.models import GroupProfile
from geonode.layers.models import Dataset
from tests.base import CommittingCase, DatabaseCase, example

from geosluice_geonode import geofence, service
from geosluice_geonode.models import Registration


class Answer:
    def __init__(self, status_code):
        self.status_code = status_code


def numbered(count, **changes):
    letters = "abcdefghij"
    return [
        example(dataset="d" + letters[at] * 20, layer={"name": f"n{at}", "store": f"n{at}"}, **changes)
        for at in range(count)
    ]


def first_free():
    """A place far behind all that were given."""
    with connection.cursor() as cursor:
        cursor.execute("select last_value + 1000 from geosluice_geofence_place")
        return cursor.fetchone()[0]


@override_settings(GEOFENCE_SECURITY_ENABLED=True)
class Guard(DatabaseCase):
    """GeoFence is played as its documentation has it."""

    def setUp(self):
        geofence._asked = False
        self.owner = get_user_model().objects.create_user("owner", "o@example.org")
        self.sent, self.renewed, self.emptied = [], [], []
        self.status, self.renews, self.empties = 200, True, 200

        def post(url, json, auth, timeout):
            self.assertTrue(url.endswith("rest/geofence/batch/exec"))
            self.sent.append([operation["Rule"] for operation in json["Batch"]["operations"]])
            return Answer(self.status)

        def put(url, auth, timeout):
            self.emptied.append((url.partition("/rest/")[2], len(self.sent)))
            return Answer(self.empties)

        for name, value in (
            ("requests.put", mock.Mock(side_effect=put)),
            ("requests.post", mock.Mock(side_effect=post)),
            ("geofence.get_rules_count", mock.Mock(return_value=5)),
            ("gf_utils.get_first_available_priority", mock.Mock(return_value=first_free())),
            ("sync_resources_with_guardian", mock.Mock(side_effect=self.synced)),
        ):
            patched = mock.patch(f"geosluice_geonode.geofence.{name}", value)
            patched.start()
            self.addCleanup(patched.stop)

    def synced(self, resource):
        self.renewed.append(resource.pk)
        if self.renews:
            ResourceBase.objects.filter(pk=resource.pk).update(dirty_state=False)

    def registered(self, documents):
        answers = service.answers("register", documents)
        self.assertEqual({answer["status"] for answer in answers}, {"created"}, answers)
        return answers

    def test_a_batch_is_one_call_with_a_place_for_each_rule(self):
        self.registered(numbered(5, owner="owner"))
        [rules] = self.sent
        self.assertEqual({rule["layer"] for rule in rules}, {"n0", "n1", "n2", "n3", "n4"})
        places = [rule["priority"] for rule in rules]
        self.assertEqual(places, list(range(places[0], places[0] + len(rules))))
        asked = geofence.gf_utils.get_first_available_priority
        self.assertGreaterEqual(places[0], asked.return_value)
        self.registered([example(dataset="d" + "z" * 20, layer={"name": "later", "store": "later"}, owner="owner")])
        self.assertEqual(self.sent[1][0]["priority"], places[-1] + 1)
        self.assertEqual(asked.call_count, 1)

    def test_a_process_that_comes_later_goes_behind_the_others_whatever_geofence_tells_it(self):
        [first, second, third] = numbered(3, owner="owner")
        self.registered([first])
        # what the other wrote is not to be seen yet
        geofence._asked = False
        self.registered([second])
        self.assertGreater(self.sent[1][0]["priority"], self.sent[0][-1]["priority"])
        # and this one finds many rules of others
        geofence._asked = False
        geofence.gf_utils.get_first_available_priority.return_value += 500
        self.registered([third])
        self.assertGreaterEqual(
            self.sent[2][0]["priority"], geofence.gf_utils.get_first_available_priority.return_value
        )

    def test_the_cache_is_emptied_once_after_the_rules_of_a_batch_and_a_failure_there_stops_nothing(self):
        [first, *others] = numbered(5, owner="owner")
        self.registered(others)
        self.assertEqual(self.emptied, [("geofence/ruleCache/invalidate", 1)])
        service.answers("register", [{**others[0], "generation": 2, "title": "No rule changes"}])
        self.assertEqual(len(self.emptied), 1)
        self.empties = 500
        self.registered([first])
        self.assertEqual(len(self.emptied), 2)

    def test_public_is_for_everybody_and_owner_for_the_owner_alone(self):
        [public, private] = numbered(2, owner="owner")
        self.registered([public, {**private, "permissions": "owner"}])
        who = {"n0": set(), "n1": set()}
        for rule in self.sent[0]:
            who[rule["layer"]].add(rule.get("userName") or rule.get("roleName"))
            self.assertEqual((rule["workspace"], rule["access"]), ("geosluice", "ALLOW"))
        self.assertEqual(who, {"n0": {"owner", None}, "n1": {"owner"}})
        services = {rule.get("service") for rule in self.sent[0] if rule["layer"] == "n0" and "userName" not in rule}
        self.assertEqual(services, {"WMS", "GWC", "WPS", "WCS", None})

    def test_changed_permissions_and_moved_layers_go_by_geonodes_own_function(self):
        [document] = numbered(1, owner="owner")
        [answer] = self.registered([document])
        self.sent.clear()
        service.answers("register", [{**document, "generation": 2, "title": "Only the title"}])
        self.assertEqual((self.sent, self.renewed), ([], []))
        service.answers("register", [{**document, "generation": 3, "permissions": "owner"}])
        moved = {**document, "generation": 4, "permissions": "owner", "layer": {**document["layer"], "name": "moved"}}
        operations = self.operations_of("register", moved)
        self.assertEqual((self.sent, self.renewed), ([], [answer["pk"]] * 2))
        # what another dataset shows under the old name is not to be seen by who saw this one
        self.assertEqual(operations, [{"@service": "rules", "@type": "delete", "@id": 3}])

    def test_rules_that_are_there_already_are_renewed(self):
        self.status = 500
        answers = self.registered(numbered(2, owner="owner"))
        self.assertEqual(self.renewed, [answer["pk"] for answer in answers])

    def test_where_geofence_does_not_answer_nothing_is_registered_and_the_queue_waits(self):
        for status in (503, 401):
            self.status = status
            answers = service.answers("register", numbered(3, owner="owner"))
            self.assertEqual([(answer["code"], answer["down"]) for answer in answers], [("AWAY", True)] * 3)
        self.status, self.renews = 500, False
        self.assertEqual(service.answers("register", numbered(1, owner="owner"))[0]["code"], "AWAY")
        self.assertFalse(Dataset.objects.filter(alternate__startswith="geosluice:n").exists())
        self.assertFalse(Registration.objects.filter(source_dataset="d" + "a" * 20).exists())

    def test_a_geoserver_without_geofence_is_let_be(self):
        self.status = 404
        self.registered(numbered(2, owner="owner"))
        self.assertEqual(self.renewed, [])

    def test_without_geofence_an_open_layer_that_is_not_for_everybody_is_told_for_as_long_as_it_is(self):
        self.status = 404
        GroupProfile.objects.create(title="Surveyors", slug="surveyors")
        [public, private] = numbered(2, owner="owner", metadata={"language": "tlh"})
        private["permissions"] = "owner"
        answers = self.registered([public, private])
        kept = answers[0]["unmapped"]
        self.assertEqual((len(kept), answers[1]["unmapped"]), (1, [geofence.OPEN, *kept]))
        again = service.answer("register", private)
        self.assertEqual((again["status"], again["unmapped"]), ("unchanged", [geofence.OPEN, *kept]))
        later = service.answer("register", {**private, "generation": 2, "title": "New"})
        self.assertEqual(later["unmapped"][0], geofence.OPEN)
        # what is changed goes by GeoNode's function, which does not tell a 404 from any other failure
        self.renews = False
        refusal = GeofenceException("Could not retrieve GeoFence Rules count: [404]")
        with mock.patch("geosluice_geonode.geofence.geofence.get_rules_count", side_effect=refusal):
            shut = service.answer("register", {**public, "generation": 2, "permissions": "owner"})
            opened = service.answer("register", {**private, "generation": 3, "permissions": "public"})
        self.assertEqual((shut["status"], shut["unmapped"]), ("updated", [geofence.OPEN, *kept]))
        self.assertEqual((opened["status"], opened["unmapped"]), ("updated", kept))
        self.assertFalse(ResourceBase.objects.filter(dirty_state=True).exists())
        self.status, self.renews = 200, True
        found = service.answer("register", {**public, "generation": 3, "permissions": "group", "group": "surveyors"})
        self.assertNotIn(geofence.OPEN, found.get("unmapped", [geofence.OPEN]))

    def test_a_site_that_does_it_by_a_task_of_its_own_gets_its_mark(self):
        with override_settings(DELAYED_SECURITY_SIGNALS=True):
            [answer] = self.registered(numbered(1, owner="owner"))
        self.assertTrue(ResourceBase.objects.get(pk=answer["pk"]).dirty_state)
        self.assertEqual(self.sent, [])

    def test_rules_go_with_their_layer(self):
        [document] = numbered(1, owner="owner")
        self.registered([document])
        removal = {"dataset": document["dataset"], "generation": 2, "workspace": "geosluice", "name": "n0"}
        operations = self.operations_of("unregister", removal)
        self.assertEqual(operations, [{"@service": "rules", "@type": "delete", "@id": 3}])

    def operations_of(self, action, document):
        """What GeoFence is asked for where it has rules of the layer n0 and of another."""
        rules = {"rules": [{"id": 3, "layer": "n0"}, {"id": 4, "layer": "other"}]}
        operations = []

        def post(url, json, auth, timeout):
            operations.extend(json["Batch"]["operations"])
            return Answer(200)

        with (
            mock.patch("geosluice_geonode.geofence.geofence.get_rules", return_value=rules),
            mock.patch("geosluice_geonode.geofence.requests.post", side_effect=post),
        ):
            self.assertIn(service.answer(action, document)["status"], ("updated", "removed"))
        return operations


class Places(CommittingCase):
    """With connections of their own, as processes have them."""

    def setUp(self):
        geofence._asked = True

    def taken(self, count):
        try:
            # as a registration that fails
            with transaction.atomic():
                places = geofence._places(count)
                transaction.set_rollback(True)
            return places
        finally:
            connection.close()

    def test_no_place_is_given_twice_to_many_at_once_nor_after_a_rollback(self):
        with ThreadPoolExecutor(8) as threads:
            given = list(threads.map(self.taken, [40] * 24))
        self.assertTrue(all(places == sorted(places) for places in given))
        self.assertEqual(len({place for places in given for place in places}), 24 * 40)
