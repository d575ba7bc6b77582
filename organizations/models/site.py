"""Places."""

from django.contrib.gis.db import models
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models.organization import Organization
from organizations.models.trigrams import trigrams
from organizations.querysets import ON_PLANE, SiteQuerySet


class Site(models.Model):
    """A place of an organization where resources leave or are needed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="sites", verbose_name=_("organization")
    )
    name = models.CharField(_("name"), max_length=200)
    address = models.CharField(_("address"), max_length=300, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        validators=[
            RegexValidator(
                r"^[A-Z]{2}$", _("Enter the two-letter code of a country, such as DK or RU.")
            )
        ],
    )
    location = models.PointField(_("location"), geography=True, srid=4326)
    holds_hazardous_waste_permit = models.BooleanField(
        _("holds a permit for hazardous waste"), default=False
    )
    source = models.CharField(_("source of the record"), max_length=30, blank=True)
    external_id = models.CharField(_("id at the source"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ["name", "pk"]
        indexes = [
            GistIndex(ON_PLANE, name="organizations_site_on_plane"),
            trigrams("name", name="organizations_site_name_parts"),
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="organizations_site_external_id",
            ),
            models.Index(fields=["name", "id"], name="organizations_site_by_name"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(source=""),
                name="organizations_site_is_unique_at_its_source",
            ),
        ]

    def __str__(self) -> str:
        return self.name
