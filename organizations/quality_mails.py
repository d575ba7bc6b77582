"""The e-mail that asks whether a flow is right."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from organizations.models import QualityFinding, ResourceFlow, User
from organizations.quality_reasons import reason_of
from organizations.querysets import EDITING_ROLES
from turash.events.catalogue import FlowQuestioned
from turash.mail.models import Mail
from turash.mail.services.writing import mail_to, write


def mail_question(event: FlowQuestioned) -> int:
    """
    Write to everybody of the organization who edits its flows, in the language of each.

    Facilitators who act for it are left out. Returns how many e-mails were written.
    """
    flow = ResourceFlow.objects.select_related("organization").filter(pk=event.flow_id).first()
    findings = list(
        QualityFinding.objects.open()
        .filter(flow=event.flow_id)
        .exclude(asked_at=None)
        .with_subjects()
        .order_by("-severity", "pk")
    )
    if flow is None:
        return 0
    # An answer may have come before the question.
    findings = [row for row in findings if row.subject_updated_at == flow.updated_at]
    if not findings:
        return 0
    editors = User.objects.filter(
        is_active=True,
        memberships__organization=flow.organization_id,
        memberships__role__in=EDITING_ROLES,
        memberships__acting=None,
    ).order_by("pk")
    key = f"{event.type}:{event.flow_id}:{event.occurred_at.isoformat()}"
    mails = []
    for user in editors:
        with translation.override(user.language):
            subject, body = _words(flow, findings)
        mails.append(mail_to(user, key, Mail.Topic.ALL, subject, body))
    return write(mails)


def _words(flow: ResourceFlow, findings: list[QualityFinding]) -> tuple[str, str]:
    subject = _("Is this right? %(flow)s of %(organization)s") % {
        "flow": flow.name,
        "organization": flow.organization,
    }
    edit, page = (
        f"{settings.SITE_URL}{reverse(f'organizations:{name}', args=[flow.pk])}"
        for name in ("flow-edit", "flow-detail")
    )
    lines = [
        _("A facilitator of your region asks about this flow:"),
        "",
        *(f"- {finding.get_kind_display()}: {reason_of(finding)}." for finding in findings),
        "",
        _("Correct it here:"),
        edit,
        "",
        _("If it is right, say so here:"),
        page,
        "",
    ]
    return subject, "\n".join(lines)
