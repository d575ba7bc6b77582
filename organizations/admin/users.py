"""People who sign in by e-mail address."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from organizations import services
from organizations.admin.ownership import MembershipFormSet, left_without_owner, message_about
from organizations.models import Membership, User
from organizations.models.user import StaffRole
from turash.admin_bases import AutocompleteMixin, BoundedAdmin
from turash.admin_pages import ObjectPage
from turash.errors import DomainError
from turash.forms import add_errors


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


class RolesForm(forms.Form):
    """What a member of staff looks after."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: no staff."),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["roles"]
        field.choices = [(role.value, role.label) for role in services.assignable_roles(actor)]


class EraseForm(forms.Form):
    """Written out, so that nobody is erased by a slip."""

    email = forms.CharField(label=_("E-mail address of the person, once more"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip()
        if email.lower() != self.person.email.lower():
            raise forms.ValidationError(_("This is another address."))
        return email


@admin.register(User)
class UserAdmin(BoundedAdmin, auth_admin.UserAdmin):
    object_pages = (
        ObjectPage(
            "roles",
            _("Roles"),
            "roles_page",
            lambda request, user: services.may_set_roles(request.user, user),  # type: ignore[arg-type]
        ),
        ObjectPage(
            "erase",
            _("Erase the person"),
            "erase_page",
            lambda request, user: services.may_erase(request.user, user),  # type: ignore[arg-type]
        ),
    )
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

    def roles_page(self, request: HttpRequest, user: User) -> HttpResponse:
        """What the user looks after."""
        actor: Any = request.user
        form = RolesForm(request.POST or None, actor=actor, initial={"roles": list(user.roles)})
        # A form without a box ticked is sent, too.
        if request.method == "POST":
            form = RolesForm(request.POST, actor=actor)
            if form.is_valid():
                roles = [StaffRole(value) for value in form.cleaned_data["roles"]]
                services.set_roles(actor=actor, user=user, roles=roles)
                text = _("Roles of %(user)s: %(roles)s.") % {
                    "user": user,
                    "roles": ", ".join(str(role.label) for role in roles) or "—",
                }
                self.message_user(request, text, messages.SUCCESS)
                return redirect("admin:organizations_user_change", user.pk)
        return self.show_page(
            request, user, title=_("Roles"), form=form, submit=_("Save"),
            intro=_("What each role may do stands in docs/roles.md."),
        )  # fmt: skip

    def erase_page(self, request: HttpRequest, user: User) -> HttpResponse:
        """Take the person out of the database."""
        form = EraseForm(request.POST or None, person=user)
        if form.is_valid():
            try:
                services.erase_person(actor=request.user, user=user)  # type: ignore[arg-type]
            except DomainError as error:
                add_errors(form, error)
            else:
                self.message_user(request, _("The person is erased."), messages.SUCCESS)
                return redirect("admin:organizations_user_changelist")
        return self.show_page(
            request, user, title=_("Erase the person"), form=form, submit=_("Erase"), is_final=True,
            intro=_(
                "Name, address, memberships, e-mails and tokens go, and the history forgets the"
                " name and the address. Messages and steps stay, by an erased person. This cannot"
                " be undone."
            ),
        )  # fmt: skip

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple:
        to_delete, counts, missing_permissions, protected = super().get_deleted_objects(
            objs, request
        )
        alone = left_without_owner(Q(user__in=[user.pk for user in objs]))
        if alone:
            protected = [*protected, message_about(alone)]
        return to_delete, counts, missing_permissions, protected
