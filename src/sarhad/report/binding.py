"""What keeps a plan from spending more: money used up year by year, and the upkeep after the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sarhad.report import summaries
from sarhad.report.content import Content
from sarhad.report.language import Language

TIGHT = 0.02  # a purse counts as used up when no more than this share of it is left


@dataclass(frozen=True)
class Tail:
    """Money for upkeep in a year after the horizon.

    Parameters
    ----------
    asked_usd, offered_usd
        What the measures of the plan need a year, and what is offered for it.
    of_a_year
        What is offered, as a share of what is offered in a mean year of the horizon; 0 where nothing is.
    is_assumed
        Is the offer a judgement.
    """

    asked_usd: float
    offered_usd: float
    of_a_year: float
    is_assumed: bool

    @property
    def used(self) -> float:
        """Return the share [0..1] of the offer that is asked."""
        return self.asked_usd / self.offered_usd if self.offered_usd > 0 else 0.0

    @property
    def binds(self) -> bool:
        """Is hardly anything left for the upkeep of one more measure."""
        return self.used >= 1.0 - TIGHT


@dataclass(frozen=True)
class Binding:
    """What the money allows.

    Parameters
    ----------
    offered_usd, left_usd
        Money of the horizon, and what of it stays unspent at its end.
    tight_years
        Years at whose end next to nothing is left of all that was offered until then.
    carried_years
        Years in which more is asked than is offered for them: the rest is carried over from the years before.
    tail
        Upkeep after the horizon; None where no budget reaches beyond it.
    """

    offered_usd: float
    left_usd: float
    tight_years: tuple[int, ...]
    carried_years: tuple[int, ...]
    tail: Tail | None

    @property
    def is_spent(self) -> bool:
        """Is the money of the horizon used up."""
        return self.left_usd <= TIGHT * self.offered_usd


def binding(content: Content) -> Binding:
    """Return what the money of all partners together allows."""
    money = summaries.money_by_year(content)
    years = money.groupby("year")[["amount_usd", "asked_usd", "left_usd"]].sum()
    offered = years["amount_usd"].cumsum()
    tight = years.index[(years["left_usd"] <= TIGHT * offered) & (offered > 0)]
    above = years.index[years["asked_usd"] > years["amount_usd"]]
    total = float(years["amount_usd"].sum())
    return Binding(
        offered_usd=total,
        left_usd=total - float(years["asked_usd"].sum()),
        tight_years=tuple(int(year) for year in tight),
        carried_years=tuple(int(year) for year in above),
        tail=tail(content.partners, total / max(1, len(years))),
    )


def tail(partners: pd.DataFrame, a_year_usd: float) -> Tail | None:
    """Return the upkeep of these partners after the horizon; `a_year_usd` is what they offer in a year of it."""
    if partners["tail_offered_usd"].isna().all():
        return None
    offered = float(partners["tail_offered_usd"].sum())
    return Tail(
        asked_usd=float(partners["tail_upkeep_usd"].sum()),
        offered_usd=offered,
        of_a_year=offered / a_year_usd if a_year_usd > 0 else 0.0,
        is_assumed=bool(partners["is_tail_assumed"].any()),
    )


def limits(found: Binding, language: Language, years: tuple[int, int]) -> list[str]:
    """Return in sentences what the money allows, what of it binds, and what is carried over."""
    say, money, (first, last) = language.say, language.money, years
    said = [
        say(
            "Of {offered} offered from {first} to {last} the plan asks for {asked}; {left} stay unspent.",
            offered=money(found.offered_usd),
            first=first,
            last=last,
            asked=money(found.offered_usd - found.left_usd),
            left=money(found.left_usd),
        )
    ]
    if found.tight_years:
        said.append(
            say(
                "Nearly all that was offered until then is spent at the end of {years}: the money of these years binds.",
                years=language.listed(str(year) for year in found.tight_years),
            )
        )
    said += _of_tail(found.tail, language, last)
    if not found.is_spent and not (found.tail is not None and found.tail.binds):
        said.append(
            say(
                "What is left at the end buys nothing more, because of what the partners may pay for, of "
                "prerequisites and of the time that building takes, or because the search found nothing better."
            )
        )
    said.append(
        say(
            "Money that is left at the end of a year is carried over into the next one where the budget allows it; "
            "where more is asked than was offered for a year, it comes from there."
        )
    )
    return said


def _of_tail(found: Tail | None, language: Language, last: int) -> list[str]:
    """Return in sentences whether the upkeep after the horizon binds."""
    say, money = language.say, language.money
    if found is None:
        return [
            say("No money is stated for upkeep after {last}, and the plan is not limited by it.", last=last)
        ]
    if found.binds:
        said = say(
            "What also binds is the upkeep after {last}: the measures need {asked} a year, and {offered} a year are "
            "offered for it ({share} of what is offered in a year before). A further measure that needs upkeep "
            "finds no money there, whatever is left to build it.",
            last=last,
            asked=money(found.asked_usd),
            offered=money(found.offered_usd),
            share=language.percent(found.of_a_year, 0),
        )
    else:
        said = say(
            "After {last}, the measures need {asked} a year for upkeep of {offered} a year offered: this does not bind.",
            last=last,
            asked=money(found.asked_usd),
            offered=money(found.offered_usd),
        )
    assumed = say("The money for upkeep after {last} is an assumption.", last=last)
    return [said, assumed] if found.is_assumed else [said]
