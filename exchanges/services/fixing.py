"""Fix what each unit of an exchange brings, when it goes live."""

from exchanges.models import ExchangeFactors
from organizations.models import ResourceFlow, ResourceType
from proposals.models import Proposal
from proposals.states import Status

Family = ResourceType.Family
MATERIALS = (
    Family.MINERAL, Family.METAL, Family.ORGANIC, Family.POLYMER, Family.WOOD_PAPER,
    Family.CHEMICAL,
)  # fmt: skip


def fix_factors(proposal: Proposal) -> ExchangeFactors:
    """
    Return the factors of an exchange; fixed now, where they are not yet.

    Cost savings are avoided purchase and disposal less transport and upkeep, without the annuity:
    private investment is reported by itself.
    """
    found = ExchangeFactors.objects.filter(pk=proposal.pk).first()
    if found:
        return found
    proposal = Proposal.objects.for_display().get(pk=proposal.pk)
    step = proposal.transitions.filter(to_status=Status.LIVE).order_by("pk").first()
    live_since = (step.occurred_at if step else proposal.updated_at).date()
    factors, _created = ExchangeFactors.objects.get_or_create(
        proposal=proposal,
        defaults={"live_since": live_since, **_economics(proposal), **_amounts(proposal)},
    )
    return factors


def _economics(proposal: Proposal) -> dict[str, float | str | None]:
    match, kind = proposal.match, proposal.resource.resource_type
    planned = float(proposal.quantity) if proposal.quantity else None
    price = float(proposal.price_per_unit or 0)
    if match is None or not match.quantity_per_year:
        return {
            "basis": ExchangeFactors.Basis.RESOURCE_TYPE,
            "planned_per_year": planned,
            "savings_eur_per_unit": None,
            "co2_t_per_unit": kind.co2_t_per_unit,
            "sales_eur_per_unit": max(price, 0.0),
        }
    yearly = float(match.quantity_per_year)
    savings = float(
        match.avoided_purchase_eur_per_year
        + match.avoided_disposal_eur_per_year
        - match.transport_eur_per_year
        - match.maintenance_eur_per_year
    )
    return {
        "basis": ExchangeFactors.Basis.MATCH,
        "planned_per_year": planned or yearly,
        "savings_eur_per_unit": savings / yearly,
        "co2_t_per_unit": float(match.co2_avoided_t_per_year) / yearly,
        "sales_eur_per_unit": max(price, 0.0),
    }


def _amounts(proposal: Proposal) -> dict[str, float]:
    kind: ResourceType = proposal.resource.resource_type
    tonnes = kind.tonnes_per_unit or (1.0 if kind.unit == "t" else 0.0)
    is_material = kind.family in MATERIALS
    is_waste = is_material and (_has_waste_code(proposal.resource) or bool(kind.waste_codes))
    replaces = is_material and bool(kind.replaced_product)
    is_water = kind.family == Family.WATER and kind.unit == "m3"
    return {
        "landfill_t_per_unit": tonnes if is_waste else 0.0,
        "virgin_t_per_unit": tonnes if replaces else 0.0,
        "water_m3_per_unit": 1.0 if is_water else 0.0,
    }


def _has_waste_code(resource: ResourceFlow) -> bool:
    return bool(resource.waste_code)
