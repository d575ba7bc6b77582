"""What an organization can make of a resource."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models.flow import LARGEST_COST, LARGEST_QUANTITY
from organizations.models.organization import Visibility
from organizations.models.resource_type import ResourceType
from organizations.models.site import Site
from organizations.querysets import ConversionQuerySet

LEAST_AMOUNT, LARGEST_YIELD = 1e-9, 1e6


class Conversion(models.Model):
    """
    A process at a site that makes one resource of another, and takes in more of it.

    Amounts are in the canonical units of the two types. A conversion needs no flow of its own: it
    is found when others have what it takes and need what it makes.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(
        Site, models.CASCADE, related_name="conversions", verbose_name=_("site")
    )
    name = models.CharField(_("name"), max_length=200)
    from_type = models.ForeignKey(
        ResourceType, models.PROTECT, related_name="+", verbose_name=_("takes")
    )
    to_type = models.ForeignKey(
        ResourceType, models.PROTECT, related_name="+", verbose_name=_("makes")
    )
    yield_per_unit = models.FloatField(
        _("yield [units made per unit taken]"),
        validators=[
            MinValueValidator(LEAST_AMOUNT, _("The yield must be above 0.")),
            MaxValueValidator(LARGEST_YIELD, _("The yield must be at most 10⁶; check the units.")),
        ],
    )
    capacity_per_year = models.FloatField(
        _("capacity [units taken per year]"),
        validators=[
            MinValueValidator(LEAST_AMOUNT, _("The capacity must be above 0.")),
            MaxValueValidator(
                LARGEST_QUANTITY, _("The capacity must be at most 10¹⁵; check the units.")
            ),
        ],
    )
    cost_eur_per_unit = models.DecimalField(
        _("cost [EUR per unit taken]"),
        max_digits=14,
        decimal_places=4,
        default=Decimal(0),
        validators=[
            MinValueValidator(0, _("The cost must not be below 0.")),
            MaxValueValidator(LARGEST_COST, _("The cost must be at most 10⁹.")),
        ],
    )
    source = models.CharField(
        _("source of the yield"),
        max_length=300,
        help_text=_("A measurement of your own, a data sheet, a publication."),
    )
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ConversionQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversion")
        verbose_name_plural = _("conversions")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_type=F("to_type")),
                name="organizations_conversion_makes_something_else",
                violation_error_message=_("What is made must differ from what is taken."),
            ),
            models.CheckConstraint(
                condition=Q(yield_per_unit__gt=0, yield_per_unit__lte=LARGEST_YIELD),
                name="organizations_conversion_yield_is_plausible",
                violation_error_message=_("The yield must be above 0."),
            ),
            models.CheckConstraint(
                condition=Q(capacity_per_year__gt=0, capacity_per_year__lte=LARGEST_QUANTITY),
                name="organizations_conversion_capacity_is_plausible",
                violation_error_message=_("The capacity must be above 0."),
            ),
            models.CheckConstraint(
                condition=Q(cost_eur_per_unit__gte=0, cost_eur_per_unit__lte=LARGEST_COST),
                name="organizations_conversion_cost_is_plausible",
                violation_error_message=_("The cost must not be below 0."),
            ),
            models.CheckConstraint(
                condition=~Q(source=""),
                name="organizations_conversion_has_a_source",
                violation_error_message=_("Say where the yield comes from."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Tell at the field what would be told about the whole row."""
        for name in ("from_type", "to_type"):
            if getattr(self, f"{name}_id") and getattr(self, name).is_group:
                message = _("“%s” is a group; choose one of its types.") % getattr(self, name)
                raise ValidationError({name: message})
        if self.from_type_id and self.from_type_id == self.to_type_id:
            raise ValidationError({"to_type": _("What is made must differ from what is taken.")})
