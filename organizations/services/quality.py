"""What people say to findings about data quality: ask the owner, dismiss, confirm."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import FlowConfirmation, QualityFinding, ResourceFlow, User
from organizations.models.quality import LONGEST_NOTE
from turash.errors import DomainError
from turash.events.catalogue import FlowQuestioned
from turash.events.publishers import publish
from turash.locking import lock

# Nobody is asked about the same flow again before.
ASKED_AGAIN_AFTER = timedelta(days=14)


class AskedLately(DomainError):
    """The owner was asked about this flow less than 14 days ago."""

    code = "asked_lately"


class NotOpen(DomainError):
    """The finding was dismissed or settled meanwhile, or nobody can be asked about it."""

    code = "finding_not_open"


@transaction.atomic
def ask_owner(*, actor: User, flow: ResourceFlow, now: datetime) -> int:
    """
    Ask the owner of a flow about everything that seems wrong with it; returns about how much.

    :raises PermissionDenied: the actor is no facilitator.
    :raises AskedLately: the owner was asked about this flow less than `ASKED_AGAIN_AFTER` ago.
    :raises NotOpen: it was changed since it was looked at, or everything is answered.
    :raises Gone: it was deleted meanwhile.
    """
    permissions.require(actor.is_facilitator, _("Only facilitators ask owners."))
    # Two who ask at once ask once.
    lock(flow)
    findings = QualityFinding.objects.filter(flow=flow)
    last = findings.exclude(asked_at=None).order_by("-asked_at").first()
    if last and last.asked_at and now - last.asked_at < ASKED_AGAIN_AFTER:
        raise AskedLately(
            _("The owner was asked about this flow less than %d days ago.") % ASKED_AGAIN_AFTER.days
        )
    # What was found of an earlier state may have been corrected.
    current = findings.open().filter(subject_updated_at=flow.updated_at)
    count = current.update(asked_at=now, asked_by=actor)
    if not count:
        raise NotOpen(_("The flow was changed meanwhile; it is looked at again."))
    publish(FlowQuestioned(flow_id=flow.pk, organization_id=flow.organization_id))
    return count


@transaction.atomic
def dismiss_finding(
    *, actor: User, finding: QualityFinding, note: str, now: datetime
) -> QualityFinding:
    """
    Say that a record is right as it stands; it is not found again until it is changed.

    :raises PermissionDenied: the actor is no facilitator.
    :raises ValidationError: the note is empty or too long.
    :raises NotOpen: it was dismissed or settled meanwhile.
    :raises Gone: it was deleted meanwhile.
    """
    permissions.require(actor.is_facilitator, _("Only facilitators dismiss findings."))
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise ValidationError(
            {"note": _("Say why it is right, in at most %d letters.") % LONGEST_NOTE}
        )
    lock(finding)
    if finding.status != QualityFinding.Status.OPEN:
        raise NotOpen(_("Somebody has answered this meanwhile, or it is no longer found."))
    finding.status = QualityFinding.Status.DISMISSED
    finding.dismissed_at, finding.dismissed_by, finding.note = now, actor, note
    finding.save(update_fields=["status", "dismissed_at", "dismissed_by", "note"])
    return finding


@transaction.atomic
def confirm_flow(
    *, actor: User, flow: ResourceFlow, finding_ids: Iterable[int], now: datetime
) -> int:
    """
    Say for the owner that a flow is right, in spite of the findings that the actor has read.

    Returns how many of them this dismisses; the flow counts as looked after from now on.

    :raises PermissionDenied: the actor may not edit the organization's flows.
    :raises Gone: it was deleted meanwhile.
    """
    lock(flow)
    permissions.require(permissions.can_edit_resources(actor, flow.organization_id))
    FlowConfirmation.objects.update_or_create(
        flow=flow, defaults={"confirmed_at": now, "confirmed_by": actor}
    )
    return (
        QualityFinding.objects.open()
        .filter(flow=flow, pk__in=list(finding_ids))
        .update(
            status=QualityFinding.Status.DISMISSED,
            dismissed_at=now,
            dismissed_by=actor,
            note=_("The owner has confirmed it."),
        )
    )
