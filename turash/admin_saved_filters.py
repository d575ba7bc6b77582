"""Filters of lists that staff keep under a name: offered above each list, and on a page of all."""

import re
from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.apps import apps
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import IGNORED_PARAMS
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from turash.desk import services
from turash.desk.models import LONGEST_QUERY, SavedFilter
from turash.errors import DomainError
from turash.forms import add_errors

# Which page of the list, and how it is opened, is no part of a filter.
_NO_FILTER = {"p", "e", "map"} | {name for name in IGNORED_PARAMS if name not in ("o", "q")}


@dataclass(frozen=True, slots=True)
class Offered:
    """A saved filter as a link above its list."""

    saved: SavedFilter
    url: str
    is_own: bool
    is_chosen: bool


class SaveForm(forms.ModelForm):
    """Under which name, and for whom."""

    query = forms.CharField(max_length=LONGEST_QUERY, widget=forms.HiddenInput)
    listed = forms.CharField(max_length=60, widget=forms.HiddenInput)

    class Meta:
        model = SavedFilter
        fields = ["name", "is_shared", "listed", "query"]


def filter_of(query: QueryDict) -> str:
    """Return what of an address narrows or orders a list, always in the same order."""
    kept = [
        (name, value)
        for name in sorted(query)
        if name not in _NO_FILTER
        for value in query.getlist(name)
        if value
    ]
    return urlencode(kept)


def offered(request: HttpRequest, model: type[Model]) -> list[Offered]:
    """The filters of a list that its reader can choose: their own, and the shared ones."""
    listed = model._meta.label_lower
    address = reverse(_list_name(model))
    now = filter_of(request.GET)
    found = SavedFilter.objects.visible_to(request.user).filter(listed=listed)
    return [
        Offered(
            saved, f"{address}?{saved.query}", saved.user_id == request.user.pk, saved.query == now
        )
        for saved in found.select_related("user")
    ]


def _list_name(model: type[Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"


def is_understood(model_admin: Any, request: HttpRequest, query: str) -> bool:
    """Whether a list takes these parameters, each of them, with these values."""
    asked = copy(request)
    asked.GET = QueryDict(query)  # type: ignore[misc]
    asked.method = "GET"
    if not re.fullmatch(r"(-?\d{1,3}(\.-?\d{1,3})*)?", asked.GET.get("o", "")):
        return False
    try:
        model_admin.get_changelist_instance(asked)
    except (IncorrectLookupParameters, SuspiciousOperation, ValidationError):
        return False
    return True


class SavedFiltersMixin:
    """For the admin's site: a page of all saved filters, which also takes and deletes them."""

    def saved_filters(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            if request.POST.get("delete"):
                return self._delete(request)
            return self._save(request)
        found = SavedFilter.objects.visible_to(request.user).select_related("user")
        rows = []
        for saved in found.order_by("listed", "name", "pk"):
            model_admin = self._admin_of(saved.listed)
            if model_admin and model_admin.has_view_permission(request):
                rows.append((saved, model_admin.opts, reverse(_list_name(model_admin.model))))
        deletable = SavedFilter.objects.deletable_by(request.user).values_list("pk", flat=True)
        context = self.each_context(request) | {  # type: ignore[attr-defined]
            "title": _("Saved filters"), "rows": rows,
            "may_delete": set() if request.user.only_reads else set(deletable),  # type: ignore[union-attr]
        }  # fmt: skip
        return TemplateResponse(request, "admin/saved_filters.html", context)

    def _admin_of(self, label: str) -> Any:
        try:
            return self.get_model_admin(apps.get_model(label))  # type: ignore[attr-defined]
        except (LookupError, ValueError):
            return None

    def _save(self, request: HttpRequest) -> HttpResponse:
        form = SaveForm(request.POST)
        model_admin = self._admin_of(request.POST.get("listed", ""))
        if model_admin is None:
            raise Http404
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        address = reverse(_list_name(model_admin.model))
        if form.is_valid():
            query = filter_of(QueryDict(form.cleaned_data["query"]))
            if not is_understood(model_admin, request, query):
                form.add_error(None, _("The list does not know this filter."))
            else:
                try:
                    saved = services.save_filter(
                        user=request.user,
                        listed=model_admin.model._meta.label_lower,
                        name=form.cleaned_data["name"],
                        query=query,
                        is_shared=form.cleaned_data["is_shared"],
                    )
                except (DomainError, ValidationError) as error:
                    add_errors(form, error)
                else:
                    messages.success(request, _("The filter “%s” is kept.") % saved)
                    return redirect(f"{address}?{saved.query}")
        for problems in form.errors.values():
            for problem in problems:
                messages.error(request, problem)
        return redirect(f"{address}?{form.cleaned_data.get('query', '')}")

    def _delete(self, request: HttpRequest) -> HttpResponse:
        try:
            services.delete_filter(user=request.user, filter_id=int(request.POST["delete"]))
        except (SavedFilter.DoesNotExist, ValueError) as error:
            raise Http404 from error
        messages.success(request, _("The filter is deleted."))
        return redirect("admin:saved_filters")
