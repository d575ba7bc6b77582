"""Who, where, what: users, organizations, sites, resource types and resource flows."""

from organizations.models.codes import Sector, WasteCode
from organizations.models.contact import Contact, Disclosure
from organizations.models.conversion import Conversion
from organizations.models.draft import Draft
from organizations.models.flow import FlowContaminant, ResourceFlow
from organizations.models.moderation import Acting, OrganizationMerge
from organizations.models.organization import Membership, Organization, Visibility
from organizations.models.quality import FlowConfirmation, QualityFinding
from organizations.models.resource_type import CurrencyRate, ResourceType
from organizations.models.site import Site
from organizations.models.user import User

__all__ = [
    "Acting",
    "Contact",
    "Conversion",
    "CurrencyRate",
    "Disclosure",
    "Draft",
    "FlowConfirmation",
    "FlowContaminant",
    "Membership",
    "Organization",
    "OrganizationMerge",
    "QualityFinding",
    "ResourceFlow",
    "ResourceType",
    "Sector",
    "Site",
    "User",
    "Visibility",
    "WasteCode",
]
