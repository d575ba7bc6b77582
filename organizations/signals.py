"""Model changes, told as events; they come from API, pages and admin alike."""

from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from organizations.models import Organization, ResourceFlow, Site
from turash.events.catalogue import (
    OrganizationCreated,
    ResourceFlowCreated,
    ResourceFlowDeleted,
    ResourceFlowUpdated,
    SiteCreated,
    SiteDeleted,
    SiteUpdated,
)
from turash.events.publishers import publish


@receiver(post_save, sender=Organization)
def organization_saved(instance: Organization, created: bool, **_: Any) -> None:  # noqa: FBT001
    if created:
        publish(OrganizationCreated(organization_id=instance.pk))


@receiver(post_save, sender=Site)
def site_saved(instance: Site, created: bool, **_: Any) -> None:  # noqa: FBT001
    event = SiteCreated if created else SiteUpdated
    publish(event(site_id=instance.pk, organization_id=instance.organization_id))


@receiver(post_delete, sender=Site)
def site_deleted(instance: Site, **_: Any) -> None:
    publish(SiteDeleted(site_id=instance.pk, organization_id=instance.organization_id))


@receiver(post_save, sender=ResourceFlow)
def resource_flow_saved(instance: ResourceFlow, created: bool, **_: Any) -> None:  # noqa: FBT001
    event = ResourceFlowCreated if created else ResourceFlowUpdated
    publish(event(flow_id=instance.pk, organization_id=instance.organization_id))


@receiver(post_delete, sender=ResourceFlow)
def resource_flow_deleted(instance: ResourceFlow, **_: Any) -> None:
    publish(ResourceFlowDeleted(flow_id=instance.pk, organization_id=instance.organization_id))
