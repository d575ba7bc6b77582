"""Reads of plans and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Count, F, Prefetch, Q, Sum, When
from django.db.models.functions import Coalesce, Sqrt
from django.db.models.lookups import Exact

from organizations.models import ResourceFlow

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser


def _if_known(total: Any) -> Case:
    unknown = Count("pk", filter=Q(shapley=None))
    return Case(When(Exact(unknown, 0), then=total), output_field=models.FloatField())


class PlanQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Plans of the viewer's organizations; facilitators see all."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        if viewer.is_facilitator:
            return self
        return self.filter(organization__in=viewer.organizations.values("pk"))

    def unfinished(self) -> Self:
        """Plans that wait or are worked on."""
        return self.filter(status__in=self.model.UNFINISHED)

    def for_display(self) -> Self:
        """With all that a list or page says of a plan itself."""
        return self.select_related("organization", "requested_by", "resource_type", "scenario_of")


class PlanPartQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Parts that are still to be done."""
        return self.filter(status__in=self.model.OPEN)


class PlannedExchangeQuerySet(models.QuerySet):
    def chosen(self) -> Self:
        """Those that the plan realises, and those that are under contract already."""
        return self.filter(quantity_per_year__gt=0)

    def proposable_by(self, organization_ids: Any) -> Self:
        """Those that one of these organizations can propose to the other side."""
        own = Q(declared_output__organization__in=organization_ids)
        own |= Q(declared_input__organization__in=organization_ids)
        # Nobody is there to answer for a plant that is only supposed.
        return self.chosen().filter(
            own,
            is_contracted=False,
            is_mixed=False,
            declared_output__isnull=False,
            declared_input__isnull=False,
        )

    def of_contracts(self) -> models.QuerySet:
        """What is under contract: sums for each two organizations, a dict each."""
        sides = [f"declared_{side}__organization" for side in ("output", "input")]
        return (
            self.filter(is_contracted=True)
            .order_by(*sides)
            .values(*sides, *(f"{side}__name" for side in sides))
            .annotate(
                disposal=Sum("avoided_disposal_eur_per_year"),
                purchase=Sum("avoided_purchase_eur_per_year"),
                investment=Sum("investment_eur"),
            )
        )

    def best_first(self) -> Self:
        """Under contract first, then by what they save."""
        return self.order_by("-is_contracted", "-savings_eur_per_year", "pk")

    def for_display(self) -> Self:
        """With both flows, their types, sites and organizations."""
        flows = ResourceFlow.objects.select_related("resource_type", "organization", "site")
        supposed = apps.get_model("plans", "SupposedFlow").objects.select_related(
            "resource_type", "site"
        )
        return self.prefetch_related(
            *(Prefetch(f"declared_{side}", flows) for side in ("output", "input")),
            *(Prefetch(f"supposed_{side}", supposed) for side in ("output", "input")),
        )


class PlannedFlowQuerySet(models.QuerySet):
    def outputs(self) -> Self:
        return self._of("output")

    def inputs(self) -> Self:
        return self._of("input")

    def _of(self, direction: str) -> Self:
        return self.filter(
            Q(declared_flow__direction=direction) | Q(supposed_flow__direction=direction)
        )

    def of_organizations(self, organization_ids: Any) -> Self:
        return self.filter(declared_flow__organization__in=organization_ids)

    def with_left(self) -> Self:
        """Annotate `left_per_year`: what of it nobody takes, or gives."""
        return self.annotate(left_per_year=F("available_per_year") - F("used_per_year"))

    def for_display(self) -> Self:
        """With the flow, its type, site and organization; the dearest first."""
        return (
            self.with_left()
            .select_related(
                "declared_flow__resource_type",
                "declared_flow__organization",
                "declared_flow__site",
                "supposed_flow__resource_type",
                "supposed_flow__site",
            )
            .order_by("-price", "-used_per_year", "pk")
        )


class PlanShareQuerySet(models.QuerySet):
    def by_organization(self) -> models.QuerySet:
        """Sums over the parts of a plan, a dict for each organization, who gains most first."""
        return (
            self.order_by()
            .values(
                "organization",
                "supposed_site",
                name=Coalesce("organization__name", "supposed_site__name"),
            )
            .annotate(
                avoided_eur_per_year=Sum("avoided_eur"),
                invested_eur=Sum("investment_eur"),
                proportional_gain=Sum("proportional"),
                # Unknown in one part, unknown as a whole.
                fair_gain=_if_known(Sum("shapley")),
                standard_error=_if_known(Sqrt(Sum("variance"))),
            )
            .order_by("-proportional_gain", "organization", "supposed_site")
        )
