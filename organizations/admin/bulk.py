"""What facilitators do to many organizations or flows: each row by its service."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from organizations import services
from organizations.models import Organization, ResourceFlow
from turash.desk.kinds import Kind, register

Status = ResourceFlow.Status


def _organizations(keys: Collection[UUID]) -> QuerySet[Organization]:
    return Organization.objects.filter(pk__in=keys)


def _flows(keys: Collection[UUID]) -> QuerySet[ResourceFlow]:
    return ResourceFlow.objects.filter(pk__in=keys).select_related("site", "resource_type")


def _organizations_changed(count: int) -> str:
    return ngettext("%d organization changed.", "%d organizations changed.", count) % count


def _flows_changed(count: int) -> str:
    return ngettext("%d flow changed.", "%d flows changed.", count) % count


def _verifier(name: str, label: Any, *, verified: bool) -> Kind:
    def do(actor: Any, organization: Organization) -> bool:
        one = Organization.objects.filter(pk=organization.pk)
        return bool(services.set_verified(one, verified=verified))

    return register(
        Kind(
            name, label, Organization, _organizations, do, _organizations_changed,
            permission="organizations.change_organization",
        )
    )  # fmt: skip


def _setter(name: str, label: Any, status: str) -> Kind:
    def do(actor: Any, flow: ResourceFlow) -> bool:
        if flow.status == status:
            return False
        flow.status = status
        services.save_flow(flow)
        return True

    return register(
        Kind(
            name, label, ResourceFlow, _flows, do, _flows_changed,
            permission="organizations.change_resourceflow",
        )
    )  # fmt: skip


VERIFY = _verifier("verify", _("Mark the chosen as verified"), verified=True)
UNVERIFY = _verifier("unverify", _("Mark the chosen as not verified"), verified=False)
ACTIVATE = _setter("activate", _("Activate the chosen flows"), Status.ACTIVE)
PAUSE = _setter("pause", _("Pause the chosen flows"), Status.PAUSED)
ARCHIVE = _setter("archive", _("Archive the chosen flows"), Status.ARCHIVED)
