"""A plan as tables for spreadsheet programs; headers in the reader's language."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from organizations.permissions import Actor
from plans.models import Plan
from plans.services.proposing import suggested_price
from plans.shares import organizations_told_of, shares_of
from turash.figures import unit
from turash.spreadsheets import Cell, Sheet


def sheets(plan: Plan, *, viewer: Actor) -> list[Sheet]:
    """The exchanges, the flows, and what each organization has of it."""
    return [
        Sheet(_("Exchanges"), exchange_rows(plan)),
        Sheet(_("Flows"), flow_rows(plan, viewer)),
        Sheet(_("Organizations"), share_rows(plan, viewer)),
    ]


def exchange_rows(plan: Plan) -> Iterator[list[Cell]]:
    yield [
        _("From"), _("Output"), _("To"), _("Input"), _("Resource"), _("Quantity a year"),
        _("Unit"), _("Distance [km]"), _("Savings [EUR/a]"), _("Avoided CO2 [t/a]"),
        _("Investment [EUR]"), _("Suggested price [EUR/unit]"), _("Under contract"),
        _("Share of samples in which it is best"),
    ]  # fmt: skip
    for row in plan.exchanges.chosen().for_display().best_first():
        of = row.output.resource_type
        yield [
            row.output.organization.name, row.output.name, row.input.organization.name,
            row.input.name, of.label, row.quantity_per_year, unit(of.unit), row.distance_m / 1000,
            row.savings_eur_per_year, row.co2_avoided_t_per_year, row.investment_eur,
            suggested_price(row), _("yes") if row.is_contracted else _("no"), row.chosen_share,
        ]  # fmt: skip


def flow_rows(plan: Plan, viewer: Actor) -> Iterator[list[Cell]]:
    yield [
        _("Organization"), _("Flow"), _("Direction"), _("Resource"), _("Unit"),
        _("Quantity a year"), _("Used"), _("Left"), _("Value of one more unit [%s]") % plan.unit,
    ]  # fmt: skip
    told = organizations_told_of(viewer)
    for row in plan.flows_of_plan.for_display():
        flow = row.flow
        is_told = told is None or flow.organization_id in told
        amounts = (row.available_per_year, row.used_per_year, row.left_per_year)
        yield [
            flow.organization.name, flow.name, str(flow.get_direction_display()),
            flow.resource_type.label, unit(flow.resource_type.unit),
            *(amounts if is_told else (None, None, None)), row.price,
        ]  # fmt: skip


def share_rows(plan: Plan, viewer: Actor) -> Iterator[list[Cell]]:
    yield [
        _("Organization"), _("Avoided costs [EUR/a]"), _("Investment [EUR]"),
        _("Gain in proportion [%s]") % plan.unit, _("Gain by contribution [%s]") % plan.unit,
        _("Standard error"),
    ]  # fmt: skip
    for share in shares_of(plan, viewer=viewer):
        yield [
            share["name"], share["avoided_eur_per_year"], share["invested_eur"],
            share["proportional_gain"], share["fair_gain"], share["standard_error"],
        ]  # fmt: skip
