"""People who sign in."""

from functools import cached_property

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.querysets import UserManager


class StaffRole(models.TextChoices):
    """What a member of staff looks after; each is the group of that name. See docs/roles.md."""

    FACILITATOR = "Facilitators", _("Facilitator")
    REGION_ADMIN = "Region admins", _("Region admin")
    ANALYST = "Analysts", _("Analyst (reads only)")
    SUPPORT = "Support", _("Support")


FACILITATORS = StaffRole.FACILITATOR.value
# They see every organization, and act in the admin.
_ACTING = {StaffRole.FACILITATOR, StaffRole.REGION_ADMIN}


class User(AbstractBaseUser, PermissionsMixin):
    """A person; the e-mail address signs in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("A user with this e-mail address already exists.")},
    )
    full_name = models.CharField(_("full name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    # Since then the row holds nothing of the person; what refers to it stays.
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    date_joined = models.DateTimeField(_("date joined"), default=timezone.now)
    organizations = models.ManyToManyField(
        "organizations.Organization",
        through="organizations.Membership",
        related_name="users",
        verbose_name=_("organizations"),
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="organizations_user_email_is_unique",
                violation_error_message=_("A user with this e-mail address already exists."),
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(full_name="", is_active=False, is_staff=False, is_superuser=False),
                name="organizations_user_erased_is_nobody",
            ),
        ]

    def __str__(self) -> str:
        if self.erased_at:
            return gettext("Erased person")
        return self.full_name or self.email

    def get_short_name(self) -> str:
        return self.full_name or self.email

    @cached_property
    def roles(self) -> frozenset[StaffRole]:
        """What the user looks after: nothing, unless active and staff."""
        if not (self.is_active and self.is_staff):
            return frozenset()
        names = self.groups.filter(name__in=StaffRole.values).values_list("name", flat=True)
        return frozenset(StaffRole(name) for name in names)

    @property
    def is_facilitator(self) -> bool:
        """Staff who look after the region, or a superuser: sees every organization."""
        return self.has_role(*_ACTING)

    @property
    def is_region_admin(self) -> bool:
        """Who also decides about roles and about the data of persons."""
        return self.has_role(StaffRole.REGION_ADMIN)

    @property
    def reads_region(self) -> bool:
        """Who may see the figures of the whole region."""
        return self.has_role(*_ACTING, StaffRole.ANALYST)

    @property
    def only_reads(self) -> bool:
        """Who may look at the admin, and change nothing there."""
        return not self.is_superuser and self.roles == {StaffRole.ANALYST}

    @property
    def is_acting(self) -> bool:
        """Whether the user acts for an organization now, and therefore not in the admin."""
        return self.is_staff and self.actings.filter(ended_at=None).exists()

    def has_role(self, *roles: StaffRole) -> bool:
        """Whether the user has one of the roles; superusers have all."""
        if self.is_superuser and self.is_active and self.is_staff:
            return True
        return not self.roles.isdisjoint(roles)
