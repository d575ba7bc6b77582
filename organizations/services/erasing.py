"""Forget a person who asks for it."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import Contact, Draft, Membership, User
from organizations.models.user import StaffRole
from organizations.services import acting, memberships
from turash.callers.models import KeptAnswer, Token
from turash.desk.models import SavedFilter
from turash.locking import lock
from turash.mail.models import Mail, MailPreference
from turash.realtime.models import ReadMark

# What belongs to a person and to nobody else; nothing refers to it.
_OF_A_PERSON = (Draft, Token, KeptAnswer, Mail, MailPreference, ReadMark, SavedFilter)


def may_erase(actor: User, user: User) -> bool:
    """Region admins, but not themselves; superusers and region admins by superusers alone."""
    if not actor.is_region_admin or actor == user or user.erased_at:
        return False
    return actor.is_superuser or not (user.is_superuser or StaffRole.REGION_ADMIN in user.roles)


@transaction.atomic
def erase_person(*, actor: User, user: User) -> User:
    """
    Take everything that tells of a person out of the database; what they did stays, by nobody.

    The row of the user stays without name and address, so that messages, steps and the history go
    on telling that the same person did them. E-mails, tokens, preferences, drafts and memberships
    are deleted, contact details with the person's address emptied, and the history forgets both.

    :raises PermissionDenied: the actor may not decide about this person.
    :raises LastOwner: an organization would be left without an owner.
    """
    lock(user)
    permissions.require(
        may_erase(actor, user), _("Your role does not decide about the data of this person.")
    )
    acting.end_acting(actor=user)
    for membership in Membership.objects.filter(user=user):
        memberships.require_another_owner(membership)
        membership.delete()
    for model in _OF_A_PERSON:
        model._base_manager.filter(user=user).delete()
    Contact.objects.filter(email__iexact=user.email).update(
        person="", email="", phone="", updated_at=timezone.now()
    )
    user.groups.clear()
    user.user_permissions.clear()
    user.email = f"{user.pk}@erased.invalid"
    user.full_name = ""
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.erased_at = timezone.now()
    user.save()
    # Notes of the admin name rows as they were called then.
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr="***", change_message="")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT history_forget(%s, %s, %s)",
            [User._meta.db_table, str(user.pk), ["email", "full_name"]],
        )
    return user
