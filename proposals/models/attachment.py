"""Files of the conversation about a proposal."""

from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from proposals.models.message import ProposalMessage
from turash import uploads


class AttachmentStorage(FileSystemStorage):
    """A folder outside of everything that is served; readable for Turash alone."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> Path:  # type: ignore[override]
        return settings.ATTACHMENTS_DIR

    @property
    def location(self) -> str:  # type: ignore[override]
        return str(self.base_location.absolute())

    def url(self, name: str | None) -> str:
        """
        There is no address but that of the view.

        :raises ValueError: always.
        """
        raise ValueError("Attachments are handed out by proposals.downloads alone.")


def attachment_storage() -> Storage:
    return AttachmentStorage()


def stored_name(attachment: "Attachment", name: str) -> str:
    """A name that says nothing and cannot be guessed; the user's name is kept in the row."""
    key = attachment.secret_name
    return str(Path(key[:2], key[2:]))


class Attachment(models.Model):
    """A file that one side has sent with a message; both sides download it, nobody changes it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey(
        ProposalMessage, models.CASCADE, related_name="attachments", verbose_name=_("message")
    )
    name = models.CharField(_("name"), max_length=160)
    content_type = models.CharField(
        _("type"), max_length=100, choices=[(one.content_type, one.suffix) for one in uploads.TYPES]
    )
    size = models.PositiveIntegerField(_("size [bytes]"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    secret_name = models.CharField(_("stored as"), max_length=64, unique=True, editable=False)
    file = models.FileField(
        _("file"), storage=attachment_storage, upload_to=stored_name, editable=False
    )

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0, size__lte=uploads.LARGEST_FILE),
                name="proposals_attachment_size_is_bounded",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AttachmentDownload(models.Model):
    """Who has downloaded a file, and when; facilitators, too, who belong to neither side."""

    attachment = models.ForeignKey(
        Attachment, models.CASCADE, related_name="downloads", verbose_name=_("attachment")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    as_facilitator = models.BooleanField(_("as facilitator"), default=False)
    downloaded_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user}: {self.attachment}"
