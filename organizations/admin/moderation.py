"""Acting for an organization, merging two, and what came of both."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from organizations import duplicates, permissions, services
from organizations.models import Acting, Organization, OrganizationMerge
from turash.admin_bases import AutocompleteSelect, ReadOnlyAdmin
from turash.admin_pages import ObjectPage
from turash.errors import DomainError
from turash.forms import add_errors


class MergeForm(forms.Form):
    """Which organization stays."""

    into = forms.ModelChoiceField(
        Organization.objects.all(),
        label=_("Organization that stays"),
        widget=AutocompleteSelect(OrganizationMerge._meta.get_field("into"), admin.site),
    )


class ActForm(forms.Form):
    """Why a facilitator acts for an organization: it reads this."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The organization reads this."),
    )


def _is_facilitator(request: HttpRequest, row: Any) -> bool:
    return request.user.is_facilitator  # type: ignore[union-attr]


class ModerationMixin:
    """Pages of organizations: look-alikes, merging, and acting for one."""

    object_pages = (
        ObjectPage("merge", _("Merge into another"), "merge_page", _is_facilitator),
        ObjectPage("act", _("Act for it"), "act_page", _is_facilitator),
    )

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "duplicates/",
                self.admin_site.admin_view(self.duplicates_page),  # type: ignore[attr-defined]
                name="organizations_organization_duplicates",
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def duplicates_page(self, request: HttpRequest) -> HttpResponse:
        """Organizations whose names are alike, the newest first."""
        permissions.require(_is_facilitator(request, None))
        page = Paginator(duplicates.newest_first(), duplicates.LOOKED_AT).get_page(
            request.GET.get("p")
        )
        context = self.admin_site.each_context(request) | {  # type: ignore[attr-defined]
            "title": _("Possible duplicates"),
            "opts": self.opts,  # type: ignore[attr-defined]
            "page": page,
            "pairs": duplicates.pairs_of(list(page)),
        }
        return TemplateResponse(request, "admin/organizations/duplicates.html", context)

    def merge_page(self, request: HttpRequest, organization: Organization) -> HttpResponse:
        """Merge this one into another."""
        form = MergeForm(request.POST or None, initial={"into": request.GET.get("into")})
        if form.is_valid():
            into = form.cleaned_data["into"]
            try:
                services.merge_organizations(
                    actor=request.user,  # type: ignore[arg-type]
                    duplicate=organization,
                    into=into,
                )
            except (DomainError, ValidationError) as error:
                add_errors(form, error)
            else:
                text = _("“%(name)s” was merged into “%(into)s”.") % {
                    "name": organization, "into": into,
                }  # fmt: skip
                messages.success(request, text)
                return redirect("admin:organizations_organization_change", into.pk)
        return self.show_page(  # type: ignore[attr-defined]
            request, organization, title=_("Merge into another"), form=form, submit=_("Merge"),
            is_final=True,
            intro=_(
                "Sites, flows, members, proposals and everything else that refers to this"
                " organization will refer to the one that stays, and the history with it. This"
                " record goes; its address leads to the other. This cannot be undone."
            ),
        )  # fmt: skip

    def act_page(self, request: HttpRequest, organization: Organization) -> HttpResponse:
        """Begin to act for this one."""
        form = ActForm(request.POST or None)
        if form.is_valid():
            try:
                services.start_acting(
                    actor=request.user,  # type: ignore[arg-type]
                    organization=organization,
                    reason=form.cleaned_data["reason"],
                )
            except (DomainError, ValidationError) as error:
                add_errors(form, error)
            else:
                return redirect(
                    reverse("organizations:organization-detail", args=[organization.pk])
                )
        return self.show_page(  # type: ignore[attr-defined]
            request, organization, title=_("Act for it"), form=form, submit=_("Begin"),
            intro=_(
                "For up to two hours you have the rights of a manager of this organization. Its"
                " members are told now and when it ends, and see everything that you change"
                " meanwhile. The admin changes nothing until you end it."
            ),
        )  # fmt: skip

    def history_keys(self, object_id: str) -> list[str]:
        """With what happened to the records that were merged into this one."""
        try:
            merged = list(
                OrganizationMerge.objects.filter(into=object_id).values_list("pk", flat=True)
            )
        except ValidationError:
            merged = []
        return [object_id, *map(str, merged)]


@admin.register(Acting)
class ActingAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "user", "organization", "reason", "expires_at", "ended_at"]
    list_select_related = ["user", "organization"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["organization__name", "user__email", "reason"]
    search_help_text = _("Organization, e-mail address of the facilitator, or reason")
    date_hierarchy = "started_at"
    ordering = ["-started_at", "pk"]


@admin.register(OrganizationMerge)
class OrganizationMergeAdmin(ReadOnlyAdmin):
    list_display = ["merged_at", "name", "into", "merged_by"]
    list_select_related = ["into", "merged_by"]
    search_fields = ["name", "slug", "into__name"]
    search_help_text = _("Name of one of the two")
    date_hierarchy = "merged_at"
    ordering = ["-merged_at", "pk"]
