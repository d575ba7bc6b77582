"""The guided way in: what a site of the sector usually gives and needs; and where a town lies."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from organizations import drafting, permissions, sector_templates, services
from organizations.models import Organization
from organizations.onboarding import Step
from organizations.template_form import SizeForm, TemplateForm
from turash import places as gazetteer
from turash.errors import DomainError, InvalidInput, TooManyRequests
from turash.rate_limits import Limit, spend

# Somebody who types asks a few times a second.
RATE = Limit("places", burst=40, refill=timedelta(seconds=1), refilled=4)


@login_required
def start(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Propose the flows of a sector by one size, and declare those that are chosen."""
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_edit_resources(request.user, organization.pk))
    sites = organization.sites.order_by("name", "pk")
    if not sites:
        return redirect("organizations:site-create", organization.pk)
    key = f"template:{organization.pk}"
    asked = _asked(request, organization, key)
    template = sector_templates.all_templates().get(asked["sector"])
    if template is None:
        return _page(request, organization, templates=sector_templates.all_templates().values())
    asked["size"] = asked["size"] or f"{template.typical_size:f}"
    size_form = SizeForm(asked, template=template)
    if not size_form.is_valid():
        return _page(request, organization, template=template, size_form=size_form)
    size = size_form.cleaned_data["size"]
    form = TemplateForm(request.POST or None, template=template, size=size, sites=sites)
    chosen = {"sector": template.code, "size": f"{size:f}"}
    drafting.offer(request, form, key, only_of=chosen)
    if request.method == "POST" and form.is_valid() and _create(request, form):
        services.drop_draft(actor=request.user, form=key)
        return redirect("first-matches", organization.pk)
    return _page(
        request, organization, template=template, size_form=size_form, form=form, chosen=chosen
    )


def _asked(request: HttpRequest, organization: Organization, key: str) -> dict[str, str]:
    """The sector and size that were chosen, or begun with, or that the organization tells."""
    given = request.POST if request.method == "POST" else request.GET
    if "sector" not in given:
        draft = drafting.draft_of(request, key)
        if draft:
            given = drafting.content(draft)
    of_sector = sector_templates.of_sector(organization.sector)
    usual = of_sector.code if of_sector else ""
    return {"sector": given.get("sector", usual), "size": given.get("size", "")}


def _page(request: HttpRequest, organization: Organization, **context: Any) -> HttpResponse:
    forms = [context[name] for name in ("form", "size_form") if name in context]
    return render(
        request,
        "organizations/start.html",
        {"organization": organization, "step": Step.FLOWS, **context},
        status=400 if any(form.errors for form in forms) else 200,
    )


def _create(request: HttpRequest, form: TemplateForm) -> bool:
    """Declare the chosen flows; False where the form tells what is wrong."""
    site, rows = form.cleaned_data["site"], form.rows()
    try:
        services.create_flows(actor=request.user, site=site, rows=rows)
        return True
    except InvalidInput as error:
        for path, problems in error.errors.items():
            row, _dot, field = path.rpartition(".")
            text = "; ".join(problems)
            # The only field that one sees of a row is its amount.
            form.add_error(
                f"{row}-amount" if row else None, text if field == "amount" else f"{field}: {text}"
            )
    except DomainError as error:
        form.add_error(None, error.message)
    return False


@require_safe
def places(request: HttpRequest) -> JsonResponse:
    """The places whose name begins like `q`, for the picker: 401 for strangers, 429 too often."""
    if not request.user.is_authenticated:
        return JsonResponse({"places": []}, status=401)
    try:
        spend(RATE, request.user.pk)
    except TooManyRequests as error:
        return JsonResponse({"places": [], "error": error.message}, status=429)
    found = gazetteer.search(request.GET.get("q", ""))
    answer = JsonResponse({"places": [asdict(place) for place in found]})
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
