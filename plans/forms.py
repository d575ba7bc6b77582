"""Forms of plans."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from matching.ids import match_id
from matching.models import MatchCluster
from organizations.models import Organization, ResourceFlow, ResourceType, User
from plans.models import Plan, PlanRule
from plans.models.area import parse_area
from plans.services.supposing import MOST_FLOWS, closed_in

_KEY = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


class KeysField(forms.CharField):
    """Ids, or addresses of pages that hold them, one a line."""

    widget = forms.Textarea(attrs={"rows": 2})

    def clean(self, value: Any) -> list[UUID]:
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        keys = [_KEY.search(line) for line in lines]
        for line, key in zip(lines, keys, strict=True):
            if key is None:
                raise forms.ValidationError(_("“%s” holds no id.") % line[:80])
        return [UUID(key[0]) for key in keys if key]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value


class SupposedFlowForm(forms.Form):
    """A flow of a plant that might come."""

    direction = forms.ChoiceField(label=_("Direction"), choices=ResourceFlow.Direction.choices)
    resource_type = forms.ModelChoiceField(
        label=_("Resource"), queryset=ResourceType.objects.order_by("code"), required=False
    )
    quantity_per_year = forms.FloatField(
        label=_("Quantity a year"), required=False, min_value=0, help_text=_("In its usual unit.")
    )
    temperature_celsius_min = forms.FloatField(label=_("From [°C]"), required=False)
    temperature_celsius_max = forms.FloatField(label=_("To [°C]"), required=False)
    cost_eur_per_unit = forms.FloatField(label=_("Paid otherwise [EUR per unit]"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if (values.get("resource_type") is None) != (values.get("quantity_per_year") is None):
            raise forms.ValidationError(_("Give the resource and the quantity."))
        return values


SupposedFlows = forms.formset_factory(SupposedFlowForm, extra=2, max_num=MOST_FLOWS)


class PlantForm(forms.Form):
    """A plant that might come."""

    plant_name = forms.CharField(label=_("Name of the plant"), max_length=200, required=False)
    plant_longitude = forms.FloatField(
        label=_("Longitude [°]"), required=False, min_value=-180, max_value=180
    )
    plant_latitude = forms.FloatField(
        label=_("Latitude [°]"), required=False, min_value=-90, max_value=90
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        given = [values.get(name) not in (None, "") for name in self.fields]
        if any(given) and not all(given):
            raise forms.ValidationError(_("Give the name and the place of the plant."))
        return values


NUMBERS = ("west", "south", "east", "north")


class PlanForm(forms.ModelForm):
    """What to plan; the service checks it."""

    organization = forms.ModelChoiceField(
        label=_("For"), queryset=Organization.objects.none(), required=False
    )
    cities = forms.CharField(
        label=_("Cities"),
        required=False,
        help_text=_("Separated by commas, as sites are written. Empty: all in the box."),
    )
    resource_type = forms.ModelChoiceField(
        label=_("Resource"),
        queryset=ResourceType.objects.order_by("code"),
        required=False,
        empty_label=_("all"),
    )

    cluster = forms.ModelChoiceField(
        label=_("Where many matches lie"),
        queryset=MatchCluster.objects.none(),
        required=False,
        empty_label=_("no such area"),
        help_text=_("Instead of drawing: the area of a cluster of matches."),
    )
    area = forms.CharField(
        label=_("Area"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_(
            "Drawn on the map, or a GeoJSON Polygon: 1,000 corners, 5,000,000 km² at most."
        ),
    )
    must = KeysField(
        label=_("Must be"),
        required=False,
        help_text=_("Matches that exchange all they can: their addresses or ids, one a line."),
    )
    never = KeysField(label=_("Must never be"), required=False)
    closed = KeysField(
        label=_("What closes"),
        required=False,
        help_text=_("Organizations, sites or flows to do without: addresses or ids, one a line."),
    )

    class Meta:
        model = Plan
        fields = [
            "name", "organization", *NUMBERS, "cities", "resource_type", "objective",
            "co2_price_eur_per_t", "energy_price_pct", "max_distance_km", "min_share_pct",
            "budget_eur", "has_fixed_costs", "shares_trenches", "is_blended", "sample_count",
            "time_limit_s",
        ]  # fmt: skip
        widgets = {name: forms.NumberInput({"step": "any"}) for name in NUMBERS}

    def __init__(self, *args: Any, organizations: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for_all = user.is_facilitator
        self.fields["cluster"].queryset = MatchCluster.objects.visible_to(user).select_related(
            "resource_type"
        )
        if self.initial.get("area"):
            self.initial["area"] = self.initial["area"].geojson
        field = self.fields["organization"]
        field.queryset = organizations
        field.empty_label = _("all organizations") if for_all else None
        field.required = not for_all
        if self.initial.get("cities"):
            self.initial["cities"] = ", ".join(self.initial["cities"])

    def clean_cities(self) -> list[str]:
        names = (name.strip() for name in self.cleaned_data["cities"].split(","))
        return [name for name in names if name]

    def clean_area(self) -> Any:
        text = self.cleaned_data["area"].strip()
        return parse_area(text) if text else None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        cluster = values.pop("cluster", None)
        if cluster is not None:
            if values.get("area"):
                raise forms.ValidationError(_("Give one area: drawn, or of a cluster."))
            values["area"] = cluster.area
        return values

    def _post_clean(self) -> None:
        """The service checks the model."""

    @property
    def box(self) -> list[forms.BoundField]:
        return [self[name] for name in NUMBERS]

    @property
    def region(self) -> list[forms.BoundField]:
        return [self["cluster"], self["area"]]

    @property
    def rules(self) -> list[forms.BoundField]:
        return [self["must"], self["never"], self["closed"]]

    @property
    def what(self) -> list[forms.BoundField]:
        names = ["name", "organization", "objective", "resource_type", "cities"]
        return [self[name] for name in names]

    @property
    def how(self) -> list[forms.BoundField]:
        shown = {field.name for field in [*self.box, *self.region, *self.rules, *self.what]}
        return [field for field in self if field.name not in shown]


def initial_of(origin: Plan) -> dict[str, Any]:
    """Return what the form of a scenario begins with."""
    rules: dict[str, list[Any]] = {kind: [] for kind in PlanRule.Kind}
    for rule in origin.rules.select_related("output", "input"):
        rules[rule.kind].append(match_id(rule.output.number, rule.input.number))
    return origin.parameters() | {
        "name": origin.name,
        "organization": origin.organization,
        "closed": closed_in(origin),
        **rules,
    }


class ProposeForm(forms.Form):
    """Which exchanges to propose, and for whom."""

    from_organization = forms.ModelChoiceField(queryset=Organization.objects.none())
    match_ids = forms.TypedMultipleChoiceField(choices=[])

    def __init__(self, *args: Any, senders: Any, matches: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_organization"].queryset = senders
        field = self.fields["match_ids"]
        field.choices = [(str(key), str(key)) for key in matches]
        field.coerce = {str(key): key for key in matches}.__getitem__
