"""Where many matches lie close together."""

from django.contrib.gis.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from matching.querysets import MatchClusterQuerySet
from organizations.ids import new_id
from organizations.models import ResourceFlow, ResourceType


class MatchCluster(models.Model):
    """
    An area in which many matches could share a pipe or a hub. Computed, never edited.

    Its sums are of the exchanges that could all take place together, so that no unit of a flow is
    counted twice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource_type = models.ForeignKey(
        ResourceType, models.CASCADE, related_name="+", verbose_name=_("resource type")
    )
    place = models.CharField(_("place"), max_length=310)
    # A plane of degrees, cut at the 180th meridian, as maps and GeoJSON want it.
    area = models.MultiPolygonField(_("area"))
    centre = models.PointField(_("centre"), geography=True)
    flows = models.ManyToManyField(ResourceFlow, related_name="+", verbose_name=_("flows"))
    match_count = models.PositiveIntegerField(_("matches"))
    organization_count = models.PositiveIntegerField(_("organizations"))
    exchange_count = models.PositiveIntegerField(_("exchanges possible together"))
    contributor_count = models.PositiveIntegerField(_("organizations behind the sums"))
    quantity_per_year = models.FloatField(_("canonical units per year"))
    savings_eur_per_year = models.DecimalField(
        _("savings [EUR/a]"), max_digits=38, decimal_places=2
    )
    co2_avoided_t_per_year = models.FloatField(_("avoided CO2 [t/a]"))
    computed_at = models.DateTimeField(_("computed at"))

    objects = MatchClusterQuerySet.as_manager()

    class Meta:
        verbose_name = _("cluster of matches")
        verbose_name_plural = _("clusters of matches")
        ordering = ["-savings_eur_per_year", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What is exchanged where, in the reader's language."""
        return gettext("%(resource)s around %(place)s") % {
            "resource": self.resource_type.label,
            "place": self.place,
        }
