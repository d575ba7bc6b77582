"""What a scenario supposes: plants that nobody has built, and what closes."""

from uuid import UUID

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow, ResourceType, Site
from plans.models.plan import Plan


class SupposedSite(models.Model):
    """A plant that might come, in one plan; in its exchanges it is its own organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(
        Plan, models.CASCADE, related_name="supposed_sites", verbose_name=_("plan")
    )
    name = models.CharField(_("name"), max_length=200)
    location = models.PointField(_("location"), geography=True, srid=4326)

    class Meta:
        verbose_name = _("supposed plant")
        verbose_name_plural = _("supposed plants")
        ordering = ["plan", "pk"]

    def __str__(self) -> str:
        return self.name


class SupposedFlow(models.Model):
    """
    What a supposed plant would give or need; what is not stated is not known.

    It reads like a declared flow, as far as plans look at one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(
        SupposedSite, models.CASCADE, related_name="flows", verbose_name=_("plant")
    )
    name = models.CharField(_("name"), max_length=200)
    direction = models.CharField(
        _("direction"), max_length=6, choices=ResourceFlow.Direction.choices
    )
    resource_type = models.ForeignKey(
        ResourceType, models.CASCADE, related_name="+", verbose_name=_("resource type")
    )
    quantity_per_year = models.FloatField(_("quantity a year"))
    temperature_celsius_min = models.FloatField(_("temperature from [°C]"), null=True, blank=True)
    temperature_celsius_max = models.FloatField(_("temperature to [°C]"), null=True, blank=True)
    cost_eur_per_unit = models.FloatField(
        _("paid otherwise [EUR per unit]"),
        null=True,
        blank=True,
        help_text=_("An input: for what is replaced; an output: for disposal."),
    )

    # Nobody has stated it.
    precision_level = ResourceFlow.PrecisionLevel.ROUGH
    reserved_per_year = 0.0
    number = 0

    class Meta:
        verbose_name = _("supposed flow")
        verbose_name_plural = _("supposed flows")
        ordering = ["site", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity_per_year__gt=0, quantity_per_year__lte=1e15),
                name="plans_supposedflow_has_a_quantity",
                violation_error_message=_("The quantity must be above 0."),
            ),
            models.CheckConstraint(
                condition=Q(temperature_celsius_min=None)
                | Q(temperature_celsius_max=None)
                | Q(temperature_celsius_min__lte=F("temperature_celsius_max")),
                name="plans_supposedflow_temperatures_are_a_range",
                violation_error_message=_("The lower temperature is above the higher one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def location(self) -> Point:
        return self.site.location

    @property
    def organization(self) -> SupposedSite:
        return self.site

    @property
    def organization_id(self) -> UUID:
        return self.site_id

    def as_declared(self) -> ResourceFlow:
        """Return the flow as if somebody had declared it; not to be saved."""
        owner = Organization(pk=self.site_id, name=self.site.name)
        return ResourceFlow(
            pk=self.pk,
            number=0,
            site=Site(organization=owner, name=self.site.name, location=self.site.location),
            resource_type=self.resource_type,
            direction=self.direction,
            name=self.name,
            amount=round(self.quantity_per_year, 6),
            unit=self.resource_type.unit,
            precision_level=self.precision_level,
            temperature_celsius_min=self.temperature_celsius_min,
            temperature_celsius_max=self.temperature_celsius_max,
            current_cost_per_unit=self.cost_eur_per_unit,
        )


class PlanClosure(models.Model):
    """An organization, a site or a flow that a plan does without."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="closures", verbose_name=_("plan"))
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, related_name="+", verbose_name=_("organization")
    )
    site = models.ForeignKey(
        Site, models.CASCADE, null=True, related_name="+", verbose_name=_("site")
    )
    flow = models.ForeignKey(
        ResourceFlow, models.CASCADE, null=True, related_name="+", verbose_name=_("flow")
    )

    KINDS = ("organization", "site", "flow")

    class Meta:
        verbose_name = _("closure in a plan")
        verbose_name_plural = _("closures in plans")
        ordering = ["plan", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "organization", "site", "flow"],
                nulls_distinct=False,
                name="plans_planclosure_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(organization__isnull=False, site=None, flow=None)
                | Q(organization=None, site__isnull=False, flow=None)
                | Q(organization=None, site=None, flow__isnull=False),
                name="plans_planclosure_is_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.closed)

    @property
    def condition(self) -> Q:
        """Which flows close."""
        if self.flow_id is not None:
            return Q(pk=self.flow_id)
        if self.site_id is not None:
            return Q(site=self.site_id)
        return Q(organization=self.organization_id)

    @property
    def closed(self) -> Organization | Site | ResourceFlow:
        """What closes."""
        return self.organization or self.site or self.flow  # type: ignore[return-value]  # has one
