"""
Writes of many rows at once, as an import makes them: checked like one, stored in few statements.

They send no signals: the caller has the events published, one for each row or one for all.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from organizations import permissions
from organizations.models import FlowContaminant, Membership, Organization, ResourceFlow, Site, User
from organizations.services.flows import check_contaminants, check_reserved, derive
from organizations.services.organizations import free_slugs
from organizations.services.sites import check_location
from turash.constraints import check_without_asking
from turash.events.catalogue import (
    Event,
    OrganizationCreated,
    ResourceFlowCreated,
    ResourceFlowUpdated,
    SiteCreated,
    SiteUpdated,
)
from turash.events.publishers import publish

BATCH = 500
# What a flow's columns decide.
_DERIVED_OF_FLOWS = (
    "organization", "location", "unit_factor", "quantity_per_year", "min_quantity_per_year",
)  # fmt: skip


def check_row(row: models.Model, *, contaminants: Mapping[str, float] | None = None) -> None:
    """
    Check a row as its service would when it stores it, without asking the database.

    What it refers to was read already; whether it is unique, storing it tells.

    :raises ValidationError: a field is wrong.
    """
    if isinstance(row, Site):
        check_location(row.location)
    if isinstance(row, ResourceFlow):
        derive(row)
        if not row._state.adding and row.reserved_per_year:
            check_reserved(row)
    # What it refers to was read a moment ago, and an organization gets its slug later.
    read = {f.name for f in row._meta.concrete_fields if f.is_relation or f.primary_key}
    row.clean_fields(exclude={*read, "slug"})
    row.clean()
    check_without_asking(row)
    if contaminants is not None:
        check_contaminants(contaminants)


@transaction.atomic
def write_organizations(
    *,
    actor: User,
    new: Sequence[Organization],
    changed: Sequence[Organization],
    fields: Iterable[str],
    announce: bool,
) -> None:
    """
    Store checked organizations; who is no facilitator owns the new ones.

    :raises PermissionDenied: the actor does not manage one of those that change.
    :raises IntegrityError: somebody else has stored one of them meanwhile.
    """
    if not actor.is_facilitator:
        managed = Organization.objects.managed_by(actor)
        _require_all(managed, {row.pk for row in changed})
    for row, slug in zip(new, free_slugs([row.name for row in new]), strict=True):
        row.slug = slug
    _store(Organization, new, changed, fields)
    if not actor.is_facilitator:
        Membership.objects.bulk_create(
            Membership(organization=row, user=actor, role=Membership.Role.OWNER) for row in new
        )
    _announce((OrganizationCreated(organization_id=row.pk) for row in new), announce=announce)


@transaction.atomic
def write_sites(
    *,
    actor: User,
    new: Sequence[Site],
    changed: Sequence[Site],
    fields: Iterable[str],
    announce: bool,
) -> None:
    """
    Store checked sites; the flows of those that move go with them.

    :raises PermissionDenied: the actor may not edit the sites of one of the organizations.
    :raises IntegrityError: somebody else has stored one of them meanwhile.
    """
    _require_editor(actor, {row.organization_id for row in (*new, *changed)})
    _store(Site, new, changed, fields)
    if not announce:
        return
    events: list[Event] = [
        SiteCreated(site_id=row.pk, organization_id=row.organization_id) for row in new
    ]
    events += [SiteUpdated(site_id=row.pk, organization_id=row.organization_id) for row in changed]
    moved = ResourceFlow.objects.filter(site__in=changed).values_list("pk", "organization")
    events += [ResourceFlowUpdated(flow_id=flow, organization_id=owner) for flow, owner in moved]
    _announce(events, announce=True)


@transaction.atomic
def write_flows(
    *,
    actor: User,
    new: Sequence[ResourceFlow],
    changed: Sequence[ResourceFlow],
    fields: Iterable[str],
    contaminants: Mapping[UUID, Mapping[str, float]],
    announce: bool,
) -> None:
    """
    Store checked flows; `contaminants` [mg/kg] replace those of the flows with these keys.

    :raises PermissionDenied: the actor may not edit the flows of one of the organizations.
    :raises IntegrityError: somebody else has stored one of them meanwhile.
    """
    _require_editor(actor, {row.organization_id for row in (*new, *changed)})
    _store(ResourceFlow, new, changed, {*fields, *_DERIVED_OF_FLOWS} if changed else ())
    if contaminants:
        FlowContaminant.objects.filter(flow__in=list(contaminants)).delete()
        FlowContaminant.objects.bulk_create(
            FlowContaminant(flow_id=key, substance=substance, mg_per_kg=mg_per_kg)
            for key, contents in contaminants.items()
            for substance, mg_per_kg in contents.items()
        )
    events: list[Event] = [
        ResourceFlowCreated(flow_id=row.pk, organization_id=row.organization_id) for row in new
    ]
    events += [
        ResourceFlowUpdated(flow_id=row.pk, organization_id=row.organization_id) for row in changed
    ]
    _announce(events, announce=announce)


def _require_editor(actor: User, organization_ids: set[UUID]) -> None:
    """Facilitators import for all; who asked, and what came of it, is on record."""
    if not actor.is_facilitator:
        _require_all(Organization.objects.editable_by(actor), organization_ids)


def _require_all(allowed: Any, organization_ids: set[UUID]) -> None:
    found = allowed.filter(pk__in=organization_ids).count()
    permissions.require(found == len(organization_ids))


def _store(
    model: type[models.Model],
    new: Sequence[Any],
    changed: Sequence[Any],
    fields: Iterable[str],
) -> None:
    if new:
        model._default_manager.bulk_create(new, batch_size=BATCH)
    names = sorted({*fields})
    if changed and names:
        now = timezone.now()
        for row in changed:
            row.updated_at = now
        model._default_manager.bulk_update(changed, [*names, "updated_at"], batch_size=BATCH)


def _announce(events: Iterable[Event], *, announce: bool) -> None:
    if announce:
        publish(*events)
