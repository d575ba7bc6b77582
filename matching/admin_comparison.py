"""Two runs of all side by side, in the admin."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from matching.models import RunSnapshot
from matching.run_comparison import MOST_EXPLAINED, compare
from matching.services.snapshots import KEPT, MOST_FLOWS

OFFERED = 50


class CompareForm(forms.Form):
    """The two runs."""

    before = forms.ModelChoiceField(RunSnapshot.objects.none(), label=_("Earlier run"))
    after = forms.ModelChoiceField(RunSnapshot.objects.none(), label=_("Later run"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = RunSnapshot.objects.order_by("-taken_at").values_list("pk", flat=True)[:OFFERED]
        offered = RunSnapshot.objects.filter(pk__in=list(newest)).select_related("run")
        for name in ("before", "after"):
            field: Any = self.fields[name]
            field.queryset = offered.order_by("-taken_at")
            field.label_from_instance = lambda one: f"{one.taken_at:%Y-%m-%d %H:%M:%S}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and cleaned["before"].taken_at > cleaned["after"].taken_at:
            cleaned["before"], cleaned["after"] = cleaned["after"], cleaned["before"]
        return cleaned


class ComparisonMixin:
    """For the list of runs: a page that compares two of all."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.compare_page)  # type: ignore[attr-defined]
        return [
            path("compare/", view, name="matching_matchingrun_compare"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def compare_page(self, request: HttpRequest) -> HttpResponse:
        """What has appeared and vanished from one run to the other; first the newest two."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        newest = list(RunSnapshot.objects.order_by("-taken_at").values_list("pk", flat=True)[:2])
        asked: Any = request.GET if "before" in request.GET else None
        if asked is None and len(newest) > 1:
            asked = {"after": newest[0], "before": newest[1]}
        form = CompareForm(asked)
        context = self.admin_site.each_context(request) | {  # type: ignore[attr-defined]
            "title": _("Compare two runs"),
            "opts": self.opts,  # type: ignore[attr-defined]
            "form": form,
            "comparison": compare(**form.cleaned_data) if form.is_valid() else None,
            "most_flows": MOST_FLOWS,
            "most_explained": MOST_EXPLAINED,
            "kept": KEPT,
        }
        return TemplateResponse(request, "admin/matching/matchingrun/compare.html", context)
