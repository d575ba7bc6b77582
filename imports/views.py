"""Pages of imports and exports."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import ValidationError as ApiValidationError

from imports import exporting, services
from imports.forms import ImportForm, ImportUploadHandler
from imports.models import Import, ImportRow
from imports.resources import EXPORTED, RESOURCES
from organizations.models import Organization
from turash.errors import DomainError, InvalidInput
from turash.forms import add_errors

IMPORTS_SHOWN = 50
ROWS_PER_PAGE = 50
FORM_FIELDS = ("resource", "organization")


@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    """One's imports, a form for another one, and what can be taken out."""
    form = ImportForm(actor=request.user, initial=_initial(request))
    return _list(request, form)


def _initial(request: HttpRequest) -> dict[str, Any]:
    initial = {name: request.GET[name] for name in FORM_FIELDS if request.GET.get(name)}
    if "organization" in initial:
        wanted = Organization.objects.editable_by(request.user).filter(slug=initial["organization"])
        initial["organization"] = wanted.first()
    return initial


def _list(request: HttpRequest, form: ImportForm, status: int = 200) -> HttpResponse:
    imports = Import.objects.visible_to(request.user).for_display()[:IMPORTS_SHOWN]
    kinds = [
        {
            "resource": resource,
            "exports": exporting.formats_of(resource) if resource.can_export else [],
            "can_import": resource.may_import(request.user, None),
        }
        for resource in RESOURCES.values()
        if resource.can_export or resource.may_import(request.user, None)
    ]
    context = {
        "form": form,
        "imports": [(job, _label(job)) for job in imports],
        "is_working": any(job.is_working for job in imports),
        "kinds": kinds,
    }
    return render(request, "imports/import_list.html", context, status=status)


def _label(job: Import) -> Any:
    return RESOURCES[job.resource].label


@csrf_exempt
@login_required
@require_POST
def import_create(request: HttpRequest) -> HttpResponse:
    """Take a file; set up before the form is read, which the check of its token does."""
    request.upload_handlers = [
        ImportUploadHandler(request, settings.IMPORT_LARGEST_BYTES),
        TemporaryFileUploadHandler(request),
    ]
    return _create(request)


@csrf_protect
def _create(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES, actor=request.user)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            job = services.request_import(
                actor=request.user,
                resource=form.cleaned_data["resource"],
                organization=form.cleaned_data["organization"],
                name=upload.name or "",
                chunks=upload.chunks(),
            )
        except (InvalidInput, DomainError) as error:
            add_errors(form, error)
        except PermissionDenied as error:
            form.add_error(None, str(error))
        else:
            return redirect("imports:import-detail", job.pk)
    return _list(request, form, 400)


@login_required
def import_detail(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """How far an import is, what it has found, row by row; with htmx the part that changes."""
    job = _import(request, import_id)
    outcome = request.GET.get("outcome", "")
    if outcome not in ImportRow.Outcome.values:
        # What has to be looked at comes first.
        outcome = next(
            (name for name in ("invalid", "changed", "new", "unchanged") if job.counts[name]), "new"
        )
    rows = job.rows.filter(outcome=outcome).order_by("number", "pk")
    context = {
        "job": job,
        "label": _label(job),
        "outcomes": [
            (value, label, job.counts[value]) for value, label in ImportRow.Outcome.choices
        ],
        "outcome": outcome,
        "page": Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "may_act": request.user.is_facilitator or job.requested_by_id == request.user.pk,
        "written": job.counts["new"] + job.counts["changed"],
    }
    template = "imports/_import.html" if request.htmx else "imports/import_detail.html"
    return render(request, template, context)


@login_required
@require_POST
def import_confirm(request: HttpRequest, import_id: UUID) -> HttpResponse:
    job = _import(request, import_id)
    try:
        services.confirm_import(actor=request.user, import_id=job.pk)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("imports:import-detail", job.pk)


@login_required
@require_POST
def import_cancel(request: HttpRequest, import_id: UUID) -> HttpResponse:
    job = _import(request, import_id)
    try:
        services.cancel_import(actor=request.user, import_id=job.pk)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("imports:import-detail", job.pk)


@login_required
@require_safe
def report(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """The rows that are told of, as a table."""
    job = _import(request, import_id)
    table = [["row", "outcome", "name", "errors", "changes"]]
    for row in job.rows.order_by("number", "pk"):
        wrong = "; ".join(f"{one['field']}: {one['message']}" for one in row.errors)
        changes = "; ".join(f"{name}: {old} → {new}" for name, (old, new) in row.changes.items())
        table.append([row.number, row.outcome, row.title, wrong, changes])
    chunks = exporting.table_chunks("report", table, "csv")
    return exporting.answer(request, chunks, f"turash-import-{job.pk}", "csv")


@login_required
@require_safe
def template(request: HttpRequest, resource: str, kind: str) -> HttpResponse:
    """A file to fill in."""
    found = RESOURCES.get(resource)
    if found is None or found.is_whole:
        raise Http404
    try:
        return exporting.template_response(found, kind)
    except InvalidInput as error:
        raise Http404 from error


@login_required
@require_safe
def export(request: HttpRequest, resource: str, kind: str) -> HttpResponse:
    """The rows that one sees, with the filters of the API's list."""
    found = EXPORTED.get(resource)
    if found is None:
        raise Http404
    try:
        return exporting.export_response(request, found, kind)
    except (InvalidInput, ApiValidationError, DomainError) as error:
        messages.error(request, _reason(error))
        return redirect("imports:import-list")


def _reason(error: Any) -> str:
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, InvalidInput):
        return " ".join(message for texts in error.errors.values() for message in texts)
    return _("A filter of the export makes no sense: %s") % ", ".join(error.detail)


def _import(request: HttpRequest, import_id: UUID) -> Import:
    imports = Import.objects.visible_to(request.user).for_display()
    return get_object_or_404(imports, pk=import_id)
