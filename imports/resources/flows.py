"""Resource flows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.columns import (
    Amount,
    Choice,
    Choices,
    Column,
    Contents,
    Day,
    Hours,
    Key,
    Months,
    Number,
    YesNo,
)
from imports.resources.base import Context, Resource, Row, one_by_one
from imports.resources.organizations import fields_of, filtered
from imports.resources.owners import (
    SOURCE,
    OrganizationColumn,
    complete_key,
    external_id,
    find_organizations,
    find_stored,
    key_column,
)
from imports.resources.sites import of_organization
from organizations import services
from organizations.api.filters import ResourceFlowFilter
from organizations.disclosure import Viewpoint
from organizations.models import (
    CurrencyRate,
    Organization,
    ResourceFlow,
    ResourceType,
    Site,
    Visibility,
)
from organizations.models.flow import QUALITY_RANGES
from organizations.models.resource_type import TransportMode
from organizations.services import bulk

_UNITS = {
    "temperature_celsius": "°C",
    "pressure_bar": "bar",
    "purity_pct": "%",
    "moisture_pct": "%",
    "ph": "",
}
_EXAMPLES = {"temperature_celsius_min": 60, "temperature_celsius_max": 75}
# Constraints that speak of several columns, or of one by another name.
_CONSTRAINTS = {
    "quantity_per_year": "amount",
    "organizations_resourceflow_quantity_is_plausible": "amount",
    "organizations_resourceflow_costs_are_plausible": "current_cost_per_unit",
    "organizations_resourceflow_validity_is_a_period": "valid_to",
    "organizations_resourceflow_distance_is_on_earth": "max_distance_km",
    "organizations_resourceflow_storage_is_plausible": "storage_days",
}


class SiteName(Column):
    """The name of the flow's site; its own id is understood, too."""

    def get(self, row: Any) -> Any:
        return row.site.name


class TypeCode(Column):
    def get(self, row: Any) -> Any:
        return row.resource_type.code


class ContentsOfFlow(Contents):
    """What is to be stored stays beside the flow until it is."""

    def get(self, row: Any) -> Any:
        wanted = getattr(row, "wanted_contaminants", None)
        if wanted is not None:
            return wanted
        if row._state.adding:
            return {}
        return {one.substance: one.mg_per_kg for one in row.contaminants.all()}

    def put(self, row: Any, value: Any) -> None:
        row.wanted_contaminants = value

    def empty(self, row: Any) -> Any:
        return {}


def _ranges() -> Iterator[Column]:
    for name in QUALITY_RANGES:
        for end in ("min", "max"):
            column = f"{name}_{end}"
            yield Number(name=column, unit=_UNITS[name], example=_EXAMPLES.get(column))


