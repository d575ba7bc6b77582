"""Organizations and memberships."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from organizations import services
from organizations.admin import bulk
from organizations.admin.moderation import ModerationMixin
from organizations.admin.ownership import (
    MembershipForm,
    MembershipFormSet,
    left_without_owner,
    message_about,
)
from organizations.admin.places import OrganizationPlaces
from organizations.models import Membership, Organization, Site
from turash.admin_bases import AutocompleteMixin, BoundedAdmin, export_chosen
from turash.desk.admin import action_of


class OrganizationAdminForm(forms.ModelForm):
    website = forms.URLField(label=_("website"), required=False, assume_scheme="https")

    class Meta:
        model = Organization
        fields = [
            "name", "slug", "subtype", "sector", "description", "website", "visibility",
            "figures_from",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea({"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = _("Empty: made from the name.")


class MembershipInline(AutocompleteMixin, admin.TabularInline):
    model = Membership
    formset = MembershipFormSet
    fields = ["user", "role", "joined_at"]
    readonly_fields = ["joined_at"]
    autocomplete_fields = ["user"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "organization")


def _count_of(model: type[Model]) -> Coalesce:
    """How many rows of a model an organization has."""
    rows = model._default_manager.filter(organization=OuterRef("pk")).order_by()
    counted = rows.values("organization").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


@admin.register(Organization)
class OrganizationAdmin(ModerationMixin, OrganizationPlaces, BoundedAdmin):
    change_list_template = "admin/organizations/change_list.html"
    form = OrganizationAdminForm
    list_display = [
        "name", "subtype", "sector", "visibility", "is_verified", "site_count", "member_count",
        "completed_exchanges", "created_at",
    ]  # fmt: skip
    list_filter = [
        "subtype",
        "visibility",
        ("verified_at", admin.EmptyFieldListFilter),
        ("source", admin.EmptyFieldListFilter),
    ]
    search_fields = ["name", "=slug", "=external_id"]
    searches_by_index = True
    search_help_text = _("Name, whole short name or whole id at the source")
    date_hierarchy = "created_at"
    fieldsets = [
        (None, {"fields": [*OrganizationAdminForm.Meta.fields]}),
        (
            _("Record"),
            {
                "fields": [
                    "verified_at", "completed_exchanges", "source", "external_id", "created_at",
                    "updated_at",
                ]
            },
        ),
    ]  # fmt: skip
    readonly_fields = [
        "verified_at", "completed_exchanges", "source", "external_id", "created_at", "updated_at",
    ]  # fmt: skip
    inlines = [MembershipInline]
    actions = [action_of(bulk.VERIFY), action_of(bulk.UNVERIFY), export_chosen]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        queryset = super().get_queryset(request)
        # Only the list shows them; autocompletion and the action's queries go without.
        page = (request.resolver_match and request.resolver_match.url_name) or ""
        if page.endswith("_changelist"):
            # Counted for the rows of one page, not for all before the first page is cut off.
            queryset = queryset.annotate(
                sites_in_all=_count_of(Site), members_in_all=_count_of(Membership)
            )
        return queryset

    @admin.display(description=_("verified"), boolean=True, ordering="verified_at")
    def is_verified(self, organization: Organization) -> bool:
        return organization.verified_at is not None

    @admin.display(description=_("sites"))
    def site_count(self, organization: Organization) -> int:
        return organization.sites_in_all  # type: ignore[attr-defined]

    @admin.display(description=_("members"))
    def member_count(self, organization: Organization) -> int:
        return organization.members_in_all  # type: ignore[attr-defined]

    def save_model(
        self,
        request: HttpRequest,
        obj: Organization,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        services.save_organization(obj)


@admin.register(Membership)
class MembershipAdmin(BoundedAdmin):
    form = MembershipForm
    list_display = ["user", "organization", "role", "joined_at"]
    list_select_related = ["user", "organization"]
    list_filter = ["role"]
    search_fields = ["user__email", "user__full_name", "organization__name"]
    search_help_text = _("E-mail address or name of the user, or name of the organization")
    date_hierarchy = "joined_at"
    autocomplete_fields = ["user", "organization"]
    fields = ["organization", "user", "role", "joined_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        return ["organization", "user", "joined_at"] if obj else ["joined_at"]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        to_delete, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        alone = left_without_owner(Q(pk__in=[membership.pk for membership in objs]))
        if alone:
            protected = [*protected, message_about(alone)]
        return to_delete, counts, missing_permissions, protected
