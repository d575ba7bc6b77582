"""Send files with a message, and hand them out to those who may see them."""

import hashlib
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from organizations.models import Membership, User
from proposals import permissions
from proposals.models import Attachment, AttachmentDownload, Proposal
from proposals.models.attachment import attachment_storage
from proposals.services import limits
from proposals.services.messages import post_message
from turash import uploads
from turash.errors import DomainError

MOST_OF_PROPOSAL = 200
LARGEST_OF_PROPOSAL = 200 * 1024 * 1024
# Of a transaction that was rolled back nothing remains but the file.
ORPHANS_AFTER = timedelta(days=1)


class TooManyAttachments(DomainError):
    """The conversation holds as many files as it may."""

    code = "too_many_attachments"


@transaction.atomic
def post_attachment(
    *, proposal: Proposal, actor: User, upload: UploadedFile, text: str = ""
) -> Attachment:
    """
    Send a file to the other side, with a message; without a text the message is the file's name.

    :raises PermissionDenied: the actor acts for neither side.
    :raises ValidationError: the file is too large, or of no type that is taken.
    :raises TooManyAttachments: the conversation is full.
    :raises TooManyRequests: the actor sends files too often.
    """
    permissions.act_for(actor, proposal, _("Only owners and managers of the two sides write here."))
    limits.spend(limits.ATTACHMENTS, actor)
    content = upload.read(uploads.LARGEST_FILE + 1)
    try:
        found = uploads.type_of(content, upload.name or "")
    except ValidationError as error:
        raise ValidationError({"file": error.messages}) from error
    name = uploads.safe_name(upload.name or "", found)
    # One after another, so that the bounds are kept.
    Proposal.objects.select_for_update(no_key=True).get(pk=proposal.pk)
    message = post_message(
        proposal=proposal, actor=actor, text=text.strip() or name, is_with_file=True
    )
    _check_room(proposal, len(content))
    attachment = Attachment(
        message=message,
        name=name,
        content_type=found.content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        secret_name=secrets.token_hex(16),
    )
    attachment.file = ContentFile(content, name=name)  # type: ignore[assignment]
    attachment.save(force_insert=True)
    return attachment


def _check_room(proposal: Proposal, size: int) -> None:
    there = Attachment.objects.filter(message__proposal=proposal)
    total = there.aggregate(total=Sum("size"))["total"] or 0
    if there.count() >= MOST_OF_PROPOSAL or total + size > LARGEST_OF_PROPOSAL:
        raise TooManyAttachments(_("This conversation holds as many files as it may."))


@transaction.atomic
def open_attachment(*, attachment: Attachment, actor: User) -> bytes:
    """
    Return the content for somebody who may see the proposal, and note who that was.

    :raises FileNotFoundError: the file is gone.
    """
    with attachment.file.open("rb") as stored:
        content = stored.read()
    proposal = attachment.message.proposal
    sides = [proposal.from_organization_id, proposal.to_organization_id]
    is_party = Membership.objects.filter(user=actor, organization__in=sides).exists()
    AttachmentDownload.objects.create(
        attachment=attachment, user=actor, as_facilitator=not is_party
    )
    return content


def remove_orphans(now: datetime) -> int:
    """Delete stored files that no row names, a day after they were made; returns how many."""
    root = Path(attachment_storage().location)  # type: ignore[attr-defined]
    before = (now - ORPHANS_AFTER).timestamp()
    removed = 0
    for path in sorted(root.glob("??/*")):
        if path.stat().st_mtime >= before:
            continue
        if not Attachment.objects.filter(secret_name=path.parent.name + path.name).exists():
            path.unlink(missing_ok=True)
            removed += 1
    return removed
