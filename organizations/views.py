"""Pages of organizations, sites and flows."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from organizations import drafting, onboarding, permissions, profile, services
from organizations.disclosure import Viewpoint
from organizations.flow_form import ResourceFlowForm
from organizations.forms import ConversionForm, OrganizationForm, SiteForm
from organizations.models import Conversion, Membership, Organization, ResourceFlow, Site
from organizations.quality_views import questions_about
from organizations.querysets import EDITING_ROLES, MANAGING_ROLES
from turash.errors import DomainError
from turash.forms import add_errors

FLOWS_PER_PAGE = 50
SITES_SHOWN = 100
CONVERSIONS_SHOWN = 100


def organization_detail(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    flows = (
        ResourceFlow.objects.visible_to(request.user)
        .filter(organization=organization)
        .select_related("site", "organization", "resource_type")
        .order_by("direction", "name", "pk")
    )
    role = permissions.role_in(request.user, organization.pk)
    sites = organization.sites.order_by("name", "pk")[:SITES_SHOWN]
    page = Paginator(flows, FLOWS_PER_PAGE).get_page(request.GET.get("page"))
    viewpoint = Viewpoint(request.user)
    return render(
        request,
        "organizations/organization_detail.html",
        {
            "organization": organization,
            "role": Membership.Role(role).label if role else "",
            "sites": sites,
            "places": _places(sites),
            "conversions": Conversion.objects.visible_to(request.user)
            .filter(site__organization=organization)
            .for_display()[:CONVERSIONS_SHOWN],
            "page": page,
            "flows": [viewpoint.shown(flow) for flow in page],
            "can_edit": role in EDITING_ROLES,
            "can_manage": role in MANAGING_ROLES,
        },
    )


def _places(sites: Any) -> dict[str, Any]:
    """The sites as GeoJSON for a small map."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site.location.x, site.location.y]},
            "properties": {"id": str(site.pk), "title": site.name, "text": site.city},
        }
        for site in sites
    ]
    return {"type": "FeatureCollection", "features": features}


