"""Reading XML of other tools safely: no entities, namespaces left out, faults by line."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sarhad.errors import StoreError


def read_xml(path: Path) -> Element:
    """Return the root of a file, the names of its elements without namespace.

    Raises
    ------
    StoreError
        If the file cannot be read, ends too early, is not XML, or declares entities.
    """
    try:
        root = fromstring(path.read_bytes())
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error}). Give a file that is there.") from None
    except DefusedXmlException as error:
        raise StoreError(
            f"{path}: declares entities or refers to other files ({error}), which is not read. Export it again."
        ) from None
    except (ParseError, ValueError, LookupError) as error:
        raise StoreError(
            f"{path}: is not whole XML ({error}). Was it cut off? Export it again, as UTF-8."
        ) from None
    found: Element = root
    for element in found.iter():
        element.tag = element.tag.rpartition("}")[2]
    return found


def text(element: Element, name: str, default: str = "") -> str:
    """Return the text of a child, or the default where it is missing or blank."""
    return (element.findtext(name) or "").strip() or default


def when(element: Element, name: str) -> date | None:
    """Return the date of a child; the time of day and its zone are left out: schedules are in days of the site."""
    return day(text(element, name))


def day(value: str) -> date | None:
    """Return the date of a text such as 2025-03-01T08:00:00+05:00 or 2025-03-01 08:00; None for blank."""
    if not value or value == "NA":
        return None
    return datetime.fromisoformat(value).date()


def number(element: Element, name: str, default: float = 0.0) -> float:
    """Return the number of a child."""
    value = text(element, name)
    return float(value) if value else default
