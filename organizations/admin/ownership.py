"""An organization that has an owner keeps one, also in the admin."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext as _

from organizations.models import Membership, Organization

OWNER = Membership.Role.OWNER


def left_without_owner(lost: Q, gained: Iterable[UUID] = ()) -> list[Organization]:
    """
    Return the organizations that would lose their last owner with these memberships.

    `gained` are organizations that get an owner at the same time.
    """
    owned = Organization.objects.filter(
        pk__in=Membership.objects.filter(lost, role=OWNER).values("organization")
    ).exclude(pk__in=list(gained))
    kept = Membership.objects.filter(role=OWNER).exclude(lost)
    return list(owned.exclude(pk__in=kept.values("organization")).order_by("name", "pk"))


def message_about(organizations: Iterable[Organization]) -> str:
    """Say which organizations need another owner first."""
    return _("Make somebody else owner first; this would leave without an owner: %s.") % ", ".join(
        str(organization) for organization in organizations
    )


class MembershipFormSet(BaseInlineFormSet):
    """Memberships of one organization or of one user."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        touched: list[UUID] = []
        roles: dict[UUID, set[str]] = defaultdict(set)
        for form in self.forms:
            if form.instance.pk and not form.instance._state.adding:
                touched.append(form.instance.pk)
            is_kept = form not in self.deleted_forms and form.has_changed()
            if is_kept or (form.initial and form not in self.deleted_forms):
                roles[form.instance.organization_id].add(form.cleaned_data["role"])
        gained = [key for key, found in roles.items() if OWNER in found]
        alone = left_without_owner(Q(pk__in=touched), gained)
        if alone:
            raise ValidationError(message_about(alone))


class MembershipForm(forms.ModelForm):
    """One membership by itself."""

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        if not self.instance._state.adding and cleaned.get("role") != OWNER:
            alone = left_without_owner(Q(pk=self.instance.pk))
            if alone:
                self.add_error("role", message_about(alone))
        return cleaned
