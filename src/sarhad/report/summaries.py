"""Sums and orderings of the content that more than one table or figure shows."""

from __future__ import annotations

import math

import pandas as pd

from sarhad.report import words
from sarhad.report.content import Content
from sarhad.report.language import Language

MOST_INFLUENTIAL = 10


def most_influential(swings: pd.DataFrame, count: int = MOST_INFLUENTIAL) -> pd.DataFrame:
    """Return the assumptions with the widest swing of the value, the widest first; ties by table and row."""
    wide = swings.assign(swing=(swings["value_high"] - swings["value_low"]).abs())
    return (
        wide.sort_values(["swing", "table", "row"], ascending=[False, True, True])
        .head(count)
        .reset_index(drop=True)
    )


def value_a_year(content: Content) -> float:
    """Return the weighted attempts that get through in a year with the plan complete, all assumptions likely."""
    threats = content.threats
    return float((threats["consequence"] * threats["through_after"]).sum())


def comparison(content: Content, language: Language) -> pd.DataFrame:
    """Return kind, name, value of the plan and what it is compared with, the highest value first.

    Values that are not known (None, or missing in a plan read back from its tables) are left out.
    """
    headline = content.headline
    rows = [
        ("nothing", language.say("nothing built"), headline.value_without_plan),
        ("even", language.say("same money spread evenly"), headline.even_value),
        ("greedy", language.say("greedy choice"), headline.greedy_value),
        ("plan", language.say("this plan"), headline.value),
        ("bound", language.say("no plan can be lower"), headline.bound),
        ("everything", language.say("every candidate built, money no limit"), headline.value_everything),
    ]
    frame = pd.DataFrame(
        [r for r in rows if r[2] is not None and not math.isnan(r[2])], columns=["kind", "name", "value"]
    )
    return frame.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)


def items_in_order(content: Content) -> pd.DataFrame:
    """Return the items by marginal value, the highest first; ties by id."""
    return content.items.sort_values(["marginal_value", "item_id"], ascending=[False, True]).reset_index(
        drop=True
    )


def money_by_year(content: Content) -> pd.DataFrame:
    """Return partner_id, year, amount_usd, carried_usd, capital_usd, upkeep_usd, asked_usd, left_usd.

    For the years of the horizon: what was offered for the year, what was carried over into it, what is asked of both,
    and what is left at its end, which goes over into the next year where the budget allows that.
    """
    first, last = horizon_years(content)
    paid = paid_in_horizon(content).pivot_table(
        index=["partner_id", "year"], columns="kind", values="usd", aggfunc="sum", fill_value=0
    )
    budget = content.budget.groupby(["partner_id", "year"])["amount_usd"].sum()
    budget = budget[budget.index.get_level_values("year").to_series().between(first, last).to_numpy()]
    frame = paid.reindex(columns=["capital", "upkeep"], fill_value=0).join(budget, how="outer").fillna(0.0)
    frame = (
        frame.rename(columns={"capital": "capital_usd", "upkeep": "upkeep_usd"}).sort_index().reset_index()
    )
    frame["asked_usd"] = frame["capital_usd"] + frame["upkeep_usd"]
    frame = _with_carry_over(frame, content.budget)
    order = ["amount_usd", "carried_usd", "capital_usd", "upkeep_usd", "asked_usd", "left_usd"]
    return frame[["partner_id", "year", *order]]


def _with_carry_over(frame: pd.DataFrame, budget: pd.DataFrame) -> pd.DataFrame:
    """Return the frame, sorted by partner and year, with what goes over from each year into the next."""
    goes_over = budget.groupby(["partner_id", "year"])["carries_over"].any().to_dict()
    carried, left = [], []
    over, former = 0.0, None
    for row in frame.to_dict("records"):
        partner, year = row["partner_id"], row["year"]
        brought = over if former == (partner, year - 1) else 0.0
        rest = row["amount_usd"] + brought - row["asked_usd"]
        carried.append(brought)
        left.append(rest)
        over, former = rest if goes_over.get((partner, year), False) else 0.0, (partner, year)
    return frame.assign(carried_usd=carried, left_usd=left)


def threats_of_a_year(content: Content) -> pd.DataFrame:
    """Return the threats with given_up_before and given_up_after: neither detected nor got through."""
    frame = content.threats
    given_up = {
        f"given_up_{when}": (attempts * (1.0 - frame[f"detected_{when}"]) - frame[f"through_{when}"]).clip(
            lower=0.0
        )
        for when, attempts in (("before", frame["attempts"]), ("after", frame["attempts_after"]))
    }
    return frame.assign(**given_up)


