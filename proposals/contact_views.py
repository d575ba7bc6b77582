"""The page of an organization's contact details."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from organizations import permissions
from organizations import services as organization_services
from organizations.models import Contact, Disclosure, Organization
from proposals import services
from turash.forms import add_errors

DISCLOSURES_SHOWN = 100


class ContactForm(forms.ModelForm):
    class Meta:
        model = Contact
        fields = ["person", "email", "phone", "disclosed_from"]


@login_required
def contact(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Whom to speak to; for managers also what others see, and who has seen it."""
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    can_manage = permissions.can_manage(request.user, organization.pk)
    if request.method == "POST":
        permissions.require(can_manage)
    found = services.read_contact(viewer=request.user, organization=organization)
    form = ContactForm(request.POST or None, instance=found) if can_manage else None
    if form and request.method == "POST" and form.is_valid():
        try:
            organization_services.set_contact(
                actor=request.user, organization=organization, **form.cleaned_data
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("proposals:contact", organization.pk)
    seen = Disclosure.objects.filter(organization=organization)
    return render(
        request,
        "proposals/contact.html",
        {
            "organization": organization,
            "contact": found,
            "form": form,
            "seen": seen.select_related("user", "flow").prefetch_related("user__organizations")[
                :DISCLOSURES_SHOWN
            ]
            if can_manage
            else [],
        },
        status=400 if form and form.errors else 200,
    )
