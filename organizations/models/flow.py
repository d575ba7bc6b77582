"""What leaves a site, and what a site needs."""

from collections.abc import Collection
from typing import cast

from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.hours import HoursOfWeek, HoursOfWeekField
from organizations.ids import new_id
from organizations.models.organization import Organization, Visibility
from organizations.models.resource_type import CurrencyRate, ResourceType, TransportMode
from organizations.models.site import Site
from organizations.models.trigrams import trigrams
from organizations.querysets import ON_PLANE, ResourceFlowQuerySet

ALL_MONTHS = list(range(1, 13))
# The sequence that numbers flows.
NUMBERS = "organizations_resourceflow_number"
LARGEST_AMOUNT = 10**12
LARGEST_QUANTITY = 1e15
LARGEST_COST = 10**9


def all_months() -> list[int]:
    return list(ALL_MONTHS)


def _is_range(low: str, high: str) -> Q:
    return Q(**{low: None}) | Q(**{high: None}) | Q(**{f"{low}__lte": F(high)})


def _is_within(name: str, lowest: float, highest: float) -> Q:
    return Q(**{name: None}) | Q(**{f"{name}__gte": lowest, f"{name}__lte": highest})


# Range columns of a flow's quality with the limits of what is physically possible.
QUALITY_RANGES = {
    "temperature_celsius": (-273.15, 3000.0),
    "pressure_bar": (0.0, 1000.0),
    "purity_pct": (0.0, 100.0),
    "moisture_pct": (0.0, 100.0),
    "ph": (0.0, 14.0),
}


