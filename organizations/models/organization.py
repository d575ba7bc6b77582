"""Organizations and who belongs to them."""

from django.conf import settings
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models.stage import Stage
from organizations.models.trigrams import trigrams
from organizations.querysets import OrganizationQuerySet


class Visibility(models.TextChoices):
    PUBLIC = "public", _("Public: anybody")
    NETWORK = "network", _("Network: signed-in members of any organization")
    PRIVATE = "private", _("Private: this organization")


class Organization(models.Model):
    """A company, utility, municipality or research body that gives or takes resources."""

    class Subtype(models.TextChoices):
        BUSINESS = "business", _("Business")
        UTILITY = "utility", _("Utility")
        MUNICIPALITY = "municipality", _("Municipality")
        RESEARCH = "research", _("Research")
        NGO = "ngo", _("Non-governmental organization")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    subtype = models.CharField(
        _("kind"), max_length=20, choices=Subtype.choices, default=Subtype.BUSINESS
    )
    sector = models.CharField(
        _("sector (NACE Rev. 2)"),
        max_length=8,
        blank=True,
        validators=[
            RegexValidator(
                r"^([A-U]|\d{2}(\.\d{1,2})?)$",
                _("Enter a NACE Rev. 2 code such as C, 35 or 35.11."),
            )
        ],
    )
    description = models.TextField(
        _("description"), blank=True, validators=[MaxLengthValidator(5000)]
    )
    website = models.URLField(_("website"), blank=True)
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC
    )
    figures_from = models.CharField(
        _("who sees exact figures"),
        max_length=10,
        choices=Stage.choices,
        default=Stage.MATCHED,
        db_default=Stage.MATCHED,
    )
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    completed_exchanges = models.PositiveIntegerField(_("completed exchanges"), default=0)
    source = models.CharField(_("source of the record"), max_length=30, blank=True)
    external_id = models.CharField(_("id at the source"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name", "pk"]
        indexes = [
            trigrams("name", name="organizations_name_parts"),
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="organizations_external_id",
            ),
            models.Index(fields=["name", "id"], name="organizations_by_name"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(source=""),
                name="organizations_organization_is_unique_at_its_source",
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="organizations_organization_has_a_name",
                violation_error_message=_("Give the organization a name."),
            ),
            models.CheckConstraint(
                condition=Q(figures_from__in=Stage.values),
                name="organizations_organization_stage_of_figures_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's role in an organization."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MANAGER = "manager", _("Manager")
        MEMBER = "member", _("Member")
        VIEWER = "viewer", _("Viewer")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="memberships", verbose_name=_("organization")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="memberships",
        verbose_name=_("user"),
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)
    # Of a facilitator who acts for the organization for a while.
    acting = models.OneToOneField(
        "organizations.Acting",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="membership",
        verbose_name=_("acting for an organization"),
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="organizations_membership_is_unique",
                violation_error_message=_("This user is a member already."),
            ),
            models.CheckConstraint(
                condition=Q(acting=None) | Q(role="manager"),
                name="organizations_membership_of_acting_manages",
                violation_error_message=_("Who acts for an organization does so as a manager."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} ({self.get_role_display()})"
