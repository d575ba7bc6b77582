"""Who of staff looks after what."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from organizations import permissions
from organizations.models import User
from organizations.models.user import StaffRole
from organizations.services.acting import end_acting
from turash.locking import lock


def may_set_roles(actor: User, user: User) -> bool:
    """Region admins, but not their own, nor those of superusers and of other region admins."""
    if not actor.is_region_admin or actor == user or user.erased_at:
        return False
    return actor.is_superuser or not (user.is_superuser or StaffRole.REGION_ADMIN in user.roles)


def assignable_roles(actor: User) -> list[StaffRole]:
    """Roles that the actor gives and takes: only superusers make region admins."""
    if not actor.is_region_admin:
        return []
    return [role for role in StaffRole if actor.is_superuser or role != StaffRole.REGION_ADMIN]


@transaction.atomic
def set_roles(*, actor: User, user: User, roles: Collection[StaffRole]) -> User:
    """
    Give a user these roles and no others; without any the user is no staff.

    :raises PermissionDenied: the actor may not decide about this user, or not about these roles.
    """
    lock(user)
    user.__dict__.pop("roles", None)
    permissions.require(
        may_set_roles(actor, user), _("Your role does not decide about the roles of this user.")
    )
    permissions.require(
        set(roles) <= set(assignable_roles(actor)), _("Your role does not give this role.")
    )
    groups = [Group.objects.get_or_create(name=role.value)[0] for role in roles]
    others = Group.objects.filter(name__in=StaffRole.values).exclude(
        pk__in=[group.pk for group in groups]
    )
    user.groups.remove(*others)
    user.groups.add(*groups)
    user.is_staff = bool(groups) or user.is_superuser
    user.save(update_fields=["is_staff"])
    user.__dict__.pop("roles", None)
    if not user.is_facilitator:
        end_acting(actor=user)
    return user
