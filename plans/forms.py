"""Forms of plans."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, ResourceType
from plans.models import Plan

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

    class Meta:
        model = Plan
        fields = [
            "name", "organization", *NUMBERS, "cities", "resource_type", "objective",
            "co2_price_eur_per_t", "energy_price_pct", "max_distance_km", "min_share_pct",
            "budget_eur", "has_fixed_costs", "shares_trenches", "time_limit_s",
        ]  # fmt: skip
        widgets = {name: forms.NumberInput({"step": "any"}) for name in NUMBERS}

    def __init__(self, *args: Any, organizations: Any, for_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organization"]
        field.queryset = organizations
        field.empty_label = _("all organizations") if for_all else None
        field.required = not for_all
        if self.initial.get("cities"):
            self.initial["cities"] = ", ".join(self.initial["cities"])

    def clean_cities(self) -> list[str]:
        names = (name.strip() for name in self.cleaned_data["cities"].split(","))
        return [name for name in names if name]

    def _post_clean(self) -> None:
        """The service checks the model."""

    @property
    def box(self) -> list[forms.BoundField]:
        return [self[name] for name in NUMBERS]

    @property
    def what(self) -> list[forms.BoundField]:
        names = ["name", "organization", "objective", "resource_type", "cities"]
        return [self[name] for name in names]

    @property
    def how(self) -> list[forms.BoundField]:
        shown = {*NUMBERS, *(field.name for field in self.what)}
        return [field for field in self if field.name not in shown]


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
