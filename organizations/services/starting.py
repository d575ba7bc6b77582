"""Several flows of a site at once, as a sector's template proposes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import ResourceFlow, Site, User
from organizations.services.flows import create_flow
from turash.errors import DomainError, InvalidInput

MOST_FLOWS = 30


class HasFlows(DomainError):
    """Somebody has given the site the same flow meanwhile."""

    code = "has_flows"


@transaction.atomic
def create_flows(
    *, actor: User, site: Site, rows: Mapping[str, Mapping[str, Any]]
) -> Sequence[ResourceFlow]:
    """
    Declare flows of a site, all or none; the keys of `rows` name them in errors.

    :raises PermissionDenied: the actor may not edit the organization's flows.
    :raises InvalidInput: fields are wrong, each named as “key.field”.
    :raises HasFlows: the site has a flow of one of these types and directions; two clicks on one
        button, or two people, must not declare everything twice.
    """
    permissions.require(permissions.can_edit_resources(actor, site.organization_id))
    # One at a time for a site.
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    _refuse_twins(site, rows)
    if not 0 < len(rows) <= MOST_FLOWS:
        raise InvalidInput({"": [_("Choose between 1 and %d flows.") % MOST_FLOWS]})
    flows: list[ResourceFlow] = []
    errors: dict[str, list[str]] = {}
    for key, fields in rows.items():
        try:
            with transaction.atomic():
                flows.append(create_flow(actor=actor, site=site, **fields))
        except ValidationError as error:
            errors |= _named(key, error)
    if errors:
        raise InvalidInput(errors)
    return flows


def _refuse_twins(site: Site, rows: Mapping[str, Mapping[str, Any]]) -> None:
    wanted = {(row["direction"], row["resource_type"].pk) for row in rows.values()}
    there = ResourceFlow.objects.filter(site=site).exclude(status=ResourceFlow.Status.ARCHIVED)
    for flow in there.select_related("resource_type"):
        if (flow.direction, flow.resource_type_id) in wanted:
            raise HasFlows(
                _("The site has “%s” already. Take it off the list, or change that flow.") % flow
            )


def _named(key: str, error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return {f"{key}.{field}": messages for field, messages in error.message_dict.items()}
    return {f"{key}.amount": error.messages}
