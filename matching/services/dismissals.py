"""Writes of dismissals."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from matching.models import Match, MatchDismissal
from organizations import permissions
from organizations.models import Organization, User


@transaction.atomic
def dismiss_match(
    *, actor: User, match: Match, organization: Organization, reason: str, category: str = ""
) -> MatchDismissal:
    """
    Hide a match from an organization, which says why; the other side still sees it.

    The category says the same in a word (`Category`), if the actor wants to; the weights of the
    score can learn from it. Doing it again replaces both. Outlives the match itself, should the
    pair match again.

    :raises PermissionDenied: the actor may not edit the organization's flows.
    :raises ValidationError: there is no reason, the category is unknown, or the organization
        has no part in the match.
    """
    permissions.require(permissions.can_edit_resources(actor, organization.pk))
    if organization.pk not in (match.output.organization_id, match.input.organization_id):
        raise ValidationError({"organization": _("The organization has no part in this match.")})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, so that better matches can be found.")})
    dismissal = MatchDismissal(
        output=match.output,
        input=match.input,
        organization=organization,
        reason=reason.strip(),
        category=category,
        dismissed_by=actor,
    )
    dismissal.clean_fields()
    dismissal, _created = MatchDismissal.objects.update_or_create(
        output=match.output,
        input=match.input,
        organization=organization,
        defaults={
            "reason": dismissal.reason,
            "category": dismissal.category,
            "dismissed_by": actor,
        },
    )
    return dismissal


@transaction.atomic
def classify_dismissal(*, actor: User, dismissal_id: int, category: str) -> MatchDismissal:
    """
    Say in a word what an organization gave as its reason, on behalf of a facilitator.

    :raises MatchDismissal.DoesNotExist: there is no such dismissal.
    :raises PermissionDenied: the actor is no facilitator.
    :raises ValidationError: the category is unknown.
    """
    permissions.require(actor.is_facilitator)
    dismissal = MatchDismissal.objects.select_for_update(no_key=True).get(pk=dismissal_id)
    dismissal.category = category
    dismissal.clean_fields()
    dismissal.save(update_fields=["category"])
    return dismissal
