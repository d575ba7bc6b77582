"""People who sign in by e-mail address."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from organizations.admin.ownership import MembershipFormSet, left_without_owner, message_about
from organizations.models import Membership, User
from turash.admin_bases import AutocompleteMixin, BoundedAdmin


class _UniqueEmailForm(forms.ModelForm):
    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        others = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("A user with this e-mail address already exists."))
        return email


class UserAddForm(_UniqueEmailForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "full_name"]


class UserEditForm(_UniqueEmailForm, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007
        field_classes: dict[str, Any] = {}


class MembershipInline(AutocompleteMixin, admin.TabularInline):
    model = Membership
    formset = MembershipFormSet
    fields = ["organization", "role", "joined_at"]
    readonly_fields = ["joined_at"]
    autocomplete_fields = ["organization"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "organization")


@admin.register(User)
class UserAdmin(BoundedAdmin, auth_admin.UserAdmin):
    form = UserEditForm
    add_form = UserAddForm
    list_display = ["email", "full_name", "is_active", "is_staff", "last_login", "date_joined"]
    list_filter = ["is_active", "is_staff", "is_superuser", "groups"]
    search_fields = ["email", "full_name"]
    search_help_text = _("E-mail address or name")
    date_hierarchy = "date_joined"
    ordering = ["email"]
    fieldsets = [
        (None, {"fields": ["email", "full_name", "language", "password"]}),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["email", "full_name", "usable_password", "password1", "password2"]}),
    ]
    inlines = [MembershipInline]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or request.user.is_superuser:
            return fieldsets
        return [(None, {"fields": ["email", "full_name", "language"]}), *fieldsets[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = ["last_login", "date_joined"]
        if not request.user.is_superuser:
            fields += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fields

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list:
        return self.inlines if obj else []

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only a superuser changes staff: whoever could, could become staff."""
        if obj is not None and obj.is_staff and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002
        form_url: str = "",
    ) -> HttpResponse:
        """Only a superuser sets passwords of others: whoever could, could sign in as them."""
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        to_delete, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        alone = left_without_owner(Q(user__in=[user.pk for user in objs]))
        if alone:
            protected = [*protected, message_about(alone)]
        return to_delete, counts, missing_permissions, protected
