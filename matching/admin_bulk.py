"""Matching again, of many flows or organizations: brought to their lists, which do not know it."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from matching import services
from organizations.models import Organization, ResourceFlow
from turash.desk.admin import action_of
from turash.desk.kinds import Kind, register


def _request_run(actor: Any, organization: Organization) -> bool:
    services.request_run(actor=actor, organization=organization)
    return True


def _request_rematch(actor: Any, flow: ResourceFlow) -> bool:
    services.request_rematches([flow.pk])
    return True


def _runs_requested(count: int) -> str:
    return ngettext("%d run was requested.", "%d runs were requested.", count) % count


def _rematches_requested(count: int) -> str:
    return ngettext("%d flow will be matched.", "%d flows will be matched.", count) % count


RUNS = register(
    Kind(
        "request_runs",
        _("Compute the matches of the chosen again"),
        Organization,
        lambda keys: Organization.objects.filter(pk__in=keys),
        _request_run,
        _runs_requested,
    )
)
REMATCHES = register(
    Kind(
        "request_rematches",
        _("Match the chosen flows again"),
        ResourceFlow,
        lambda keys: ResourceFlow.objects.filter(pk__in=keys),
        _request_rematch,
        _rematches_requested,
    )
)

for _kind in (RUNS, REMATCHES):
    _model_admin = admin.site.get_model_admin(_kind.model)
    _model_admin.actions = [*(_model_admin.actions or []), action_of(_kind)]  # type: ignore[list-item]
