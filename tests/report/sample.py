"""A made-up content of realistic size: an invented line of eight sections, ninety items, six partners."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from sample_annex import (
    apart,
    calibration,
    crossings,
    movers,
    named,
    never,
    not_candidates,
    not_varied,
    patrols,
    rivers,
    settings,
    settlements,
    sources,
)  # fmt: skip
from shapely.geometry import LineString

from sarhad.report.content import Content, FinalYear, Ground, Headline, Identity, Relief, Spread
from sarhad.report.landscape import Landscape
from sarhad.report.timetable import Timetable

QUARTERS = tuple(f"{year}Q{quarter}" for year in range(2025, 2030) for quarter in (1, 2, 3, 4))
KM_PER_VERTEX = 4.0

MEASURES = (
    ("M01", "New border outpost, valley or lowland site", "مخفر حدودي جديد (سهل أو وادٍ)", "infrastructure", 0.9e6),
    ("M06", "Patrol and access track (gravel)", "طريق دوريات ووصول (حصوي)", "infrastructure", 0.4e6),
    ("M10", "Mobile X-ray vehicle scanner", "ماسح أشعة سينية متنقل للمركبات", "crossing_point", 1.9e6),
    ("M11", "Detection dog team", "فريق كلاب كشف", "crossing_point", 0.06e6),
    ("M15", "Fixed surveillance tower with camera and radar", "برج مراقبة ثابت مزود بكاميرا ورادار", "surveillance", 0.8e6),
    ("M16", "Camera and sensor line", "خط كاميرات ومستشعرات", "surveillance", 0.5e6),
    ("M21", "Small rotary drone set", "طقم طائرة مسيّرة صغيرة", "surveillance", 0.03e6),
    ("M28", "4x4 patrol vehicle", "مركبة دورية رباعية الدفع", "mobility", 0.06e6),
    ("M29", "Small river patrol boat", "زورق دورية نهري صغير", "mobility", 0.15e6),
    ("M30", "Radio and data network package", "شبكة اتصالات لاسلكية وبيانات", "communications", 6.0e6),
    ("M40", "Border-community livelihood and prevention programme", "برنامج دعم المجتمعات الحدودية والوقاية", "community", 1.2e6),
    ("M42", "Maintenance and spare-parts contract", "عقد صيانة وقطع غيار", "sustainment", 0.4e6),
)  # fmt: skip
SECTIONS = (
    ("B1", "Lower Panj and Amu Darya lowland", "سهل بنج السفلى وآمو داريا", 190.0),
    ("B2", "Farkhor and Hamadoni plain", "سهل فرخار – همداني", 110.0),
    ("B3", "Shamsiddin Shohin hills", "تلال شمس الدين شاهين", 130.0),
    ("B4", "Darvoz gorge", "خانق درواز", 180.0),
    ("B5", "Vanj, Rushan and Shughnon valleys", "وديان ونج وروشان وشغنان", 230.0),
    ("B6", "Ishkoshim and Wakhan valley", "إشكاشم ووادي واخان", 224.0),
    ("B7", "Pamir river and lake", "نهر بامير والبحيرة", 90.0),
    ("B8", "Eastern Pamir land frontier", "بامير الشرقية، الحدود البرية", 190.0),
)
THREATS = (
    (
        "T01",
        "Terrorism: armed cross-border attack or infiltration",
        "الإرهاب: هجوم مسلح أو تسلل عبر الحدود",
        60.0,
    ),
    ("T03", "Drug trafficking across the green border", "تهريب المخدرات عبر الحدود الخضراء", 1450.0),
    ("T05", "Concealed smuggling through crossing points", "التهريب المخفي عبر المعابر", 700.0),
    ("T08", "Illicit arms trafficking", "الاتجار غير المشروع بالأسلحة", 120.0),
    ("T09", "Irregular migration and people smuggling", "الهجرة غير النظامية وتهريب الأشخاص", 900.0),
)
PARTNERS = (
    ("P01", "Tajikistan", "طاجيكستان", 0.08),
    ("P02", "Russia", "روسيا", 0.52),
    ("P03", "Kazakhstan", "كازاخستان", 0.2),
    ("P04", "Belarus", "بيلاروس", 0.1),
    ("P05", "Kyrgyzstan", "قيرغيزستان", 0.05),
    ("P06", "Armenia", "أرمينيا", 0.05),
)


def line(length_km: float = 1344.0) -> np.ndarray:
    """Return lon, lat along an invented line that winds from west to east."""
    share = np.linspace(0, 1, int(length_km / KM_PER_VERTEX) + 1)
    lon = 67.8 + 7.1 * share + 0.12 * np.sin(40 * share)
    lat = 37.3 + 0.7 * np.sin(2 * np.pi * share) + 0.12 * np.sin(24 * share) + 0.03 * np.sin(200 * share)
    return np.column_stack([lon, lat])


def sections(points: np.ndarray) -> pd.DataFrame:
    """Return the sections, cut from the line by their lengths."""
    ends = np.cumsum([length for *_, length in SECTIONS])
    starts = np.concatenate([[0.0], ends[:-1]])
    total = ends[-1]
    rows: list[dict[str, object]] = []
    for (code, english, arabic, length), start, end in zip(SECTIONS, starts, ends, strict=True):
        first, last = (round(km / total * (len(points) - 1)) for km in (start, end))
        before = 0.02 + 0.012 * (ord(code[1]) % 5)
        rows.append(
            {
                "id": code, "name_en": english, "name_ar": arabic,
                "chainage_from_km": start, "chainage_to_km": end, "length_km": length,
                "judged_length_km": length + 4.0 * (-1) ** len(rows) * len(rows),
                "detection_before": before, "detection_after": min(0.9, before * 5 + 0.03 * len(rows)),
                "geometry": LineString(points[first : last + 1]),
            }
        )  # fmt: skip
    return named(rows)


def items(rng: np.random.Generator, points: np.ndarray, count: int = 90) -> pd.DataFrame:
    """Return chosen items spread over the line, the dear ones later."""
    ends = np.cumsum([length for *_, length in SECTIONS])
    rows: list[dict[str, object]] = []
    for k in range(count):
        measure, english, arabic, category, capital = MEASURES[int(rng.integers(len(MEASURES)))]
        programme_wide = category in ("communications", "sustainment")
        km = float(rng.uniform(5, 1330))
        lon, lat = points[int(km / 1344 * (len(points) - 1))] + rng.normal(0, 0.02, 2)
        start = int(rng.integers(0, 15))
        end = start + int(rng.integers(1, 6))
        rows.append(
            {
                "item_id": f"I{k:04d}", "measure_id": measure, "name_en": english, "name_ar": arabic,
                "category": category, "site_id": None if programme_wide else f"X{k:04d}",
                "section_id": None if programme_wide else SECTIONS[int(np.searchsorted(ends, km))][0],
                "chainage_from_km": np.nan if programme_wide else km - 4,
                "chainage_to_km": np.nan if programme_wide else km + 4,
                "lon": np.nan if programme_wide else lon, "lat": np.nan if programme_wide else lat,
                "units": 1.0, "start_quarter": QUARTERS[start], "operating_quarter": QUARTERS[end],
                "cost_usd": round(capital * float(rng.uniform(0.8, 1.6))), "annual_usd": round(capital * 0.06),
                "marginal_value": float(rng.gamma(1.2, 40.0)),
            }
        )  # fmt: skip
    return named(rows)


def funding(rng: np.random.Generator, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return who pays what for each item: capital in its first year, upkeep in the years after."""
    shares = np.array([share for *_, share in PARTNERS])
    rows: list[dict[str, object]] = []
    for row in chosen.to_dict("records"):
        payers = sorted(rng.choice(len(PARTNERS), size=int(rng.integers(1, 3)), replace=False, p=shares))
        year = int(row["start_quarter"][:4])
        upkeep_usd = int(row["cost_usd"] * 0.1)
        parts = [("capital", year, int(row["cost_usd"]) - upkeep_usd)]
        parts.append(("upkeep", min(2029, year + 1), upkeep_usd))
        for kind, when, usd in parts:
            first = usd * 7 // 10 if len(payers) == 2 else usd
            for payer, amount in zip(payers, (first, usd - first), strict=False):
                rows.append(
                    {
                        "item_id": row["item_id"], "partner_id": PARTNERS[payer][0], "year": when,
                        "kind": kind, "usd": amount,
                    }
                )  # fmt: skip
    return pd.DataFrame(rows)


