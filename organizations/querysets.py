"""Reads of users, organizations, sites, resource types and flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.db.models import PointField
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from organizations.models import User

    Viewer = User | AnonymousUser

MANAGING_ROLES = ("owner", "manager")
EDITING_ROLES = (*MANAGING_ROLES, "member")


class UserManager(BaseUserManager):
    """Users are found by e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


def _visible(viewer: Viewer, *visibilities: str, organization: str, others: Q | None = None) -> Q:
    """
    What a viewer may see of an organization's rows with a visibility, or with several.

    Of other organizations the rows that keep a condition more.
    """
    if isinstance(viewer, AnonymousUser):
        own, seen = [], ["public"]
    else:
        # Read before: a planner that knows them finds the rows faster.
        own = list(viewer.organizations.order_by().values_list("pk", flat=True))
        seen = ["public", "network"] if own else ["public"]
    shown = Q(*((f"{name}__in", seen) for name in visibilities)) & (others or Q())
    return Q(**{f"{organization}__in": own}) | shown if own else shown


def audiences(viewer: Viewer) -> list[str]:
    """Return the visibilities of rows of others that a viewer sees; the same rule by its result."""
    if isinstance(viewer, AnonymousUser):
        return ["public"]
    if viewer.is_facilitator:
        return ["public", "network", "private"]
    return ["public", "network"] if viewer.organizations.exists() else ["public"]


def meridians(west: float, east: float) -> list[tuple[float, float]]:
    """Return the span from west to east [degrees], in two parts where it crosses the 180th."""
    return [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]


class OrganizationQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Public ones, the viewer's own, and for members of any organization the network's."""
        if not isinstance(viewer, AnonymousUser) and viewer.is_facilitator:
            return self
        return self.filter(_visible(viewer, "visibility", organization="pk"))

    def of_member(self, viewer: Viewer, *, roles: tuple[str, ...] | None = None) -> Self:
        """Organizations in which the viewer has a role, or one of these roles."""
        if isinstance(viewer, AnonymousUser):
            return self.none()
        memberships = viewer.memberships.filter(organization=OuterRef("pk"))
        if roles is not None:
            memberships = memberships.filter(role__in=roles)
        return self.filter(Exists(memberships))

    def managed_by(self, viewer: Viewer) -> Self:
        """Organizations the viewer acts for: as owner or manager."""
        return self.of_member(viewer, roles=MANAGING_ROLES)

    def editable_by(self, viewer: Viewer) -> Self:
        """Organizations whose sites and flows the viewer edits."""
        return self.of_member(viewer, roles=EDITING_ROLES)

    def search(self, text: str) -> Self:
        """Names or descriptions that contain the text."""
        return self.filter(Q(name__icontains=text) | Q(description__icontains=text))


# Places by their degrees, as meridians and parallels bound them; there are indexes of this.
ON_PLANE = Cast("location", PointField(srid=4326))


class _PlacedQuerySet(models.QuerySet):
    """Rows with a `location`."""

    def within(self, origin: Point, *, radius_m: float) -> Self:
        """Rows at most `radius_m` metres from `origin` (geodesic); annotates `distance`."""
        return self.filter(location__dwithin=(origin, D(m=radius_m))).annotate(
            distance=Distance("location", origin)
        )

    def nearest_first(self, origin: Point) -> Self:
        """
        Ordered by the distance from `origin`, then by key; for the first few of many.

        Annotates `spherical_m`, the distance [m] on a sphere, which is at most 1 % off: an index
        can walk outwards by it, so that those far away are never looked at.
        """
        point = models.Value(origin, PointField(geography=True))
        return self.annotate(spherical_m=_SphericalDistance("location", point)).order_by(
            "spherical_m", "pk"
        )

    def in_bbox(
        self, west: float, south: float, east: float, north: float, *, is_wide: bool = False
    ) -> Self:
        """
        Rows inside a box of meridians and parallels [degrees].

        The box may cross the 180th meridian (`west` above `east`). Where a good part of all rows
        lies in it, `is_wide` lets the planner know: it looks at one after the other until it has
        enough, instead of collecting all of them first.
        """
        condition = Q()
        for low, high in meridians(west, east):
            box = Polygon.from_bbox((low, south, high, north))
            box.srid = 4326
            # The index knows places to seven digits: it may hold a little more.
            exact = Q(
                longitude__gte=low, longitude__lte=high, latitude__gte=south, latitude__lte=north
            )
            condition |= exact if is_wide else exact & Q(on_plane__bboverlaps=box)
        if is_wide:
            # Of four comparisons the planner would think that they keep one row in a hundred, of
            # this one that it keeps every other.
            condition = Q(
                models.Case(
                    models.When(condition, then=True),
                    default=False,
                    output_field=models.BooleanField(),
                )
            )
        return self.with_coordinates().alias(on_plane=ON_PLANE).filter(condition)

    def with_coordinates(self) -> Self:
        """Annotate `longitude` and `latitude` [degrees]."""
        return self.annotate(
            longitude=_Coordinate("location", function="ST_X"),
            latitude=_Coordinate("location", function="ST_Y"),
        )


class _Coordinate(models.Func):
    """A coordinate of a geography point [degrees]."""

    template = "%(function)s(%(expressions)s::geometry)"
    output_field = models.FloatField()


class _Coarse(models.Func):
    """A positive decimal with one significant digit."""

    template = "round(%(expressions)s, -floor(log(%(expressions)s))::int)::float8"
    output_field = models.FloatField()


class _SphericalDistance(models.Func):
    """PostGIS's operator of nearest neighbours on geography [m]."""

    template = "(%(expressions)s)"
    arg_joiner = " <-> "
    output_field = models.FloatField()


