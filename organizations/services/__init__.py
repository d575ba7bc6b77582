"""The only writers of organizations, memberships, sites and flows."""

from organizations.services.contacts import hold_contact, set_contact
from organizations.services.conversions import (
    create_conversion,
    delete_conversion,
    save_conversion,
    update_conversion,
)
from organizations.services.disclosures import note_seen
from organizations.services.flows import (
    check_flow,
    create_flow,
    delete_flow,
    save_flow,
    set_reserved,
    update_flow,
)
from organizations.services.memberships import (
    LastOwner,
    add_member,
    change_role,
    remove_member,
)
from organizations.services.organizations import (
    StillInUse,
    count_completed_exchange,
    create_organization,
    delete_organization,
    save_organization,
    set_verified,
    update_organization,
)
from organizations.services.sites import create_site, delete_site, save_site, update_site

__all__ = [
    "LastOwner",
    "StillInUse",
    "add_member",
    "change_role",
    "check_flow",
    "count_completed_exchange",
    "create_conversion",
    "create_flow",
    "create_organization",
    "create_site",
    "delete_conversion",
    "delete_flow",
    "delete_organization",
    "delete_site",
    "hold_contact",
    "note_seen",
    "remove_member",
    "save_conversion",
    "save_flow",
    "save_organization",
    "save_site",
    "set_contact",
    "set_reserved",
    "set_verified",
    "update_conversion",
    "update_flow",
    "update_organization",
    "update_site",
]
