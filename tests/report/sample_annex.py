"""The parts of the made-up content that stand around the plan: places, threats apart, checks, settings, sources."""

from __future__ import annotations

import numpy as np
import pandas as pd
from shapely.geometry import LineString


def named(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return a frame with a missing Russian name beside the English and Arabic ones."""
    return pd.DataFrame([{**row, "name_ru": None} for row in rows])


def crossings(points: np.ndarray) -> pd.DataFrame:
    """Return four crossing points on the line."""
    rows = []
    for code, name, beyond, km in (
        ("C1", "Panji Poyon", "Sher Khan Bandar", 111.6), ("C2", "Kokul", "Ai Khanum", 217.4),
        ("C3", "Tem", "Shughnan", 760.0), ("C4", "Ishkoshim", "Ishkashim", 880.0),
    ):  # fmt: skip
        lon, lat = points[int(km / 1344 * (len(points) - 1))]
        rows.append(
            {"id": code, "name_en": name, "name_beyond": beyond, "chainage_km": km, "lon": lon, "lat": lat}
        )
    return pd.DataFrame(rows)


def movers() -> pd.DataFrame:
    """Return two movers."""
    return named(
        [
            {"id": "foot", "name_en": "On foot", "name_ar": "سيرًا على الأقدام"},
            {"id": "pack", "name_en": "With pack animals", "name_ar": "مع دواب الحمل"},
        ]
    )


def rivers(points: np.ndarray) -> pd.DataFrame:
    """Return a river along the first half of the line."""
    return pd.DataFrame([{"name_en": "Panj", "geometry": LineString(points[: len(points) // 2])}])


def settlements() -> pd.DataFrame:
    """Return three towns for the map."""
    return named(
        [
            {"name_en": "Kunduz", "name_ar": "قندوز", "population": 161902, "lon": 68.86, "lat": 36.73},
            {"name_en": "Kulob", "name_ar": "كولاب", "population": 78786, "lon": 69.78, "lat": 37.91},
            {"name_en": "Khorugh", "name_ar": "خاروغ", "population": 30000, "lon": 71.55, "lat": 37.49},
        ]
    )


def apart() -> pd.DataFrame:
    """Return programme-wide threats."""
    return named(
        [
            {
                "id": "T02", "name_en": "Violent extremism: recruitment and propaganda",
                "name_ar": "التطرف العنيف: التجنيد والدعاية", "rate_low": 20.0, "rate": 60.0, "rate_high": 150.0,
                "rate_with_plan": 51.0, "reason": "It has no place on the line: measures act on its rate.",
            },
            {
                "id": "T06", "name_en": "Cybercrime, including attacks on border information systems",
                "name_ar": "الجريمة السيبرانية", "rate_low": 5.0, "rate": 12.0, "rate_high": 40.0,
                "rate_with_plan": 12.0, "reason": "It has no place on the line.",
            },
        ]
    )  # fmt: skip


def never() -> pd.DataFrame:
    """Return what is never minimised."""
    reason = "People seeking safety are protected, not prevented."
    return named(
        [
            {
                "id": "T11", "name_en": "Mass arrival of people seeking safety",
                "name_ar": "وصول جماعي لأشخاص يلتمسون الأمان", "reason": reason,
            },
            {
                "id": "T12", "name_en": "Harmless crossings (grazing, firewood, gold washing)",
                "name_ar": "عبور لأغراض معيشية", "reason": "Ordinary life at the river is no threat.",
            },
        ]
    )  # fmt: skip


def not_candidates() -> pd.DataFrame:
    """Return measures that no plan may choose."""
    return named(
        [
            {
                "measure_id": "M23", "name_en": "Large drone service (comparator)",
                "name_ar": "خدمة طائرة مسيّرة كبيرة (للمقارنة)", "category": "surveillance",
                "reason": "Listed by the catalogue for comparison only.",
            },
            {
                "measure_id": "M35", "name_en": "Interstate supply agreement", "name_ar": "اتفاق توريد بين الدول",
                "category": "coordination", "reason": "A condition of the programme, without an effect on paths.",
            },
        ]
    )  # fmt: skip


def settings() -> pd.DataFrame:
    """Return a few settings."""
    return pd.DataFrame(
        [
            {"id": "cell_m", "value": "400", "unit": "m", "is_assumption": False, "description": "cell of the grid"},
            {
                "id": "abandonment_per_hour", "value": "0.01", "unit": "1/h", "is_assumption": True,
                "description": "rate at which an attempt is given up, per hour of travel",
            },
        ]
    )  # fmt: skip


def sources() -> pd.DataFrame:
    """Return sources with and without address, licence and credit."""
    return pd.DataFrame(
        [
            {
                "id": "S001", "title": "States coordinate contracts", "publisher": "TASS", "date": "2026-01-29",
                "url": "https://tass.com/world/2078683", "licence": None, "credit": None,
            },
            {
                "id": "S004", "title": "First phase discussed", "publisher": "Fergana", "date": "2025-04",
                "url": None, "licence": None, "credit": None,
            },
            {
                "id": "G01", "title": "Border line", "publisher": "OpenStreetMap", "date": "2026-03",
                "url": "https://www.openstreetmap.org/copyright", "licence": "ODbL 1.0",
                "credit": "© OpenStreetMap contributors, ODbL 1.0",
            },
        ]
    )  # fmt: skip


def not_varied() -> pd.DataFrame:
    """Return one row for each reason not to vary an assumption."""
    tables = ("crossing", "traffic", "mover", "budget", "effect_parameter", "threat")
    reasons = ("no_range", "shares", "network", "kept", "lesser", "no_effect")
    return pd.DataFrame({"table": tables, "rows": range(4, 10), "reason": reasons})


def calibration() -> pd.DataFrame:
    """Return a fit of one threat in two regions; nothing starts in the second."""
    fitted = {
        "threat_id": "T03", "region": ["R1", "R2"], "mover_id": "foot", "reported": [0.7, 0.3], "before": [0.6, 0.4],
        "fitted": [0.69, 0.31], "factor": [1.2, np.nan], "attempts_before": [1450.0, np.nan],
        "attempts_after": [1740.0, np.nan], "residual": 0.0141,
    }  # fmt: skip
    return pd.DataFrame(fitted)


def patrols() -> pd.DataFrame:
    """Return two patrols, one of which the catalogue states no chance for."""
    return named(
        [
            {
                "measure_id": "M01", "name_en": "New border outpost, valley or lowland site",
                "name_ar": "مخفر حدودي جديد (سهل أو وادٍ)", "catalogue_p": 0.15, "computed_p": 0.19,
            },
            {
                "measure_id": "M28", "name_en": "4x4 patrol vehicle", "name_ar": "مركبة دورية رباعية الدفع",
                "catalogue_p": np.nan, "computed_p": 0.033,
            },
        ]
    )  # fmt: skip
