"""Plans: what is asked for, how far it has got, and what comes out."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organizations.ids import new_id
from organizations.models import Organization, ResourceFlow, ResourceType
from organizations.models.box import box_constraint
from plans.models.area import area_constraints, size_of
from plans.querysets import PlanQuerySet
from plans.readers import readers_of
from turash.figures import figure

MOST_CITIES = 50
LONGEST_LIMIT_S = 300
LEAST_SAMPLES, MOST_SAMPLES = 10, 100
SAMPLES_ARE_TOO_FEW = _("Give 10 to 100 samples, or 0 for none.")


class Objective(models.TextChoices):
    VALUE = "value", _("Net savings [EUR a year]")
    CO2 = "co2", _("Avoided CO2 [t a year]")
    MIX = "mix", _("Net savings, and avoided CO2 at a price [EUR a year]")


class Plan(models.Model):
    """
    The set of exchanges of a region that together are worth most.

    Of all organizations, or of one: then of the matches that it sees.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    UNFINISHED = (Status.QUEUED, Status.RUNNING)
    # What makes a scenario; the others say what has become of it.
    PARAMETERS = (
        "west", "south", "east", "north", "area", "cities", "resource_type", "objective",
        "co2_price_eur_per_t", "energy_price_pct", "max_distance_km", "min_share_pct", "budget_eur",
        "has_fixed_costs", "shares_trenches", "is_blended", "sample_count", "time_limit_s",
    )  # fmt: skip

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=100)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="plans",
        verbose_name=_("organization"),
        help_text=_("Empty: all organizations."),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    scenario_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="scenarios",
        verbose_name=_("scenario of"),
    )
    # Both flows of an exchange lie in the region: a box of meridians and parallels, which crosses
    # the 180th where it ends west of its begin, an area, some cities, or what these have in common.
    west = models.FloatField(_("west [°]"), null=True, blank=True)
    south = models.FloatField(_("south [°]"), null=True, blank=True)
    east = models.FloatField(_("east [°]"), null=True, blank=True)
    north = models.FloatField(_("north [°]"), null=True, blank=True)
    # Its edges are the shortest lines between its corners.
    area = models.MultiPolygonField(_("area"), geography=True, null=True, blank=True)
    cities = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("cities"),
        default=list,
        blank=True,
        size=MOST_CITIES,
    )
    resource_type = models.ForeignKey(
        ResourceType,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("resource type"),
    )
    objective = models.CharField(
        _("what counts"), max_length=5, choices=Objective.choices, default=Objective.VALUE
    )
    co2_price_eur_per_t = models.FloatField(
        _("price of CO2 [EUR/t]"), default=100.0, help_text=_("Counts in the mix.")
    )
    energy_price_pct = models.FloatField(
        _("prices of energy and gases, in percent of today's"), default=100.0
    )
    max_distance_km = models.FloatField(_("largest distance [km]"), null=True, blank=True)
    min_share_pct = models.FloatField(
        _("smallest exchange, in percent of what the pair could"), default=0.0
    )
    budget_eur = models.DecimalField(
        _("budget for investment [EUR]"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    has_fixed_costs = models.BooleanField(
        _("pipes cost as a whole"),
        default=True,
        help_text=_("Else in proportion to the quantity, which is quicker to solve."),
    )
    shares_trenches = models.BooleanField(_("pipes share trenches"), default=True)
    is_blended = models.BooleanField(
        _("what is too dirty alone may be mixed"),
        default=False,
        help_text=_(
            "Where contaminants are stated an input takes any mix within its limits; the rest of "
            "what it needs is clean."
        ),
    )
    sample_count = models.PositiveSmallIntegerField(
        _("samples of uncertain amounts"),
        default=0,
        help_text=_("0: amounts are as stated. Else what holds best over so many is chosen."),
    )
    time_limit_s = models.PositiveSmallIntegerField(_("time for each part [s]"), default=20)

    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    done_count = models.PositiveIntegerField(_("exchanges looked at"), default=0)
    total_count = models.PositiveIntegerField(_("exchanges to look at"), default=0)
    plan_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    # In units of the objective: what the choice is worth, and what none can exceed.
    value = models.FloatField(_("value"), null=True, blank=True)
    bound = models.FloatField(_("no plan is worth more than"), null=True, blank=True)
    budget_price = models.FloatField(_("value of one more euro of budget"), null=True, blank=True)
    # Of uncertain amounts: over how many samples, on average, at worst (the mean of the worst 5 %),
    # and what no plan is expected to exceed.
    sampled_count = models.PositiveSmallIntegerField(_("samples"), null=True, blank=True)
    expected_value = models.FloatField(_("value on average"), null=True, blank=True)
    worst_value = models.FloatField(_("value in the worst 5 %"), null=True, blank=True)
    expected_bound = models.FloatField(
        _("no plan is expected to be worth more than"), null=True, blank=True
    )
    exchange_count = models.PositiveIntegerField(_("exchanges"), null=True, blank=True)
    savings_eur_per_year = models.FloatField(_("savings [EUR/a]"), null=True, blank=True)
    co2_avoided_t_per_year = models.FloatField(_("avoided CO2 [t/a]"), null=True, blank=True)
    investment_eur = models.FloatField(_("investment [EUR]"), null=True, blank=True)
    trench_saving_eur_per_year = models.FloatField(
        _("saved by shared trenches [EUR/a]"), null=True, blank=True
    )

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("exchange plan")
        verbose_name_plural = _("exchange plans")
        ordering = ["-created_at", "pk"]
        constraints = [
            box_constraint("plans_plan_box_is_one"),
            *area_constraints("plans_plan"),
            models.CheckConstraint(
                condition=Q(sample_count=0)
                | Q(sample_count__gte=LEAST_SAMPLES, sample_count__lte=MOST_SAMPLES),
                name="plans_plan_samples_are_enough",
                violation_error_message=SAMPLES_ARE_TOO_FEW,
            ),
            models.CheckConstraint(
                condition=Q(co2_price_eur_per_t__gte=0, co2_price_eur_per_t__lte=100_000),
                name="plans_plan_co2_price_is_plausible",
                violation_error_message=_("The price of CO2 must lie between 0 and 100,000 EUR/t."),
            ),
            models.CheckConstraint(
                condition=Q(energy_price_pct__gte=0, energy_price_pct__lte=1000),
                name="plans_plan_energy_price_is_plausible",
                violation_error_message=_("The prices of energy must lie between 0 and 1,000 %."),
            ),
            models.CheckConstraint(
                condition=Q(min_share_pct__gte=0, min_share_pct__lte=100),
                name="plans_plan_smallest_exchange_is_a_share",
                violation_error_message=_("The smallest exchange must lie between 0 and 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(max_distance_km=None)
                | Q(max_distance_km__gt=0, max_distance_km__lte=20_040),
                name="plans_plan_distance_is_on_earth",
                violation_error_message=_(
                    "The largest distance must be above 0 and at most 20,040 km."
                ),
            ),
            models.CheckConstraint(
                condition=Q(budget_eur=None) | Q(budget_eur__gte=0),
                name="plans_plan_budget_is_not_negative",
                violation_error_message=_("The budget cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(time_limit_s__gte=1, time_limit_s__lte=LONGEST_LIMIT_S),
                name="plans_plan_time_limit_is_plausible",
                violation_error_message=_("The time for a part must lie between 1 and 300 s."),
            ),
            models.CheckConstraint(
                condition=Q(objective__in=Objective.values), name="plans_plan_objective_is_known"
            ),
            models.CheckConstraint(
                condition=Q(done_count__lte=F("total_count")),
                name="plans_plan_does_no_more_than_all",
            ),
        ]
        indexes = [models.Index(fields=["organization", "-created_at"], name="plans_of_org")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        # The constraint says the same, but not of which field.
        if self.sample_count and not LEAST_SAMPLES <= self.sample_count <= MOST_SAMPLES:
            raise ValidationError({"sample_count": SAMPLES_ARE_TOO_FEW})

    @property
    def readers(self) -> Any:
        """With whose eyes it looks, to be taken for a user; see `readers_of`."""
        return readers_of(self.organization)

    @property
    def is_unfinished(self) -> bool:
        return self.status in self.UNFINISHED

    @property
    def is_finished(self) -> bool:
        return self.status == self.Status.FINISHED

    @property
    def bbox(self) -> tuple[float, ...] | None:
        """West, south, east, north in degrees."""
        box = (self.west, self.south, self.east, self.north)
        return None if self.west is None else box  # type: ignore[return-value]

    @property
    def region(self) -> str:
        """Where its exchanges lie, in the reader's language."""
        parts = [", ".join(self.cities)] if self.cities else []
        if self.bbox is not None:
            parts.append(", ".join(f"{degrees:g}°" for degrees in self.bbox))
        if self.area is not None:
            parts.append(gettext("an area of %s km²") % figure(size_of(self.area)))
        return "; ".join(parts) or gettext("everywhere")

    @property
    def gap(self) -> float | None:
        """The share of the bound by which the value may fall short of the best, 0 to 1."""
        if self.value is None or self.bound is None:
            return None
        return max(0.0, self.bound - self.value) / max(abs(self.bound), 1e-12)

    @property
    def unit(self) -> str:
        """What value, bound and prices are counted in."""
        return "t" if self.objective == Objective.CO2 else "EUR"

    def flows(self) -> Any:
        """Return the active flows of the region, as a QuerySet."""
        flows = ResourceFlow.objects.active()
        if self.bbox is not None:
            flows = flows.in_bbox(*self.bbox)
        if self.area is not None:
            flows = flows.filter(location__coveredby=self.area)
        if self.cities:
            flows = flows.filter(site__city__in=self.cities)
        for closure in self.closures.all():
            flows = flows.exclude(closure.condition)
        return flows

    def shares(self) -> Any:
        """Return what each organization has of each part, as a QuerySet."""
        return apps.get_model("plans", "PlanShare").objects.filter(part__plan=self)

    def parameters(self) -> dict[str, Any]:
        """Return what was asked for, by name."""
        return {name: getattr(self, name) for name in self.PARAMETERS}
