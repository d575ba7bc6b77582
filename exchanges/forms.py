"""Forms of running exchanges."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exchanges.csv_reading import LARGEST_FILE, month_of


class MonthField(forms.CharField):
    """A month; browsers that know none offer a text field for `2026-03`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=7, widget=forms.TextInput({"type": "month"}), **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return month_of(text) or text

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not isinstance(value, date):
            raise forms.ValidationError(_("Give a month such as 2026-03."), code="invalid")

    def run_validators(self, value: Any) -> None:
        """The length was that of the text."""


class DeliveryForm(forms.Form):
    month = MonthField(label=_("Month"))
    quantity = forms.DecimalField(max_digits=20, decimal_places=6, min_value=0)
    note = forms.CharField(label=_("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, unit: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].label = _("Quantity [%s]") % unit


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("The first line is: month,quantity,note; a month is written 2026-03."),
        widget=forms.FileInput({"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is too large."))
        return upload.read()


class ConfirmForm(forms.Form):
    quantity = forms.DecimalField(max_digits=20, decimal_places=6)


class DeclarationForm(forms.Form):
    month = MonthField(label=_("Month"))
    jobs = forms.DecimalField(
        label=_("Jobs created or kept [full-time]"), max_digits=8, decimal_places=1, min_value=0
    )
    private_investment_eur = forms.DecimalField(
        label=_("Private investment [EUR]"), max_digits=16, decimal_places=2, min_value=0
    )
    note = forms.CharField(label=_("Note"), max_length=500, required=False)
