class Refused(Exception):
    """GeoNode cannot take this document as it is. `code` is one of geosluice's reason codes."""

    def __init__(self, field, message, code="GEONODE_REFUSED"):
        super().__init__(message)
        self.field = field
        self.message = message
        self.code = code


class Away(Exception):
    """A counterpart of GeoNode's does not answer: whatever comes next would meet the same."""
