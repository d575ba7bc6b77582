"""Two records of the same organization become one."""

from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import (
    Acting,
    Contact,
    Organization,
    OrganizationMerge,
    ResourceFlow,
    User,
)
from organizations.querysets import EDITING_ROLES
from turash.errors import DomainError
from turash.events.catalogue import ResourceFlowUpdated
from turash.events.publishers import publish
from turash.locking import lock

# Notes of what both records have noted: one of the two is enough.
NOTES = {"organizations.Disclosure", "matching.MatchDismissal"}
# The strongest role first.
_ROLES = [*EDITING_ROLES, "viewer"]


class CannotMerge(DomainError):
    """Something that refers to both organizations cannot refer to one."""

    code = "cannot_merge"


@transaction.atomic
def merge_organizations(
    *, actor: User, duplicate: Organization, into: Organization
) -> OrganizationMerge:
    """
    Have everything that refers to a duplicate refer to the organization that stays.

    Members of both keep the stronger role, contact details those of the one that stays, where it
    has any. The duplicate's id and short name lead to the other from then on, and its history
    belongs to it. The flows are matched again: those of the two no longer match each other.

    :raises PermissionDenied: the actor is no facilitator.
    :raises CannotMerge: the two have something to do with each other, such as a proposal.
    :raises Gone: one of the two was deleted meanwhile.
    """
    permissions.require(actor.is_facilitator, _("Only facilitators merge organizations."))
    if duplicate.pk == into.pk:
        raise CannotMerge(_("Choose another organization."))
    for organization in sorted((duplicate, into), key=lambda row: row.pk):
        lock(organization)
    if Acting.objects.filter(organization__in=(duplicate, into), ended_at=None).exists():
        raise CannotMerge(_("Somebody acts for one of the two; wait until that has ended."))
    moved_flows = list(ResourceFlow.objects.filter(organization=duplicate).values_list("pk"))
    with connection.cursor() as cursor:
        # Terms of a contract are never changed, but for whose they are.
        cursor.execute("SELECT set_config('turash.merging', 'on', true)")
        _join_members(duplicate, into)
        _keep_one_contact(duplicate, into)
        moved = _move_references(duplicate, into)
        cursor.execute("SELECT set_config('turash.merging', 'off', true)")
    merge = OrganizationMerge(
        merged_id=duplicate.pk, name=duplicate.name, slug=duplicate.slug, into=into,
        merged_by=actor, moved=moved,
    )  # fmt: skip
    _delete(duplicate)
    _take_over(duplicate, into)
    merge.save(force_insert=True)
    for (flow_id,) in moved_flows:
        publish(ResourceFlowUpdated(flow_id=flow_id, organization_id=into.pk))
    return merge


def _join_members(duplicate: Organization, into: Organization) -> None:
    there = {row.user_id: row for row in into.memberships.all()}
    for membership in duplicate.memberships.filter(user__in=there):
        kept = there[membership.user_id]
        if _ROLES.index(membership.role) < _ROLES.index(kept.role):
            kept.role = membership.role
            kept.save(update_fields=["role"])
        membership.delete()


def _keep_one_contact(duplicate: Organization, into: Organization) -> None:
    """Of two contacts that of the organization that stays counts, unless nothing stands in it."""
    own = Contact.objects.filter(organization=into).first()
    if own is None:
        return
    if own.person or own.email or own.phone:
        Contact.objects.filter(organization=duplicate).delete()
    elif Contact.objects.filter(organization=duplicate).exists():
        own.delete()


def _move_references(duplicate: Organization, into: Organization) -> dict[str, int]:
    """Move every foreign key; returns how many rows by table and column."""
    moved = {}
    for field in references():
        rows = field.model._base_manager.filter(**{field.name: duplicate})
        count = _move(field, rows, into)
        if count:
            moved[f"{field.model._meta.db_table}.{field.column}"] = count
    return moved


def references() -> list[models.ForeignKey]:
    """Every foreign key to an organization of a table of ours, whichever app it belongs to."""
    return [
        relation.field
        # Hidden are those that have no name from this side, and they are no less references.
        for relation in Organization._meta.get_fields(include_hidden=True)
        # Flows follow their sites, by a trigger; what is a view has no rows.
        if isinstance(relation, models.ManyToOneRel)
        and relation.related_model is not ResourceFlow
        and relation.related_model._meta.managed
    ]


def _move(field: models.ForeignKey, rows: models.QuerySet, into: Organization) -> int:
    try:
        with transaction.atomic():
            return rows.update(**{field.name: into})
    except IntegrityError as error:
        if field.model._meta.label not in NOTES:
            raise CannotMerge(_why_not(field, error)) from error
    count = 0
    for key in list(rows.values_list("pk", flat=True)):
        row = field.model._base_manager.filter(pk=key)
        try:
            with transaction.atomic():
                count += row.update(**{field.name: into})
        except IntegrityError:
            row.delete()
    return count


def _why_not(field: models.ForeignKey, error: IntegrityError) -> str:
    name = field.model._meta.verbose_name_plural
    text = _("The two cannot be one: both stand in the same of %(rows)s.") % {"rows": name}
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    return f"{text} ({constraint})" if constraint else text


def _delete(duplicate: Organization) -> None:
    """Delete what nothing refers to any more: a merge takes nothing along."""
    left: list[tuple[Any, str]] = [(ResourceFlow, "organization")]
    left += [(field.model, field.name) for field in references()]
    for model, name in left:
        if model._base_manager.filter(**{name: duplicate}).exists():
            raise CannotMerge(
                _("Something still refers to the duplicate: %s.") % model._meta.verbose_name_plural
            )
    Organization.objects.filter(pk=duplicate.pk).delete()


def _take_over(duplicate: Organization, into: Organization) -> None:
    """What the record of the duplicate tells and the other does not; imports find it again."""
    into.completed_exchanges += duplicate.completed_exchanges
    into.verified_at = into.verified_at or duplicate.verified_at
    if not into.source:
        into.source, into.external_id = duplicate.source, duplicate.external_id
    for name in ("description", "website", "sector"):
        setattr(into, name, getattr(into, name) or getattr(duplicate, name))
    into.full_clean()
    into.save()


def successor_of(organization_id: Any) -> Organization | None:
    """The organization into which one with this id was merged."""
    merge = OrganizationMerge.objects.filter(pk=organization_id).select_related("into").first()
    return merge.into if merge else None