def carried_over(content: Content) -> dict[tuple[str, str], float]:
    """Return the dollars that each partner, and ``total``, spends in a year beyond what it offered for that year."""
    frame = money_by_year(content)
    over = (frame["asked_usd"] - frame["amount_usd"]).clip(lower=0.0)
    found = {
        (str(partner), str(year)): float(usd)
        for partner, year, usd in zip(frame["partner_id"], frame["year"], over, strict=True)
    }
    sums = frame.groupby("year")[["asked_usd", "amount_usd"]].sum()
    total = (sums["asked_usd"] - sums["amount_usd"]).clip(lower=0.0)
    return {**found, **{("total", str(year)): float(usd) for year, usd in total.items()}}


def money_matrix(content: Content) -> dict[str, dict[str, tuple[float, float]]]:
    """Return asked and offered dollars by partner and year, each year and ``total`` a column.

    The last row, ``total``, is the sum over the partners.
    """
    frame = money_by_year(content)
    frame["year"] = frame["year"].astype(str)
    pairs = frame[["partner_id", "year", "asked_usd", "amount_usd"]]
    pairs = pd.concat([pairs, pairs.assign(year="total")])
    pairs = pd.concat([pairs, pairs.assign(partner_id="total")])
    sums = pairs.groupby(["partner_id", "year"], as_index=False)[["asked_usd", "amount_usd"]].sum()
    money = {
        (str(row["partner_id"]), str(row["year"])): (float(row["asked_usd"]), float(row["amount_usd"]))
        for row in sums.to_dict("records")
    }
    order = [p for p in content.partners["id"] if (p, "total") in money]
    first, last = horizon_years(content)
    years = [*(str(year) for year in range(first, last + 1)), "total"]
    return {p: {year: money.get((p, year), (0.0, 0.0)) for year in years} for p in [*order, "total"]}


def horizon_years(content: Content) -> tuple[int, int]:
    """Return the first and the last calendar year of the horizon."""
    quarters = content.identity.quarters
    return int(quarters[0][:4]), int(quarters[-1][:4])


def paid_in_horizon(content: Content) -> pd.DataFrame:
    """Return the rows of funding that fall within the horizon, in kind or not; the tail is reported apart."""
    first, last = horizon_years(content)
    rows = content.funding[content.funding["year"].between(first, last)]
    return rows.assign(kind=rows["kind"].str.removesuffix(words.IN_KIND))


def payers(content: Content) -> pd.DataFrame:
    """Return item_id, partner_id, usd: what each partner pays for each item, the largest payer first."""
    paid = (
        paid_in_horizon(content).groupby(["item_id", "partner_id"])["usd"].sum().rename("usd").reset_index()
    )
    order = ["item_id", "usd", "partner_id"]
    return paid.sort_values(order, ascending=[True, False, True]).reset_index(drop=True)


def by_category(content: Content) -> pd.DataFrame:
    """Return category, items, cost_usd, upkeep_usd (money of the horizon), the dearest first."""
    paid = paid_in_horizon(content)
    upkeep = paid[paid["kind"] == "upkeep"].groupby("item_id")["usd"].sum()
    items = content.items.assign(upkeep_usd=content.items["item_id"].map(upkeep).fillna(0.0))
    frame = items.groupby("category").agg(
        items=("item_id", "size"), cost_usd=("cost_usd", "sum"), upkeep_usd=("upkeep_usd", "sum")
    )
    return frame.sort_values("cost_usd", ascending=False, kind="stable").reset_index()


def flow_by_section(content: Content) -> pd.DataFrame:
    """Return section_id, threat_id, before, after: attempts a year; a stretch over a border is split by length."""
    rows = []
    for section in content.sections.to_dict("records"):
        low = content.flow["chainage_from_km"].clip(lower=section["chainage_from_km"])
        high = content.flow["chainage_to_km"].clip(upper=section["chainage_to_km"])
        length = content.flow["chainage_to_km"] - content.flow["chainage_from_km"]
        share = ((high - low).clip(lower=0.0) / length).fillna(0.0)
        part = content.flow.assign(
            section_id=section["id"],
            before=content.flow["before"] * share,
            after=content.flow["after"] * share,
        )
        rows.append(part.groupby(["section_id", "threat_id"], as_index=False)[["before", "after"]].sum())
    return pd.concat(rows, ignore_index=True)
