"""Data from outside: elevation, maps, places and incidents, fetched politely and turned into the programme's rows."""

from sarhad.ingest.area import Area
from sarhad.ingest.ask import Ask, Brought, Order
from sarhad.ingest.connection import Manners
from sarhad.ingest.providers import TOPICS, Provider, provider, providers
from sarhad.ingest.record import joined, note_made
from sarhad.ingest.session import Session

__all__ = [
    "TOPICS",
    "Area",
    "Ask",
    "Brought",
    "Manners",
    "Order",
    "Provider",
    "Session",
    "joined",
    "note_made",
    "provider",
    "providers",
]
