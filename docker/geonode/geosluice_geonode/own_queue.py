class OwnQueue:
    """
    Sends the tasks of GeoNode's importer to one queue: what was uploaded (vector files) lies on the disk of the pod that took it,
    so the worker that reads it must run in that pod.
    """

    def __init__(self, queue):
        self.queue = queue

    def annotate(self, task):
        return {"queue": self.queue} if task.name.startswith("geonode.upload.") else None