def detection(frame: pd.DataFrame) -> pd.DataFrame:
    """Return detection by section and threat, before and after."""
    rows = [
        {
            "section_id": section["id"], "threat_id": threat,
            "before": min(0.95, section["detection_before"] * (0.7 + 0.2 * k)),
            "after": min(0.97, section["detection_after"] * (0.7 + 0.15 * k)),
        }
        for section in frame.to_dict("records")
        for k, (threat, *_) in enumerate(THREATS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def flow(rng: np.random.Generator) -> pd.DataFrame:
    """Return attempts by 10 km of the line before and after: the same attempts, elsewhere."""
    frames = []
    edges = np.arange(0, 1344, 10.0)
    for threat, _, _, attempts in THREATS:
        before = rng.gamma(0.4, 1.0, len(edges)) * np.exp(-edges / 500)
        after = np.roll(before, int(rng.integers(2, 9))) * rng.uniform(0.5, 1.5, len(edges))
        frames.append(
            pd.DataFrame(
                {
                    "threat_id": threat, "chainage_from_km": edges,
                    "chainage_to_km": np.minimum(edges + 10, 1344.0),
                    "before": attempts * before / before.sum(), "after": attempts * after / after.sum(),
                }
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def relief(points: np.ndarray) -> Relief:
    """Return invented mountains around the line, in degrees scaled to metres."""
    crs = "+proj=lcc +lat_1=37 +lat_2=38.5 +lat_0=37.6 +lon_0=71.3 +datum=WGS84 +units=m"
    y, x = np.mgrid[0:260, 0:680]
    ridges = np.sin(x / 23) * np.cos(y / 17) + 0.5 * np.sin(x / 7 + y / 9)
    elevation = (500 + 5 * x + 400 * ridges * (x / 680)).astype(np.float32)
    return Relief(elevation, np.abs(y - 130) < 110, -335e3, 345e3, -130e3, 130e3, crs)


def landscape(ground: Relief) -> Landscape:
    """Return a place with two movers, a post that sees a disc, and a network of a ladder of ways."""
    y, x = np.mgrid[0:260, 0:680]
    near = np.hypot(x - 200, y - 130)
    start = np.arange(0.0, 1344.0, 96.0)
    high = 500 + 3 * start
    ladder = tuple(np.array([[k * 4e4 - 3e5, -5e4], [k * 4e4 - 3e5, 5e4]]) for k in range(12))
    step = np.where(ground.in_corridor, near / 8, np.inf).astype(np.float32)
    crossing = [
        {
            "mover_id": mover,
            "chainage_from_km": a,
            "chainage_to_km": a + 96.0,
            "hours": pace * (4 + k) if k else np.inf,
        }
        for mover, pace in (("foot", 1.0), ("pack", 1.6))
        for k, a in enumerate(start)
    ]
    return Landscape(
        seen=np.where(near < 40, 1 + (near < 20), 0).astype(np.uint16),
        could=near < 60,
        chance=np.clip(1.2 - near / 40, 0, 1).astype(np.float32),
        posts=1, posts_possible=4, strip_km=5.0, share_seen=0.2, share_likely=0.15, share_possible=0.6,
        error_m=10.0, draws=100, hours=step, movers=movers(),
        edges={"field": ladder, "road": ladder[:2], "crossing": ladder[3:5]},
        nodes=pd.DataFrame(
            {"kind": ["settlement", "crossing", "field"], "is_end": [True, False, False],
             "x_m": [-2e5, 0.0, 1e5], "y_m": [0.0, 1e4, 2e4]}
        ),
        n_edges=30,
        profile=pd.DataFrame(
            {"chainage_from_km": start, "chainage_to_km": start + 96.0, "line_m": high, "low_m": high - 50, "high_m": high + 900}
        ),
        around_km=5.0, crossing=pd.DataFrame(crossing),
        credits={"border": ("Surveyors, CC BY 4.0",), "raster": ("Sounders; via others",)},
    )  # fmt: skip


def swings() -> pd.DataFrame:
    """Return twelve assumptions, the most influential not first."""
    names = (
        "Abandonment per hour of travel", "Detection probability of a fixed tower", "Share of alarms assessed",
        "Availability of cameras", "Detection without the programme, Khatlon, on foot", "Attempts a year, drugs",
        "Sharpness of choice", "Detection probability of patrols", "Speed off paths", "Share of vehicles checked",
        "Effect of community work", "Attempts a year, people smuggling",
    )  # fmt: skip
    rows = [
        {
            "name": name, "table": "setting" if k % 2 else "effect_parameter", "row": f"row-{k:02d}",
            "low": 0.05 * (k + 1), "likely": 0.08 * (k + 1), "high": 0.12 * (k + 1), "unit": "1",
            "value_low": 8700.0 + 90 * k, "value_high": 8300.0 - 130 * k * (-1) ** k, "is_assumption": k % 3 > 0,
            "source_ids": ("S001", "S004") if k % 3 == 0 else (),
            "reasoning": "" if k % 3 == 0 else "A judgement: no field measurement of it has been published.",
            **_subject(k),
        }
        for k, name in enumerate(names)
    ]  # fmt: skip
    still = dict(
        rows[-1], name="No effect at all", row="row-99", what="refraction", value_low=8.0, value_high=8.0
    )
    return named([*rows, {**still, **dict.fromkeys(("subject_id", "name_en", "name_ar"))}])


def _subject(k: int) -> dict[str, object]:
    """Return what an assumption speaks of: settings, measures and threats in turn."""
    measure, threat = MEASURES[k], THREATS[k % len(THREATS)]
    return [
        {"what": "abandonment_per_hour", "subject_id": None, "name_en": None, "name_ar": None},
        {"what": "speed_kmh", "subject_id": measure[0], "name_en": measure[1], "name_ar": measure[2]},
        {"what": "rate", "subject_id": threat[0], "name_en": threat[1], "name_ar": threat[2]},
    ][k % 3]


def identity() -> Identity:
    """Return which programme and plan this is."""
    return Identity(
        title_en="Programme to strengthen the border, 2025–2029 (made-up figures)",
        title_ru="",
        title_ar="برنامج تعزيز الحدود 2025–2029 (أرقام مختلقة)",
        plan_id="draft",
        version="0.1.0",
        data_hash="9f2c" * 16,
        seed=1,
        status_date=date(2025, 1, 1),
        price_year=2025,
        tail_years=5.0,
        quarters=QUARTERS,
        cell_m=400.0,
        corridor_km=20.0,
        border_km=1343.96,
        official_border_km=1344.15,
        assumed_share=0.67,
        inside_country="TJK",
        beyond_country="AFG",
        seconds=15.06,
        stopped="time",
        counts={
            "sections": 8,
            "segments": 269,
            "nodes": 2211,
            "edges": 18954,
            "items": 742,
            "scenarios": 164,
        },
    )


def headline(chosen: pd.DataFrame, budget: pd.DataFrame) -> Headline:
    """Return figures of the first page that agree with one another."""
    without, value, bound = 16150.0, 9000.0, 8310.0
    return Headline(
        status="feasible",
        value_without_plan=without,
        value=value,
        bound=bound,
        gap=(value - bound) / value,
        gap_of_gain=(value - bound) / (without - bound),
        fall_range=Spread(0.31, 0.44, 0.55),
        value_range=Spread(7200.0, value, 11900.0),
        without_range=Spread(12900.0, without, 18200.0),
        detected_before=Spread(0.01, 0.045, 0.15),
        detected_after=Spread(0.18, 0.31, 0.44),
        cost_usd=float(chosen["cost_usd"].sum()),
        budget_usd=float(budget["amount_usd"].sum()),
        greedy_value=10240.0,
        even_value=12480.0,
        value_everything=5220.0,
        value_fixed_paths=7450.0,
        final_year=FinalYear(1615.0, 900.0, 1620.0, 1190.0),
        moved_share=0.64,
    )


def timetable(chosen: pd.DataFrame) -> Timetable:
    """Return a schedule of the items: each measure half a year later than planned, its forecast a year."""
    names = [{"name_en": en, "name_ar": ar, "name_ru": None} for _, en, ar, _, _ in MEASURES]
    day = [date(2025 + k % 4, 1 + k % 12, 1) for k in range(len(MEASURES))]
    measures = pd.DataFrame(
        {
            "measure_id": [row[0] for row in MEASURES],
            "planned_start": day,
            "planned_end": [d.replace(year=d.year + 1) for d in day],
            "start": [d.replace(month=1, year=d.year + 1) for d in day],
            "end": [d.replace(year=d.year + 2) for d in day],
            "p50": [d.replace(year=d.year + 3) for d in day],
            "p80": [d.replace(year=d.year + 5) for d in day],
        }
    ).join(pd.DataFrame(names))
    chain = measures[["name_en", "name_ar", "name_ru", "start", "end"]].head(4)
    risks = pd.DataFrame(names).head(6)
    risks.loc[0, ["name_en", "name_ar"]] = None  # the weather is no row of the data
    quarters = pd.DataFrame({"quarter": QUARTERS})
    usd = np.linspace(0.0, 180e6, len(quarters))
    items = chosen.head(20).reset_index(drop=True)
    return Timetable(
        begin=date(2025, 1, 1),
        finish=date(2030, 3, 1),
        finish_p50=date(2031, 3, 1),
        finish_p80=date(2032, 6, 1),
        cost_p50_usd=180e6,
        cost_p80_usd=200e6,
        draws=2000,
        exact_draws=500,
        items=len(chosen),
        items_late=70,
        activities=500,
        loss_mean=1200.0,
        loss_error=30.0,
        loss_p80=1500.0,
        loss_worst=1900.0,
        value=9000.0,
        measures=measures,
        chain=chain.assign(activity_id=[f"A{k}" for k in range(4)], item_id="M01"),
        closed=tuple((date(year, 1, 1), date(year, 3, 15)) for year in range(2025, 2033)),
        curve=pd.DataFrame(
            {
                "day": [date(2025 + k // 4, 1 + 3 * (k % 4), 1) for k in range(len(quarters))],
                "planned_usd": usd,
                "scheduled_usd": 0.9 * usd,
                "p10_usd": 0.8 * usd,
                "p50_usd": 0.95 * usd,
                "p90_usd": 1.2 * usd,
            }
        ),
        drivers=risks.assign(
            id=[f"R{k}" for k in range(6)],
            finish_days=np.linspace(300, 0, 6),
            expected_undetected=np.linspace(700, -1, 6),
        ),
        quarters=QUARTERS,
        windows=items[["name_en", "name_ar", "name_ru", "item_id"]].assign(
            quarter=[QUARTERS[k % len(QUARTERS)] for k in range(20)], p_miss=np.linspace(0, 1, 20)
        ),
    )


def content(seed: int = 1) -> Content:
    """Return the whole sample."""
    rng = np.random.default_rng(seed)
    points = line()
    cut = sections(points)
    chosen = items(rng, points)
    paid = funding(rng, chosen)
    budget = pd.DataFrame(
        [
            {"partner_id": code, "year": year, "amount_usd": round(25e6 * share), "carries_over": True}
            for code, *_, share in PARTNERS
            for year in range(2025, 2030)
        ]
    )
    falling = np.linspace(1.0, 0.45, len(QUARTERS))
    return Content(
        identity=identity(),
        headline=headline(chosen, budget),
        sections=cut,
        crossings=crossings(points),
        settlements=settlements(),
        threats=named(
            [
                {
                    "id": code, "name_en": english, "name_ar": arabic, "consequence": 1.0, "attempts": attempts * 10,
                    "attempts_after": attempts * 9.5,
                    "through_before": attempts * 5, "through_after": attempts * (2.2 + 0.2 * k),
                    "detected_before": 0.04 + 0.01 * k, "detected_after": 0.25 + 0.04 * k,
                }
                for k, (code, english, arabic, attempts) in enumerate(THREATS)
            ]
        ),
        threats_apart=apart(),
        threats_never=never(),
        partners=named(
            [
                {
                    "id": code, "name_en": english, "name_ar": arabic, "tail_upkeep_usd": 1.19e6 * share,
                    "tail_offered_usd": 1.2e6 * share, "is_tail_assumed": True,
                }
                for code, english, arabic, share in PARTNERS
            ]
        ),
        items=chosen,
        timetable=timetable(chosen),
        funding=paid,
        budget=budget,
        detection=detection(cut),
        flow=flow(rng),
        by_quarter=pd.DataFrame(
            {"quarter": QUARTERS, "without_plan": 403.0, "with_plan": 403.0 * falling.clip(0.5, 1)}
        ),
        swings=swings(),
        not_varied=not_varied(),
        calibration=calibration(),
        patrols=patrols(),
        not_candidates=not_candidates(),
        settings=settings(),
        sources=sources(),
        movers=movers(),
        rivers=rivers(points),
        ground=Ground(8.9e-5, {"dem_near": 0.993, "dem_far": 0.004}, 0.003, {"dem_near": "Near grid of 15 seconds"}),
        relief=relief(points),
        landscape=landscape(relief(points)),
        notices=("Two partners pay nothing in 2025: their budget of that year is below every item they may pay for.",),
    )  # fmt: skip
