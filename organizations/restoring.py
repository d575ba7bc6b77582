"""How former states of organizations, sites and flows come back: through their services."""

from typing import Any

from django.db.models import Model

from organizations import services
from organizations.models import (
    Conversion,
    CurrencyRate,
    FlowContaminant,
    Membership,
    Organization,
    ResourceFlow,
    ResourceType,
    Site,
)
from turash.history.models import Change
from turash.history.past import restores, rows_before

# What people edit; the rest of a row is the system's, and does not go back in time.
_EDITED = {
    Organization: (
        "name", "slug", "subtype", "sector", "description", "website", "visibility",
        "figures_from",
    ),
    Site: (
        "name", "address", "postal_code", "city", "country", "location",
        "holds_hazardous_waste_permit",
    ),
}  # fmt: skip


def _as_edited(former: Model) -> Any:
    """Return the row of now with the edited fields of then; a deleted one as it was."""
    model = type(former)
    if former._state.adding:
        return former
    row = model._base_manager.get(pk=former.pk)
    for name in _EDITED[model]:
        setattr(row, name, getattr(former, name))
    return row


@restores(Organization)
def restore_organization(former: Organization, change: Change) -> None:
    services.save_organization(_as_edited(former))


@restores(Site)
def restore_site(former: Site, change: Change) -> None:
    services.save_site(_as_edited(former))


@restores(ResourceFlow)
def restore_flow(former: ResourceFlow, change: Change) -> None:
    """With the contaminants of then; what is under contract stays as it is."""
    contaminants = {
        row["substance"]: row["mg_per_kg"]
        for row in rows_before(FlowContaminant, change, column="flow_id", value=str(former.pk))
    }
    if former._state.adding:
        former.reserved_per_year = 0
    services.save_flow(former, contaminants=contaminants)


@restores(Conversion)
def restore_conversion(former: Conversion, change: Change) -> None:
    services.save_conversion(former)


@restores(Membership)
def restore_membership(former: Membership, change: Change) -> None:
    """
    :raises LastOwner: the organization would be left without an owner.
    """
    if not former._state.adding and former.role != Membership.Role.OWNER:
        services.require_another_owner(Membership.objects.get(pk=former.pk))
    former.acting = None
    former.full_clean()
    former.save()


@restores(ResourceType)
@restores(CurrencyRate)
def restore_reference(former: ResourceType | CurrencyRate, change: Change) -> None:
    former.full_clean()
    former.save()