class FlowResource(Resource):
    name = "flows"
    label = gettext_lazy("Resource flows")
    about = gettext_lazy(
        "The site must be there already. A flow is found again by id, by your own id, or by its "
        "site, direction, resource type and name."
    )
    model = ResourceFlow
    has_place = True
    columns = (
        key_column(),
        external_id("FLOW-1"),
        OrganizationColumn(
            name="organization",
            longest=200,
            example="kalundborg-works",
            about=gettext_lazy("Short name, name or id; empty if the import is into one."),
        ),
        Key(name="site_id", about=gettext_lazy("Which site; else the next column says it.")),
        SiteName(
            name="site",
            longest=200,
            example="Harbour plant",
            about=gettext_lazy("Name of the site, or your own id of it."),
        ),
        Choice(name="direction", choices=ResourceFlow.Direction.values, is_required=True,
               example="output"),
        TypeCode(name="resource_type", longest=60, is_required=True, example="heat.hot_water",
                 about=gettext_lazy("Code of a resource type; see their export.")),
        Column(name="name", longest=200, example="Cooling water",
               about=gettext_lazy("Empty: the name of the resource.")),
        Column(name="description", longest=5000),
        Choice(name="status", choices=ResourceFlow.Status.values, example="active"),
        Choice(name="visibility", choices=Visibility.values, example="public"),
        Amount(name="amount", digits=20, decimals=6, is_required=True, example=12),
        Column(name="unit", longest=20, example="GWh",
               about=gettext_lazy("Any unit of the resource's dimension; empty: its own.")),
        Choice(name="per", choices=ResourceFlow.Per.values, example="year"),
        Choice(name="precision_level", choices=ResourceFlow.PrecisionLevel.values,
               example="measured"),
        Amount(name="min_amount", digits=20, decimals=6,
               about=gettext_lazy("Less than this is not worth an exchange; in the same unit.")),
        *_ranges(),
        YesNo(name="hazardous", example="false"),
        Column(name="waste_code", longest=6, about=gettext_lazy("Six digits, List of Waste.")),
        ContentsOfFlow(name="contaminants_mg_kg", unit="mg/kg"),
        Choice(name="pattern", choices=ResourceFlow.Pattern.values, example="continuous"),
        Hours(name="hours_of_week", example="Mon-Fri 06:00-22:00"),
        Months(name="months", example="10-12, 1-3"),
        Day(name="valid_from"),
        Day(name="valid_to"),
        Amount(name="price_per_unit", digits=14, decimals=4,
               about=gettext_lazy("In the currency, per unit of the amount; below 0 you pay.")),
        Column(name="currency", attribute="currency_id", longest=3, example="EUR",
               when_empty=lambda: "EUR"),
        Amount(name="current_cost_per_unit", digits=14, decimals=4,
               about=gettext_lazy("Paid today for what is replaced, or for disposal.")),
        Choices(name="methods", choices=TransportMode.values, example="pipe",
                about=gettext_lazy("Ways of transport; empty: any.")),
        Number(name="max_distance_km", unit="km", example=5),
        Number(name="storage_days", unit="d"),
    )  # fmt: skip

    def is_taken(self, name: str) -> bool:
        return name not in (
            "id", "external_id", "organization", "site_id", "site", "resource_type", "name",
        )  # fmt: skip

    # --- Finding -----------------------------------------------------------------------------

    def resolve(self, context: Context, rows: Sequence[Row]) -> None:
        owner_of = find_organizations(context, rows)
        self._find_types(rows)
        self._find_sites(context, rows, owner_of)
        for row in one_by_one(rows):
            if "site_id" in row.values and row.number not in owner_of:
                owner_of[row.number] = row.values["site_id"].organization
        stored = ResourceFlow.objects.select_related(
            "site", "organization", "resource_type"
        ).prefetch_related("contaminants")
        find_stored(context, rows, stored, owner_of, naturally=self._by_name)
        for row in one_by_one(rows):
            if row.stored is None and "site_id" not in row.values:
                row.refuse("site", _("Name the site of a new flow."))

    def _find_types(self, rows: Sequence[Row]) -> None:
        codes = {row.values["resource_type"] for row in rows if "resource_type" in row.values}
        types = {one.code: one for one in ResourceType.objects.filter(code__in=codes)}
        currencies = {row.values["currency"] for row in rows if "currency" in row.values}
        rates = set(
            CurrencyRate.objects.filter(code__in=currencies).values_list("code", flat=True)
            if currencies - {"EUR"}
            else ["EUR"]
        )
        for row in rows:
            code = row.values.get("resource_type")
            if code is not None and code not in types:
                row.refuse(
                    "resource_type",
                    _("There is no resource type “%s”; the export of resource types lists them.")
                    % code,
                )
            elif code is not None:
                row.values["resource_type"] = types[code]
            currency = row.values.get("currency")
            if currency is not None and currency not in rates:
                row.refuse(
                    "currency",
                    _(
                        "There is no rate for “%s”; give the price in EUR, or ask a facilitator "
                        "to add the currency."
                    )
                    % currency,
                )

    def _find_sites(
        self, context: Context, rows: Sequence[Row], owner_of: dict[int, Organization]
    ) -> None:
        """Put the site itself in the place of its id."""
        sites = Site.objects.select_related("organization")
        if not context.actor.is_facilitator:
            sites = sites.editable_by(context.actor)
        by_id = sites.in_bulk({row.values["site_id"] for row in rows if "site_id" in row.values})
        texts = defaultdict(set)
        for row in one_by_one(rows):
            if "site" in row.values and "site_id" not in row.values and row.number in owner_of:
                texts[owner_of[row.number].pk].add(row.values["site"])
        by_name = _sites_by_name(sites, texts)
        for row in rows:
            if "site_id" in row.values:
                site = by_id.get(row.values["site_id"])
                owner = owner_of.get(row.number)
                if site is None or (owner is not None and owner.pk != site.organization_id):
                    message = _("There is no such site in the organization; import sites first.")
                    row.refuse("site_id", message)
                else:
                    row.values["site_id"] = site
            elif "site" in row.values and row.number in owner_of:
                fitting = by_name[owner_of[row.number].pk, row.values["site"]]
                if len(fitting) == 1:
                    row.values["site_id"] = fitting[0]
                elif fitting:
                    message = _("Several sites are called “%s”; give the site_id of one.")
                    row.refuse("site", message % row.values["site"][:40])
                else:
                    message = _("The organization has no site “%s”; import sites first.")
                    row.refuse("site", message % row.values["site"][:40])

    def _by_name(
        self, queryset: Any, rows: Sequence[Row]
    ) -> Iterator[tuple[Row, list[ResourceFlow]]]:
        sites = {row.values["site_id"].pk for row in rows if "site_id" in row.values}
        names = {_name_of(row) for row in rows}
        known: dict[tuple, list[ResourceFlow]] = defaultdict(list)
        for flow in queryset.filter(site__in=sites, name__in=names):
            known[flow.site_id, flow.direction, flow.resource_type_id, flow.name].append(flow)
        for row in rows:
            kind = row.values.get("resource_type")
            if "site_id" in row.values and kind is not None:
                key = (
                    row.values["site_id"].pk, row.values.get("direction"), kind.pk, _name_of(row),
                )  # fmt: skip
                yield row, known[key]

    def key_of(self, row: Row) -> tuple:
        if row.stored is not None:
            return ("stored", row.stored.pk)
        site = row.values["site_id"]
        if "external_id" in row.values:
            return ("external", site.organization_id, row.values["external_id"])
        kind = row.values.get("resource_type")
        return (site.pk, row.values.get("direction"), kind and kind.pk, _name_of(row))

    # --- Checking and storing ----------------------------------------------------------------

    def complete(self, context: Context, row: Row, wanted: ResourceFlow) -> None:
        if "resource_type" in row.values:
            wanted.resource_type = row.values["resource_type"]
        if "name" in row.cells or row.stored is None:
            wanted.name = _name_of(row) or str(wanted.resource_type)
        site = row.values.get("site_id")
        if site is not None:
            if row.stored is not None and site.organization_id != wanted.organization_id:
                row.refuse("site", _("Choose a site of the same organization."))
                return
            wanted.site = site
        if row.stored is None:
            wanted.organization = wanted.site.organization
        if "unit" in row.cells and not wanted.unit:
            wanted.unit = wanted.resource_type.unit
        row.title = row.title or wanted.name
        complete_key(row, wanted, wanted.organization_id)

    def column_of(self, name: str) -> str:
        return super().column_of(_CONSTRAINTS.get(name, name))

    def check(self, row: Row) -> None:
        contaminants = getattr(row.wanted, "wanted_contaminants", None)
        bulk.check_row(row.wanted, contaminants=contaminants)

    def write(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        fields = fields_of(self, rows) - {"contaminants_mg_kg"}
        names = {name for row in rows for name in row.changes}
        fields |= {field for column, field in (
            ("site", "site"), ("site_id", "site"), ("resource_type", "resource_type"),
            ("name", "name"), ("unit", "unit"),
        ) if column in names}  # fmt: skip
        fields = {"currency" if field == "currency_id" else field for field in fields}
        contaminants: dict[UUID, Mapping[str, float]] = {}
        for row in rows:
            wanted = getattr(row.wanted, "wanted_contaminants", None)
            if wanted is not None and (wanted or row.stored is not None):
                contaminants[row.wanted.pk] = wanted
        bulk.write_flows(
            actor=context.actor,
            new=[row.wanted for row in rows if row.stored is None],
            changed=[row.wanted for row in rows if row.stored is not None],
            fields=fields,
            contaminants=contaminants,
            announce=announce,
        )

    # --- Export ------------------------------------------------------------------------------

    def visible(self, viewer: Any) -> Any:
        return ResourceFlow.objects.visible_to(viewer).for_display()

    def filtered(self, request: Any, queryset: Any) -> Any:
        return of_organization(request, filtered(ResourceFlowFilter, request, queryset))

    def as_seen(self, viewer: Any, rows: Sequence[ResourceFlow]) -> Iterable[ResourceFlow]:
        """Exact figures where they are disclosed, and on record; rounded ones elsewhere."""
        viewpoint = Viewpoint(viewer)
        seen = [viewpoint.shown(flow) for flow in rows]
        services.note_seen(viewpoint, seen)
        return seen

    def place_of(self, row: ResourceFlow) -> tuple[float, float] | None:
        return row.location.x, row.location.y


def _name_of(row: Row) -> str:
    name = row.values.get("name")
    kind = row.values.get("resource_type")
    return str(name or (kind if kind is not None else ""))


def _sites_by_name(sites: Any, texts: Mapping[UUID, set[str]]) -> dict[tuple, list[Site]]:
    """Sites by organization and by each of their names."""
    found: dict[tuple, list[Site]] = defaultdict(list)
    if not texts:
        return found
    wanted = set().union(*texts.values())
    keys = {f"{owner}/{text}" for owner, names in texts.items() for text in names}
    of_owners = sites.filter(organization__in=list(texts))
    for site in of_owners.filter(name__in=wanted):
        found[site.organization_id, site.name].append(site)
    for site in of_owners.filter(source=SOURCE, external_id__in=keys):
        text = site.external_id.partition("/")[2]
        # One's own id is more to the point than a name.
        found[site.organization_id, text] = [site]
    return found
