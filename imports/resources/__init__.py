"""All kinds of rows that files bring in and take out."""

from imports.resources.base import Context, Resource, Row
from imports.resources.flows import FlowResource
from imports.resources.hotmaps import HotmapsResource
from imports.resources.organizations import OrganizationResource
from imports.resources.references import (
    CurrencyRateResource,
    ResourceTypeResource,
    SectorResource,
    WasteCodeResource,
)
from imports.resources.sites import SiteResource

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        FlowResource(),
        SiteResource(),
        OrganizationResource(),
        ResourceTypeResource(),
        WasteCodeResource(),
        SectorResource(),
        CurrencyRateResource(),
        HotmapsResource(),
    )
}
EXPORTED = {name: resource for name, resource in RESOURCES.items() if resource.can_export}

__all__ = ["EXPORTED", "RESOURCES", "Context", "Resource", "Row"]