@login_required
def organization_create(request: HttpRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    drafting.offer(request, form, "organization-new")
    if request.method == "POST" and form.is_valid():
        organization = _save(
            form, services.create_organization, actor=request.user, **form.cleaned_data
        )
        if organization:
            return redirect("organizations:site-create", organization.pk)
    intro = _("An organization owns sites, and sites have flows. You become its owner.")
    return _form(request, form, _("New organization"), intro=intro, step=onboarding.Step.NAME)


@login_required
def organization_edit(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_manage(request.user, organization.pk))
    form = OrganizationForm(request.POST or None, instance=organization)
    key = f"organization-edit:{organization.pk}"
    drafting.offer(request, form, key, changed_at=organization.updated_at)
    if request.method == "POST" and form.is_valid():
        fields = {"actor": request.user, "organization": organization, **form.cleaned_data}
        if _save(form, services.update_organization, **fields):
            return redirect("organizations:organization-detail", organization.pk)
    return _form(request, form, _("Edit the organization"))


@login_required
def site_create(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_edit_resources(request.user, organization.pk))
    is_first = not organization.sites.exists()
    form = SiteForm(request.POST or None)
    drafting.offer(request, form, f"site-new:{organization.pk}")
    if request.method == "POST" and form.is_valid():
        fields = {"actor": request.user, "organization": organization, **form.cleaned_data}
        if _save(form, services.create_site, **fields):
            page = "start" if is_first else "organization-detail"
            return redirect(f"organizations:{page}", organization.pk)
    title = _("New site of %s") % organization
    if not is_first:
        return _form(request, form, title)
    intro = _("Where it is decides who is near. You can move it later.")
    return _form(request, form, title, intro=intro, step=onboarding.Step.SITE)


@login_required
def site_edit(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = get_object_or_404(Site.objects.visible_to(request.user), pk=site_id)
    permissions.require(permissions.can_edit_resources(request.user, site.organization_id))
    form = SiteForm(request.POST or None, instance=site)
    drafting.offer(request, form, f"site-edit:{site.pk}", changed_at=site.updated_at)
    if request.method == "POST" and form.is_valid():
        fields = {"actor": request.user, "site": site, **form.cleaned_data}
        if _save(form, services.update_site, **fields):
            return redirect("organizations:organization-detail", site.organization_id)
    return _form(
        request,
        form,
        _("Edit the site"),
        delete_url=reverse("organizations:site-delete", args=[site.pk]),
        question=_(
            "The site and its conversions will be gone. One that still has flows cannot be deleted."
        ),
    )


@login_required
def flow_create(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_edit_resources(request.user, organization.pk))
    sites = organization.sites.order_by("name", "pk")
    if not sites:
        messages.info(
            request, _("A flow leaves from a site or is needed at one: add a site first.")
        )
        return redirect("organizations:site-create", organization.pk)
    form = ResourceFlowForm(request.POST or None, sites=sites, initial={"site": sites[0]})
    drafting.offer(request, form, f"flow-new:{organization.pk}")
    if request.method == "POST" and form.is_valid():
        flow = _save(form, services.create_flow, actor=request.user, **form.cleaned_data)
        if flow:
            return redirect("organizations:flow-detail", flow.pk)
    return _flow_form(request, form, _("New flow of %s") % organization)


@login_required
def flow_edit(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    flow = get_object_or_404(ResourceFlow.objects.visible_to(request.user), pk=flow_id)
    permissions.require(permissions.can_edit_resources(request.user, flow.organization_id))
    sites = Site.objects.filter(organization=flow.organization_id).order_by("name", "pk")
    form = ResourceFlowForm(request.POST or None, sites=sites, instance=flow)
    drafting.offer(request, form, f"flow-edit:{flow.pk}", changed_at=flow.updated_at)
    if request.method == "POST" and form.is_valid():
        fields = {"actor": request.user, "flow": flow, **form.cleaned_data}
        if _save(form, services.update_flow, **fields):
            return redirect("organizations:flow-detail", flow.pk)
    return _flow_form(request, form, _("Edit the flow"))


def flow_detail(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    flow = get_object_or_404(
        ResourceFlow.objects.visible_to(request.user).for_display(), pk=flow_id
    )
    viewpoint = Viewpoint(request.user)
    flow = viewpoint.shown(flow)
    services.note_seen(viewpoint, [flow])
    can_edit = permissions.can_edit_resources(request.user, flow.organization_id)
    return render(
        request,
        "organizations/flow_detail.html",
        {
            "flow": flow,
            "questions": questions_about(flow) if can_edit else [],
            "facts": profile.facts(flow),
            "week": profile.week(flow.hours_of_week),
            "can_edit": can_edit,
            "sees_matches": permissions.can_read_matching(request.user, flow.organization_id),
        },
    )


@login_required
@require_POST
def flow_delete(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    flow = get_object_or_404(ResourceFlow.objects.visible_to(request.user), pk=flow_id)
    organization_id = flow.organization_id
    try:
        services.delete_flow(actor=request.user, flow=flow)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("organizations:flow-detail", flow_id)
    return redirect("organizations:organization-detail", organization_id)


@login_required
@require_POST
def site_delete(request: HttpRequest, site_id: UUID) -> HttpResponse:
    site = get_object_or_404(Site.objects.visible_to(request.user), pk=site_id)
    try:
        services.delete_site(actor=request.user, site=site)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("organizations:organization-detail", site.organization_id)


@login_required
def conversion_create(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_edit_resources(request.user, organization.pk))
    sites = organization.sites.order_by("name", "pk")
    if not sites:
        messages.info(request, _("A conversion takes place at a site: add a site first."))
        return redirect("organizations:site-create", organization.pk)
    form = ConversionForm(request.POST or None, sites=sites, initial={"site": sites[0]})
    if request.method == "POST" and form.is_valid():
        fields = {"actor": request.user, **form.cleaned_data}
        if _save(form, services.create_conversion, **fields):
            return redirect("organizations:organization-detail", organization.pk)
    intro = _("What you can make of a resource that others have, for others who need the product.")
    return _form(request, form, _("New conversion of %s") % organization, intro=intro)


@login_required
def conversion_edit(request: HttpRequest, conversion_id: UUID) -> HttpResponse:
    conversion = _conversion(request, conversion_id)
    organization = conversion.site.organization
    permissions.require(permissions.can_edit_resources(request.user, organization.pk))
    sites = organization.sites.order_by("name", "pk")
    form = ConversionForm(request.POST or None, sites=sites, instance=conversion)
    if request.method == "POST" and form.is_valid():
        fields = {"actor": request.user, "conversion": conversion, **form.cleaned_data}
        if _save(form, services.update_conversion, **fields):
            return redirect("organizations:organization-detail", organization.pk)
    return _form(
        request,
        form,
        _("Edit the conversion"),
        delete_url=reverse("organizations:conversion-delete", args=[conversion.pk]),
        question=_("The conversion will be gone."),
    )


@login_required
@require_POST
def conversion_delete(request: HttpRequest, conversion_id: UUID) -> HttpResponse:
    conversion = _conversion(request, conversion_id)
    services.delete_conversion(actor=request.user, conversion=conversion)
    return redirect("organizations:organization-detail", conversion.site.organization_id)


def _conversion(request: HttpRequest, conversion_id: UUID) -> Conversion:
    conversions = Conversion.objects.visible_to(request.user).for_display()
    return get_object_or_404(conversions, pk=conversion_id)


def _save(form: Any, service: Any, **fields: Any) -> Any:
    """Call a service; what it refuses is shown in the form, and None returned."""
    try:
        saved = service(**fields)
    except (ValidationError, DomainError) as error:
        add_errors(form, error)
        return None
    if hasattr(form, "drafting"):
        services.drop_draft(actor=fields["actor"], form=form.drafting.key)
    return saved


def _form(request: HttpRequest, form: Any, title: str, **context: Any) -> HttpResponse:
    return render(
        request,
        "organizations/form.html",
        {"form": form, "title": title, **context},
        status=400 if form.errors else 200,
    )


def _flow_form(request: HttpRequest, form: ResourceFlowForm, title: str) -> HttpResponse:
    return render(
        request,
        "organizations/flow_form.html",
        {"form": form, "title": title, "units": form.units_of_types()},
        status=400 if form.errors else 200,
    )
