"""Pages of webhooks: those of an organization, and what each was sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from organizations import permissions as access
from organizations.models import Organization
from turash.errors import DomainError, InvalidInput
from turash.forms import add_errors
from webhooks import services
from webhooks.forms import WebhookForm
from webhooks.models import Webhook

DELIVERIES_SHOWN = 25


@login_required
@never_cache
def webhook_list(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Webhooks of an organization; the secret of a new one is shown once, in this answer."""
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    can_manage = access.can_manage(request.user, organization.pk)
    access.require(can_manage or request.user.is_facilitator)
    made, secret = None, ""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.create_webhook(
                actor=request.user, organization=organization, **form.cleaned_data
            )
        except (DomainError, InvalidInput) as error:
            add_errors(form, error)
        else:
            form = WebhookForm()
    context = {
        "organization": organization,
        "webhooks": organization.webhooks.all()[: services.MOST_WEBHOOKS],
        "can_manage": can_manage,
        "form": form,
        "made": made,
        "secret": secret,
    }
    status = 400 if form.errors else 200
    return render(request, "webhooks/webhook_list.html", context, status=status)


@login_required
@never_cache
def webhook_detail(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """
    A webhook, its form and its log.

    With htmx the log alone, which asks for itself while something is on its way.
    """
    webhook = _webhook(request, webhook_id)
    if request.htmx:
        return render(request, "webhooks/_deliveries.html", _log(request, webhook))
    form = _form_of(webhook, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_webhook(actor=request.user, webhook=webhook, **form.cleaned_data)
        except (DomainError, InvalidInput) as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("webhooks:webhook-detail", webhook.pk)
    return _page(request, webhook, form=form, status=400 if form.errors else 200)


@login_required
@never_cache
@require_POST
def webhook_rotate(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Make a new secret; it is shown once, in this answer."""
    webhook = _webhook(request, webhook_id)
    secret = services.rotate_secret(
        actor=request.user, webhook=webhook, at_once="at_once" in request.POST
    )
    return _page(request, webhook, secret=secret)


@login_required
@require_POST
def webhook_test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    webhook = _webhook(request, webhook_id)
    try:
        services.send_test(actor=request.user, webhook=webhook)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("webhooks:webhook-detail", webhook.pk)


@login_required
@require_POST
def webhook_enable(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    services.enable_webhook(actor=request.user, webhook=_webhook(request, webhook_id))
    return redirect("webhooks:webhook-detail", webhook_id)


@login_required
@require_POST
def webhook_disable(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    services.disable_webhook(actor=request.user, webhook=_webhook(request, webhook_id))
    return redirect("webhooks:webhook-detail", webhook_id)


@login_required
@require_POST
def webhook_delete(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    webhook = _webhook(request, webhook_id)
    organization_id = webhook.organization_id
    services.delete_webhook(actor=request.user, webhook=webhook)
    messages.success(request, _("The webhook is gone."))
    return redirect("webhooks:webhook-list", organization_id)


@login_required
@require_POST
def delivery_replay(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    webhook = _webhook(request, webhook_id)
    delivery = get_object_or_404(webhook.deliveries.select_related("webhook"), pk=delivery_id)
    try:
        services.replay(actor=request.user, delivery=delivery)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("webhooks:webhook-detail", webhook.pk)


def _webhook(request: HttpRequest, webhook_id: UUID) -> Webhook:
    webhooks = Webhook.objects.visible_to(request.user).select_related("organization")
    return get_object_or_404(webhooks, pk=webhook_id)


def _page(
    request: HttpRequest,
    webhook: Webhook,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"form": form or _form_of(webhook), "secret": secret} | _log(request, webhook)
    return render(request, "webhooks/webhook_detail.html", context, status=status)


def _form_of(webhook: Webhook, data: Any = None) -> WebhookForm:
    values = {name: getattr(webhook, name) for name in WebhookForm.base_fields}
    return WebhookForm(data, initial=values)


def _log(request: HttpRequest, webhook: Webhook) -> dict[str, Any]:
    rows = webhook.deliveries.for_display().newest_first()
    page = Paginator(rows, DELIVERIES_SHOWN).get_page(request.GET.get("page"))
    # Those that are tried again in hours need no page that looks every second.
    is_moving = webhook.is_active and any(row.is_waiting and row.tries < 2 for row in page)
    return {
        "webhook": webhook,
        "page": page,
        "is_moving": is_moving,
        "can_manage": access.can_manage(request.user, webhook.organization_id),
    }
