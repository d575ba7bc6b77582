"""What can be exchanged, and what it is worth."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from organizations.querysets import ResourceTypeQuerySet


class TransportMode(models.TextChoices):
    PIPE = "pipe", _("Pipe")
    TRUCK = "truck", _("Truck")
    RAIL = "rail", _("Rail")
    GRID = "grid", _("Grid")
    PICKUP = "pickup", _("Pick-up by the taker")


class ResourceType(models.Model):
    """A node of the tree of resources; its code spells its ancestors: `heat.steam`."""

    class Family(models.TextChoices):
        ENERGY = "energy", _("Energy")
        WATER = "water", _("Water")
        GAS = "gas", _("Gases")
        MINERAL = "mineral", _("Minerals")
        METAL = "metal", _("Metals")
        ORGANIC = "organic", _("Organic")
        POLYMER = "polymer", _("Polymers")
        WOOD_PAPER = "wood_paper", _("Wood and paper")
        CHEMICAL = "chemical", _("Chemicals")
        CAPACITY = "capacity", _("Capacity and services")

    class TemperatureRule(models.TextChoices):
        AT_LEAST = "at_least", _("Hot enough: the input's minimum counts")
        AT_MOST = "at_most", _("Cold enough: the input's maximum counts")
        WINDOW = "window", _("Within the input's range")

    id = models.SmallAutoField(primary_key=True)
    code = models.CharField(
        _("code"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")],
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent"),
    )
    family = models.CharField(_("family"), max_length=12, choices=Family.choices)
    is_group = models.BooleanField(
        _("group"), default=False, help_text=_("Groups others; no flow is of this type itself.")
    )
    name = models.CharField(_("name"), max_length=100)
    name_ru = models.CharField(_("name in Russian"), max_length=100, blank=True)
    name_tt = models.CharField(_("name in Tatar"), max_length=100, blank=True)
    description = models.TextField(_("description"), blank=True)
    unit = models.CharField(_("canonical unit"), max_length=10, blank=True)
    transport = models.CharField(
        _("transport"), max_length=10, choices=TransportMode.choices, default=TransportMode.TRUCK
    )
    max_distance_km = models.FloatField(
        _("largest distance [km]"), validators=[MinValueValidator(0.001)]
    )
    temperature_rule = models.CharField(
        _("temperature rule"),
        max_length=10,
        choices=TemperatureRule.choices,
        default=TemperatureRule.WINDOW,
    )
    waste_codes = ArrayField(
        models.CharField(max_length=6, validators=[RegexValidator(r"^\d{6}$")]),
        verbose_name=_("List of Waste codes"),
        default=list,
        blank=True,
    )
    replaced_product = models.CharField(_("replaced product"), max_length=150, blank=True)
    price_eur_per_unit = models.DecimalField(
        _("price of the replaced product [EUR/unit]"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
    )
    price_source = models.CharField(_("source of the price"), max_length=300, blank=True)
    price_is_estimate = models.BooleanField(_("the price is an estimate"), default=False)
    co2_t_per_unit = models.FloatField(
        _("emission factor of the replaced product [t CO2e/unit]"), null=True, blank=True
    )
    co2_source = models.CharField(_("source of the emission factor"), max_length=300, blank=True)
    co2_is_estimate = models.BooleanField(_("the emission factor is an estimate"), default=False)
    tonnes_per_unit = models.FloatField(_("mass [t/unit]"), null=True, blank=True)
    pipe_mw_per_unit_per_hour = models.FloatField(
        _("equivalent heat pipe [MW per unit/h]"), null=True, blank=True
    )

    objects = ResourceTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("resource type")
        verbose_name_plural = _("resource types")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_group=True) | ~Q(unit=""),
                name="organizations_resourcetype_has_a_unit",
                violation_error_message=_("Only a group has no unit."),
            ),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")),
                name="organizations_resourcetype_is_not_its_own_parent",
            ),
            models.CheckConstraint(
                condition=Q(max_distance_km__gt=0),
                name="organizations_resourcetype_distance_is_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        language = (get_language() or "en").split("-")[0]
        return {"ru": self.name_ru, "tt": self.name_tt}.get(language) or self.name


class CurrencyRate(models.Model):
    """What one unit of a currency is worth in euro; prices are compared in euro."""

    code = models.CharField(
        _("currency"),
        max_length=3,
        primary_key=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", _("Enter an ISO 4217 code such as DKK."))],
    )
    eur_per_unit = models.DecimalField(_("euro per unit"), max_digits=18, decimal_places=9)
    as_of_date = models.DateField(_("as of"))
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("currency rate")
        verbose_name_plural = _("currency rates")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(eur_per_unit__gt=0),
                name="organizations_currencyrate_is_positive",
                violation_error_message=_("The rate must be above 0."),
            ),
        ]

    def __str__(self) -> str:
        return self.code