class ResourceFlow(models.Model):
    """
    An output that leaves a site, or an input that a site needs.

    The quality columns state what an output is, and bound what an input accepts. Amounts are kept
    as declared (`amount`, `unit`, `per`) and in the type's canonical unit per year.
    """

    class Direction(models.TextChoices):
        INPUT = "input", _("Input")
        OUTPUT = "output", _("Output")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        ARCHIVED = "archived", _("Archived")

    class PrecisionLevel(models.TextChoices):
        MEASURED = "measured", _("Measured")
        ESTIMATED = "estimated", _("Estimated")
        ROUGH = "rough", _("Rough")

    class Per(models.TextChoices):
        HOUR = "hour", _("hour")
        DAY = "day", _("day")
        WEEK = "week", _("week")
        MONTH = "month", _("month")
        YEAR = "year", _("year")

    class Pattern(models.TextChoices):
        CONTINUOUS = "continuous", _("Continuous")
        BATCH = "batch", _("Batch")
        SEASONAL = "seasonal", _("Seasonal")
        ON_DEMAND = "on_demand", _("On demand")
        ONE_OFF = "one_off", _("One-off")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Half as long as an id: lists of partners hold it by the million.
    number = models.BigIntegerField(
        unique=True, editable=False, db_default=Func(Value(NUMBERS), function="nextval")
    )
    site = models.ForeignKey(
        Site, models.RESTRICT, related_name="resource_flows", verbose_name=_("site")
    )
    # These two follow the site, by a database trigger: the engine reads them without a join.
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        related_name="resource_flows",
        verbose_name=_("organization"),
        editable=False,
    )
    location = models.PointField(_("location"), geography=True, srid=4326, editable=False)
    resource_type = models.ForeignKey(
        ResourceType,
        models.PROTECT,
        related_name="resource_flows",
        verbose_name=_("resource type"),
    )
    direction = models.CharField(_("direction"), max_length=6, choices=Direction.choices)
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(
        _("description"), blank=True, validators=[MaxLengthValidator(5000)]
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE
    )
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC
    )

    amount = models.DecimalField(_("amount"), max_digits=20, decimal_places=6)
    min_amount = models.DecimalField(
        _("smallest amount worth an exchange"),
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
    )
    unit = models.CharField(_("unit"), max_length=20)
    per = models.CharField(_("per"), max_length=5, choices=Per.choices, default=Per.YEAR)
    precision_level = models.CharField(
        _("precision"),
        max_length=10,
        choices=PrecisionLevel.choices,
        default=PrecisionLevel.ESTIMATED,
    )
    # Canonical units in one declared unit; quantities and prices are converted with it.
    unit_factor = models.FloatField(_("canonical units per unit"), editable=False)
    quantity_per_year = models.FloatField(_("canonical units per year"), editable=False)
    min_quantity_per_year = models.FloatField(
        _("smallest canonical units per year"), default=0, editable=False
    )
    # What is under contract; the rest is what can be matched. Kept by `services.set_reserved`.
    reserved_per_year = models.FloatField(
        _("canonical units per year under contract"), default=0, db_default=0.0, editable=False
    )

    temperature_celsius_min = models.FloatField(_("lowest temperature [°C]"), null=True, blank=True)
    temperature_celsius_max = models.FloatField(
        _("highest temperature [°C]"), null=True, blank=True
    )
    pressure_bar_min = models.FloatField(_("lowest pressure [bar]"), null=True, blank=True)
    pressure_bar_max = models.FloatField(_("highest pressure [bar]"), null=True, blank=True)
    purity_pct_min = models.FloatField(_("lowest purity [%]"), null=True, blank=True)
    purity_pct_max = models.FloatField(_("highest purity [%]"), null=True, blank=True)
    moisture_pct_min = models.FloatField(_("lowest moisture [%]"), null=True, blank=True)
    moisture_pct_max = models.FloatField(_("highest moisture [%]"), null=True, blank=True)
    ph_min = models.FloatField(_("lowest pH"), null=True, blank=True)
    ph_max = models.FloatField(_("highest pH"), null=True, blank=True)
    hazardous = models.BooleanField(
        _("hazardous"),
        default=False,
        help_text=_("An output is hazardous; an input accepts hazardous waste."),
    )
    waste_code = models.CharField(
        _("List of Waste code"),
        max_length=6,
        blank=True,
        validators=[RegexValidator(r"^\d{6}$", _("Enter the six digits of a List of Waste code."))],
    )

    pattern = models.CharField(
        _("pattern"), max_length=10, choices=Pattern.choices, default=Pattern.CONTINUOUS
    )
    hours_of_week = HoursOfWeekField(_("hours of the week"), default=HoursOfWeek.all)
    months = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("months"),
        default=all_months,
        size=12,
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    price_per_unit = models.DecimalField(
        _("price per unit"), max_digits=14, decimal_places=4, null=True, blank=True
    )
    currency = models.ForeignKey(
        CurrencyRate, models.PROTECT, default="EUR", verbose_name=_("currency"), related_name="+"
    )
    current_cost_per_unit = models.DecimalField(
        _("cost per unit today"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text=_(
            "Input: paid today for what the flow would replace. Output: paid today for disposal."
        ),
    )

    methods = ArrayField(
        models.CharField(max_length=10, choices=TransportMode.choices),
        verbose_name=_("ways of transport"),
        default=list,
        blank=True,
        size=5,
    )
    max_distance_km = models.FloatField(_("largest distance [km]"), null=True, blank=True)
    storage_days = models.FloatField(_("storage [days]"), null=True, blank=True)

    source = models.CharField(_("source of the record"), max_length=30, blank=True)
    external_id = models.CharField(_("id at the source"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ResourceFlowQuerySet.as_manager()

    # Not so in the copies that organizations.disclosure makes for who may not see more.
    figures_are_exact = True

    class Meta:
        verbose_name = _("resource flow")
        verbose_name_plural = _("resource flows")
        ordering = ["-created_at", "-pk"]
        indexes = [
            GistIndex(
                fields=["resource_type", "location"],
                condition=Q(status="active", direction=direction),
                name=f"organizations_active_{direction}s",
            )
            for direction in ("input", "output")
        ] + [
            GistIndex(fields=["location"], name="organizations_flow_location"),
            GistIndex(ON_PLANE, name="organizations_flow_on_plane"),
            models.Index(fields=["organization", "-created_at"], name="organizations_flow_of_org"),
            models.Index(fields=["-created_at", "-id"], name="organizations_flow_newest"),
            trigrams("name", name="organizations_flow_name_parts"),
            models.Index(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="organizations_flow_external_id",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"],
                condition=~Q(source=""),
                name="organizations_resourceflow_is_unique_at_its_source",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=LARGEST_AMOUNT),
                name="organizations_resourceflow_amount_is_positive",
                violation_error_message=_("The amount must be above 0 and at most 10¹²."),
            ),
            models.CheckConstraint(
                condition=Q(quantity_per_year__gt=0, quantity_per_year__lte=LARGEST_QUANTITY),
                name="organizations_resourceflow_quantity_is_plausible",
                violation_error_message=_(
                    "The amount is too small or too large for a year; check the unit."
                ),
            ),
            models.CheckConstraint(
                condition=Q(
                    reserved_per_year__gte=0, reserved_per_year__lte=F("quantity_per_year")
                ),
                name="organizations_resourceflow_reserves_what_there_is",
                violation_error_message=_("More of the flow is under contract than that."),
            ),
            models.CheckConstraint(
                condition=Q(min_amount=None) | Q(min_amount__gte=0, min_amount__lte=F("amount")),
                name="organizations_resourceflow_min_amount_fits",
                violation_error_message=_("The smallest amount must lie between 0 and the amount."),
            ),
            models.CheckConstraint(
                condition=(
                    (
                        Q(price_per_unit=None)
                        | Q(price_per_unit__gte=-LARGEST_COST, price_per_unit__lte=LARGEST_COST)
                    )
                    & (
                        Q(current_cost_per_unit=None)
                        | Q(current_cost_per_unit__gte=0, current_cost_per_unit__lte=LARGEST_COST)
                    )
                ),
                name="organizations_resourceflow_costs_are_plausible",
                violation_error_message=_(
                    "What is paid today must lie between 0 and 10⁹, a price between -10⁹ and 10⁹."
                ),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_from__lte=F("valid_to")),
                name="organizations_resourceflow_validity_is_a_period",
                violation_error_message=_("The validity must end after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(months__len__gte=1) & Q(months__contained_by=ALL_MONTHS),
                name="organizations_resourceflow_months_exist",
                violation_error_message=_("Choose months between 1 and 12."),
            ),
            models.CheckConstraint(
                condition=Q(max_distance_km=None)
                | Q(max_distance_km__gt=0, max_distance_km__lte=20_040),
                name="organizations_resourceflow_distance_is_on_earth",
                violation_error_message=_(
                    "The largest distance must be above 0 and at most 20,040 km."
                ),
            ),
            models.CheckConstraint(
                condition=Q(storage_days=None) | Q(storage_days__gte=0, storage_days__lte=3660),
                name="organizations_resourceflow_storage_is_plausible",
                violation_error_message=_("Storage must be between 0 and 3,660 days."),
            ),
        ] + [
            models.CheckConstraint(
                condition=_is_range(f"{name}_min", f"{name}_max")
                & _is_within(f"{name}_min", *limits)
                & _is_within(f"{name}_max", *limits),
                name=f"organizations_resourceflow_{name}_is_a_range",
                violation_error_message=_(
                    "The lowest value must not be above the highest, and both must be possible."
                ),
            )
            for name, limits in QUALITY_RANGES.items()
        ]

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        # To look for the next number among those given would take one for every row looked at.
        super().validate_unique({"number", *(exclude or ())})

    def __str__(self) -> str:
        return self.name

    @property
    def hours(self) -> HoursOfWeek:
        """The hours of the week in which the flow runs."""
        return cast("HoursOfWeek", self.hours_of_week)

    @property
    def available_per_year(self) -> float:
        """What is not under contract [canonical units per year]."""
        return self.quantity_per_year - self.reserved_per_year


class FlowContaminant(models.Model):
    """How much of a substance an output holds, or an input accepts at most."""

    flow = models.ForeignKey(ResourceFlow, models.CASCADE, related_name="contaminants")
    substance = models.CharField(
        _("substance"),
        max_length=40,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9_\-]*$",
                _("Use lower-case letters, digits, - and _, such as cd or pcb_28."),
            )
        ],
    )
    mg_per_kg = models.FloatField(_("content [mg/kg]"))

    class Meta:
        verbose_name = _("contaminant")
        verbose_name_plural = _("contaminants")
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "substance"], name="organizations_flowcontaminant_is_unique"
            ),
            models.CheckConstraint(
                condition=Q(mg_per_kg__gte=0, mg_per_kg__lte=1_000_000),
                name="organizations_flowcontaminant_is_a_share",
                violation_error_message=_("The content must be between 0 and 1,000,000 mg/kg."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substance}: {self.mg_per_kg:g} mg/kg"
