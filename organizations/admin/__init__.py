"""The admin of users, organizations, sites, resource types and flows."""

from organizations.admin.codes import SectorAdmin, WasteCodeAdmin
from organizations.admin.contacts import ContactAdmin, DisclosureAdmin
from organizations.admin.conversions import ConversionAdmin
from organizations.admin.flows import ResourceFlowAdmin
from organizations.admin.organizations import MembershipAdmin, OrganizationAdmin
from organizations.admin.resource_types import CurrencyRateAdmin, ResourceTypeAdmin
from organizations.admin.sites import SiteAdmin
from organizations.admin.users import UserAdmin

__all__ = [
    "ContactAdmin",
    "ConversionAdmin",
    "CurrencyRateAdmin",
    "DisclosureAdmin",
    "MembershipAdmin",
    "OrganizationAdmin",
    "ResourceFlowAdmin",
    "ResourceTypeAdmin",
    "SectorAdmin",
    "SiteAdmin",
    "UserAdmin",
    "WasteCodeAdmin",
]
