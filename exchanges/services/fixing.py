"""Fix what each unit of an exchange brings, when it goes live."""

from exchanges.models import ExchangeFactors
from matching.valuation import Valuation, valuer_of
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
    price = float(proposal.price_per_unit or 0)
    planned = float(proposal.quantity) if proposal.quantity else None
    fields: dict[str, float | str | None] = {
        "basis": ExchangeFactors.Basis.RESOURCE_TYPE,
        "planned_per_year": planned,
        "co2_t_per_unit": proposal.resource.resource_type.co2_t_per_unit,
        "sales_eur_per_unit": max(price, 0.0),
    }
    valuation = _valuation(proposal, planned)
    if valuation is not None and valuation.quantity_per_year > 0:
        part = _part_of_recipient(proposal)
        upkeep = valuation.transport_eur_per_year + valuation.maintenance_eur_per_year
        supplier = valuation.avoided_disposal_eur_per_year - (1 - part) * upkeep
        recipient = valuation.avoided_purchase_eur_per_year - part * upkeep
        quantity = valuation.quantity_per_year
        fields |= {
            "basis": ExchangeFactors.Basis.FLOWS,
            "supplier_savings_eur_per_unit": supplier / quantity,
            "recipient_savings_eur_per_unit": recipient / quantity,
            "co2_t_per_unit": valuation.co2_avoided_t_per_year / quantity,
        }
    return fields


def _valuation(proposal: Proposal, quantity: float | None) -> Valuation | None:
    """Value the agreed quantity between the two flows; None where one is not known."""
    if proposal.counterpart_id is None or quantity is None:
        return None
    output_id, input_id = proposal.resource_id, proposal.counterpart_id
    if proposal.resource.direction != ResourceFlow.Direction.OUTPUT:
        output_id, input_id = input_id, output_id
    valuer = valuer_of(output_id=output_id, input_id=input_id)
    return valuer.at(quantity) if valuer else None


def _part_of_recipient(proposal: Proposal) -> float:
    """Return the recipient's share of transport and upkeep; half, where nobody has agreed on it."""
    terms = proposal.terms.filter(version=proposal.terms_version).first()
    agreed = terms.connection_recipient_pct if terms else None
    return 0.5 if agreed is None else agreed / 100


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