class SiteQuerySet(_PlacedQuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Sites of the organizations the viewer may see."""
        if not isinstance(viewer, AnonymousUser) and viewer.is_facilitator:
            return self
        return self.filter(
            _visible(viewer, "organization__visibility", organization="organization")
        )

    def editable_by(self, viewer: Viewer) -> Self:
        """Sites the viewer may change."""
        return self.filter(organization__in=_edited_by(viewer))


class ConversionQuerySet(models.QuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """Conversions that the viewer may see: as flows, by their own and their owner's."""
        if not isinstance(viewer, AnonymousUser) and viewer.is_facilitator:
            return self
        owner = "site__organization"
        return self.filter(
            _visible(viewer, "visibility", f"{owner}__visibility", organization=owner)
        )

    def within(self, origin: Point, *, radius_m: float) -> Self:
        """Those at most `radius_m` metres from `origin` (geodesic); annotates `distance`."""
        return self.filter(site__location__dwithin=(origin, D(m=radius_m))).annotate(
            distance=Distance("site__location", origin)
        )

    def for_display(self) -> Self:
        """With everything a page or serializer shows of a conversion."""
        return self.select_related("site__organization", "from_type", "to_type")


class QualityFindingQuerySet(models.QuerySet):
    def open(self) -> Self:
        """Findings that nobody has answered."""
        return self.filter(status="open")

    def with_subjects(self) -> Self:
        """With everything that its reason is put together from."""
        return self.select_related("organization", "flow__resource_type", "flow__site", "site")


class ResourceTypeQuerySet(models.QuerySet):
    def subtree(self, code: str) -> Self:
        """The type of this code and all its descendants."""
        return self.filter(Q(code=code) | Q(code__startswith=f"{code}."))

    def selectable(self) -> Self:
        """Types that a flow can have."""
        return self.filter(is_group=False)


class ResourceFlowQuerySet(_PlacedQuerySet):
    def visible_to(self, viewer: Viewer) -> Self:
        """
        Flows that the viewer may see.

        All of the viewer's organizations; of others the active and paused ones whose own and whose
        organization's visibility allow it.
        """
        if not isinstance(viewer, AnonymousUser) and viewer.is_facilitator:
            return self
        return self.filter(
            _visible(
                viewer, "visibility", "organization__visibility",
                organization="organization",
                others=Q(status__in=["active", "paused"]),
            )
        )  # fmt: skip

    def editable_by(self, viewer: Viewer) -> Self:
        """Flows the viewer may change."""
        return self.filter(organization__in=_edited_by(viewer))

    def active(self) -> Self:
        """Flows that take part in matching."""
        return self.filter(status="active")

    def with_audience(self) -> Self:
        """Annotate `audience`: the narrower of a flow's own visibility and its owner's."""
        either = [Q(visibility=value) | Q(organization__visibility=value)
                  for value in ("private", "network")]  # fmt: skip
        return self.annotate(
            audience=models.Case(
                models.When(either[0], then=models.Value("private")),
                models.When(either[1], then=models.Value("network")),
                default=models.Value("public"),
            )
        )

    def at_least(self, quantity: float, *, exact: Q) -> Self:
        """
        Flows of a quantity [canonical units per year], or more.

        Where figures are not `exact` to who asks, the rounded one counts: by looking for one
        quantity after the other nobody finds out more than is shown.
        """
        if not exact:
            # Everything is.
            return self.filter(quantity_per_year__gte=quantity)
        return self.alias(rounded_per_year=_rounded_quantity()).filter(
            (exact & Q(quantity_per_year__gte=quantity))
            | (~exact & Q(rounded_per_year__gte=quantity))
        )

    def with_shown_quantity(self, *, exact: Q) -> Self:
        """Annotate `shown_per_year`: the quantity, rounded where figures are not `exact`."""
        if not exact:
            return self.annotate(shown_per_year=models.F("quantity_per_year"))
        shown = models.Case(
            models.When(exact, then=models.F("quantity_per_year")), default=_rounded_quantity()
        )
        return self.annotate(shown_per_year=shown)

    def of_type(self, code: str) -> Self:
        """Flows of a resource type or any of its descendants."""
        return self.filter(
            Q(resource_type__code=code) | Q(resource_type__code__startswith=f"{code}.")
        )

    def search(self, text: str) -> Self:
        """Names, descriptions or organizations that contain the text."""
        return self.filter(
            Q(name__icontains=text)
            | Q(description__icontains=text)
            | Q(organization__name__icontains=text)
        )

    def for_display(self) -> Self:
        """With everything a page shows of a flow."""
        flows = self.select_related("resource_type", "organization", "site")
        return flows.prefetch_related("contaminants")

    def for_api(self) -> Self:
        """With everything the API tells of a flow, and no more: its site by its id."""
        return (
            self.select_related("resource_type", "organization")
            .prefetch_related("contaminants")
            .defer(*_columns_beside("resource_type", "code", "unit"))
            .defer(*_columns_beside("organization", "name", "visibility", "figures_from"))
        )


def _columns_beside(path: str, *shown: str) -> list[str]:
    """Return the columns of a related row that are not shown: to read them takes longer."""
    model = apps.get_model("organizations", path.replace("_", ""))
    names = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    return [f"{path}__{name}" for name in names if name not in shown]


def _rounded_quantity() -> models.ExpressionWrapper:
    """What somebody sees as the yearly quantity who does not see the exact one."""
    per_amount = models.F("quantity_per_year") / Cast("amount", models.FloatField())
    return models.ExpressionWrapper(_Coarse("amount") * per_amount, models.FloatField())


def _edited_by(viewer: Viewer) -> Any:
    """Keys of the organizations whose sites and flows the viewer edits."""
    if isinstance(viewer, AnonymousUser):
        return []
    return viewer.memberships.filter(role__in=EDITING_ROLES).values("organization")
