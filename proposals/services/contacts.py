"""Hand out contact details to those who may see them, and note who has."""

from django.db import transaction
from django.utils import timezone

from organizations import permissions
from organizations.disclosure import Viewpoint, is_disclosed
from organizations.models import Contact, Disclosure, Organization, User
from organizations.models.stage import Stage
from organizations.permissions import Actor


@transaction.atomic
def read_contact(*, viewer: Actor, organization: Organization) -> Contact | None:
    """
    Return an organization's contact details, or None where they are not disclosed to the viewer.

    Members see their own. Of others it is on record, once a day, that they have seen what not
    everybody sees; facilitators always see, and always are on record.
    """
    contact = Contact.objects.filter(organization=organization).first() or Contact(
        organization=organization
    )
    if permissions.role_in(viewer, organization.pk) is not None:
        return contact
    stage = Viewpoint(viewer).stage_with(organization.pk)
    is_facilitator = isinstance(viewer, User) and viewer.is_facilitator
    if not is_facilitator and not is_disclosed(contact.disclosed_from, stage):
        return None
    if isinstance(viewer, User) and (is_facilitator or contact.disclosed_from != Stage.PUBLIC):
        now = timezone.now()
        Disclosure.objects.get_or_create(
            organization=organization,
            flow=None,
            user=viewer,
            seen_on=now.date(),
            defaults={"stage": stage, "as_facilitator": is_facilitator, "seen_at": now},
        )
    return contact
