"""ISO 8601 as the metadata writes it, partial or not, to the full date-times that GeoNode takes."""

import calendar
import datetime
import re

_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(.+))?)?)?$")


def start_of(text):
    """First moment of a date, month or year in UTC; None where it is no date this calendar has."""
    return _read(text, last=False)


def end_of(text):
    """Last second of a date, month or year in UTC."""
    return _read(text, last=True)


def _read(text, last):
    match = _DATE.match(text or "")
    if not match:
        return None
    year, month, day, time = match.groups()
    try:
        if time:
            moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=datetime.timezone.utc)
        y = int(year)
        m = int(month) if month else (12 if last else 1)
        d = int(day) if day else (calendar.monthrange(y, m)[1] if last else 1)
        clock = (23, 59, 59) if last else (0, 0, 0)
        return datetime.datetime(y, m, d, *clock, tzinfo=datetime.timezone.utc)
    except ValueError:
        return None


def best_date(metadata):
    """(moment, GeoNode's date type) of the description, or None where it tells no date that can be read."""
    for field, kind in (("issued", "publication"), ("created", "creation"), ("modified", "revision")):
        moment = start_of(metadata[field])
        if moment:
            return moment, kind
    moment = start_of(metadata["date"])
    return (moment, "publication") if moment else None
