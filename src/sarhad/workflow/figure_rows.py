"""The rows that each figure rests on, for `trace`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sarhad import place, situation
from sarhad.programme import Programme, declared
from sarhad.workflow.varied import varied_settings


@dataclass(frozen=True)
class Row:
    """One row that a figure rests on: table, key, the columns that it uses, and figures computed for it."""

    table: str
    key: Mapping[str, str]
    columns: tuple[str, ...]
    computed: Mapping[str, float] = field(default_factory=dict)


def where(prog: Programme, table: str, column: str, value: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    """Return the rows of a table whose column holds the value, by key."""
    frame = prog[table]
    keys = declared().table(table).keys
    found = frame[frame[column].astype(str) == value].sort_values(list(keys))
    return tuple(
        Row(table, {key: str(record[key]) for key in keys}, columns) for record in found.to_dict("records")
    )


def measure_of(prog: Programme, item: str) -> str:
    """Return the measure of an item."""
    return str(prog["item"].set_index("id").loc[item, "measure_id"])


_COST = (
    "capital_low_usd",
    "capital_likely_usd",
    "capital_high_usd",
    "annual_cost_usd",
    "price_year",
    "capital_basis",
)
_SITE = ("cost_factor", "units", "capital_usd", "annual_usd")


def _indices(prog: Programme, measure: str) -> tuple[Row, ...]:
    stated = prog["measure"].set_index("id").loc[measure, "price_year"]
    years = sorted({str(stated), str(prog.setting("price_year"))})
    return tuple(row for year in years for row in where(prog, "price_index", "year", year, ("index",)))


def cost(prog: Programme, item: str) -> tuple[Row, ...]:
    """Return what the cost of an item rests on."""
    measure = measure_of(prog, item)
    return (
        *where(prog, "item", "id", item, _SITE),
        *where(prog, "measure", "id", measure, _COST),
        *_indices(prog, measure),
        *where(
            prog,
            "evidence",
            "measure_id",
            measure,
            ("item", "amount", "currency", "price_year", "usd_per_unit"),
        ),
    )


PLAN = ("value", "bound", "value_without_plan", "constant", "seed", "data_hash")
GRAVITY = ("gravity_hours", "destinations_per_origin", "hinterland_km", "unknown_population")
MOVED = ("abandonment_per_hour",)  # settings that the range of the headline moves


def _plan(prog: Programme, plan: str, columns: tuple[str, ...]) -> tuple[Row, ...]:
    plans = prog["plan"]
    names = [plan] if plan else sorted(plans["id"])
    return tuple(Row("plan", {"id": name}, columns) for name in names)


def value(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the value of a plan rests on."""
    threats = prog["threat"][prog["threat"]["enters_value"]]
    settings = ("abandonment_per_hour", "tail_years", "reference_speed_kmh")
    return (
        *_plan(prog, plan, PLAN),
        *(
            Row("threat", {"id": name}, ("rate_low", "rate", "rate_high", "consequence"))
            for name in sorted(threats["id"])
        ),
        *(Row("setting", {"id": name}, ("value", "low", "high")) for name in settings),
    )


