"""The admin of users, organizations, sites, resource types and flows."""

from organizations.admin.codes import SectorAdmin, WasteCodeAdmin
from organizations.admin.contacts import ContactAdmin, DisclosureAdmin
from organizations.admin.conversions import ConversionAdmin
from organizations.admin.flows import ResourceFlowAdmin
from organizations.admin.moderation import ActingAdmin, OrganizationMergeAdmin
from organizations.admin.organizations import MembershipAdmin, OrganizationAdmin
from organizations.admin.quality import FlowConfirmationAdmin, QualityFindingAdmin
from organizations.admin.resource_types import CurrencyRateAdmin, ResourceTypeAdmin
from organizations.admin.sites import SiteAdmin
from organizations.admin.users import UserAdmin

__all__ = [
    "ActingAdmin",
    "ContactAdmin",
    "ConversionAdmin",
    "CurrencyRateAdmin",
    "DisclosureAdmin",
    "FlowConfirmationAdmin",
    "MembershipAdmin",
    "OrganizationAdmin",
    "OrganizationMergeAdmin",
    "QualityFindingAdmin",
    "ResourceFlowAdmin",
    "ResourceTypeAdmin",
    "SectorAdmin",
    "SiteAdmin",
    "UserAdmin",
    "WasteCodeAdmin",
]
