"""The only writers of organizations, memberships, sites and flows."""

from organizations.services.acting import (
    CannotAct,
    acting_of,
    end_acting,
    end_overdue_acting,
    start_acting,
)
from organizations.services.contacts import hold_contact, set_contact
from organizations.services.conversions import (
    create_conversion,
    delete_conversion,
    save_conversion,
    update_conversion,
)
from organizations.services.disclosures import note_seen
from organizations.services.drafts import ChangedElsewhere, drop_draft, drop_old_drafts, save_draft
from organizations.services.erasing import erase_person, may_erase
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
    require_another_owner,
)
from organizations.services.merging import CannotMerge, merge_organizations, successor_of
from organizations.services.organizations import (
    StillInUse,
    count_completed_exchange,
    create_organization,
    delete_organization,
    save_organization,
    set_verified,
    update_organization,
)
from organizations.services.quality import (
    AskedLately,
    ask_owner,
    confirm_flow,
    dismiss_finding,
)
from organizations.services.sites import create_site, delete_site, save_site, update_site
from organizations.services.staff import assignable_roles, may_set_roles, set_roles
from organizations.services.starting import HasFlows, create_flows

__all__ = [
    "AskedLately",
    "CannotAct",
    "CannotMerge",
    "ChangedElsewhere",
    "HasFlows",
    "LastOwner",
    "StillInUse",
    "acting_of",
    "add_member",
    "ask_owner",
    "assignable_roles",
    "change_role",
    "check_flow",
    "confirm_flow",
    "count_completed_exchange",
    "create_conversion",
    "create_flow",
    "create_flows",
    "create_organization",
    "create_site",
    "delete_conversion",
    "delete_flow",
    "delete_organization",
    "delete_site",
    "dismiss_finding",
    "drop_draft",
    "drop_old_drafts",
    "end_acting",
    "end_overdue_acting",
    "erase_person",
    "hold_contact",
    "may_erase",
    "may_set_roles",
    "merge_organizations",
    "note_seen",
    "remove_member",
    "require_another_owner",
    "save_conversion",
    "save_draft",
    "save_flow",
    "save_organization",
    "save_site",
    "set_contact",
    "set_reserved",
    "set_roles",
    "set_verified",
    "start_acting",
    "successor_of",
    "update_conversion",
    "update_flow",
    "update_organization",
    "update_site",
]