def gap(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the distance of a plan to the best one rests on."""
    found = []
    plans = {row["id"]: row for row in prog["plan"].to_dict("records")}
    for row in _plan(prog, plan, ("value", "bound", "value_without_plan")):
        kept = plans[row.key["id"]]
        apart, possible = kept["value"] - kept["bound"], kept["value_without_plan"] - kept["bound"]
        parts = {"gap": (apart, kept["value"]), "gap_of_gain": (apart, possible)}
        shares = {name: float(part / whole) for name, (part, whole) in parts.items() if whole > 0}
        found.append(Row(row.table, row.key, row.columns, shares))
    return tuple(found)


def bound(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the bound of a plan rests on."""
    budgets = sorted(prog["budget"]["id"])
    return (
        *_plan(prog, plan, ("bound", "value", "data_hash")),
        *(Row("budget", {"id": name}, ("year", "amount_usd", "carries_over")) for name in budgets),
    )


def moved(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the range of the headline moves."""
    plans = [row.key["id"] for row in _plan(prog, plan, ())]
    kept = prog["plan_item"]
    chosen = kept[kept["plan_id"].isin(plans)]["item_id"]
    items, effects = prog["item"], prog["effect"]
    built = set(items[items["id"].isin(chosen)]["measure_id"])
    acts = [
        bool(built & {row["measure_id"], *row["supports_measure_ids"]}) for row in effects.to_dict("records")
    ]
    threats = prog["threat"][prog["threat"]["enters_value"]]
    return (
        *_plan(prog, plan, ("value", "value_without_plan")),
        *(Row("threat", {"id": name}, ("rate_low", "rate", "rate_high")) for name in sorted(threats["id"])),
        *(Row("setting", {"id": name}, ("value", "low", "high")) for name in MOVED),
        *(
            Row("coverage", {"id": name}, ("detection_low", "detection", "detection_high"))
            for name in sorted(prog["coverage"]["id"])
        ),
        *(
            row
            for effect in sorted(effects[acts]["id"])
            for row in where(prog, "effect_parameter", "effect_id", effect, ("low", "likely", "high", "unit"))
        ),
    )


def swung(prog: Programme, plan: str) -> tuple[Row, ...]:
    """Return what the swings of assumptions move: the rows of the range, weights and the settings with a range."""
    threats = prog["threat"][prog["threat"]["enters_value"]]
    weights = ("consequence_low", "consequence", "consequence_high")
    given = [row for row in moved(prog, plan) if row.table != "setting"]
    return (
        *given,
        *(Row("threat", {"id": name}, weights) for name in sorted(threats["id"])),
        *(Row("setting", {"id": name}, ("value", "low", "high")) for name in varied_settings(prog)["id"]),
    )


def flow(prog: Programme, threat: str) -> tuple[Row, ...]:
    """Return what the flow of a threat rests on."""
    return (
        *where(prog, "threat", "id", threat, ("rate_low", "rate", "rate_high")),
        *where(prog, "traffic", "threat_id", threat, ("mover_id", "share")),
        *where(
            prog,
            "scenario",
            "threat_id",
            threat,
            ("mover_id", "origin_id", "destination_id", "region", "attempts"),
        ),
    )


def upkeep(prog: Programme, item: str) -> tuple[Row, ...]:
    """Return what the upkeep of an item rests on."""
    measure = measure_of(prog, item)
    paid = prog["funding"]
    upkeep = paid[(paid["item_id"] == item) & (paid["kind"] == "upkeep")]
    keys = declared().table("funding").keys
    return (
        *where(prog, "item", "id", item, ("units", "annual_usd")),
        *where(prog, "measure", "id", measure, ("annual_cost_usd", "price_year")),
        *_indices(prog, measure),
        *where(prog, "plan_item", "item_id", item, ("operating_quarter", "cost_usd")),
        *(Row("setting", {"id": name}, ("value",)) for name in ("tail_years", "horizon_quarters")),
        *(
            Row("funding", {key: str(row[key]) for key in keys}, ("usd",))
            for row in upkeep.sort_values(list(keys)).to_dict("records")
        ),
    )


def funding(prog: Programme, item: str) -> tuple[Row, ...]:
    """Return what the funding of an item rests on."""
    category = str(prog["measure"].set_index("id").loc[measure_of(prog, item), "category"])
    paid = prog["funding"][prog["funding"]["item_id"] == item]
    payers = sorted(set(paid["partner_id"]))
    return (
        *where(prog, "plan_item", "item_id", item, ("start_quarter", "operating_quarter", "cost_usd")),
        *where(prog, "funding", "item_id", item, ("usd",)),
        *(
            row
            for row in where(prog, "eligibility", "category", category, ())
            if row.key["partner_id"] in payers
        ),
        *(
            row
            for partner in payers
            for row in where(prog, "budget", "partner_id", partner, ("year", "amount_usd", "carries_over"))
        ),
    )


def calibration(prog: Programme, threat: str) -> tuple[Row, ...]:
    """Return reported shares with what the fit makes of them; it is worked out again, which takes the network."""
    fit = situation.fitted_scenarios(prog, place.network_from(prog, place.terrain(prog)))
    if fit.shares.empty:
        return ()
    by = ["threat_id", "region", "mover_id"]
    found = fit.shares.merge(fit.factors, on=by, how="left").set_index(by)
    rows = []
    for record in prog["calibration"].sort_values("id").to_dict("records"):
        key = tuple(record[name] for name in by)
        if threat not in ("", record["threat_id"]) or key not in found.index:
            continue
        one = found.loc[key]
        computed = {"share_before": one["before"], "share_fitted": one["fitted"]}
        computed |= {name: one[name] for name in ("factor", "attempts_before", "attempts_after")}
        computed["residual"] = fit.residual[record["threat_id"]]
        rows.append(
            Row(
                "calibration",
                {"id": record["id"]},
                (
                    "threat_id",
                    "region",
                    "mover_id",
                    "detected_share_low",
                    "detected_share",
                    "detected_share_high",
                ),
                {name: float(value) for name, value in computed.items()},
            )
        )
    return tuple(rows)


def attempts(prog: Programme, threat: str) -> tuple[Row, ...]:
    """Return what the attempts of a threat rest on; gravity only where it has movers, and so a place."""
    traffic = where(prog, "traffic", "threat_id", threat, ("mover_id", "share"))
    return (
        *where(prog, "threat", "id", threat, ("rate_low", "rate", "rate_high", "enters_value_reason")),
        *traffic,
        *where(prog, "calibration", "threat_id", threat, ("region", "mover_id", "detected_share")),
        *(_gravity(prog) if traffic else ()),
    )


def _gravity(prog: Programme) -> tuple[Row, ...]:
    """Return what the weights of origins and destinations rest on."""
    places = sorted(prog["settlement"]["id"])
    return (
        *(Row("setting", {"id": name}, ("value", "low", "high")) for name in GRAVITY),
        *(Row("settlement", {"id": name}, ("country", "population")) for name in places),
    )


def money(prog: Programme, partner: str) -> tuple[Row, ...]:
    """Return what a partner offers."""
    return (
        *where(prog, "partner", "id", partner, ("contribution_usd", "contribution_status")),
        *where(prog, "budget", "partner_id", partner, ("year", "amount_usd", "carries_over")),
    )


def setting(_prog: Programme, name: str) -> tuple[Row, ...]:
    """Return a setting, whether the programme gives it or not."""
    return (Row("setting", {"id": name}, ("value", "low", "high")),)


def length(prog: Programme, border: str) -> tuple[Row, ...]:
    """Return the border line, all of them where none is named."""
    names = [border] if border else sorted(prog["border"]["id"])
    measured = {"measured_km": float(prog.describe()["border_length_km"])}
    return tuple(Row("border", {"id": name}, ("length_km",), measured) for name in names)
