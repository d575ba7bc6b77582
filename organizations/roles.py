"""The groups of staff, and what each may do in the admin; docs/roles.md says it to people."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from organizations.models.user import StaffRole

# App → model → what may be done.
Rights = dict[str, dict[str, tuple[str, ...]]]

VIEW = ("view",)
EDIT = ("view", "add", "change")
ALL = (*EDIT, "delete")

# Figures of the region, without persons, contacts and conversations.
_ANALYSTS: Rights = {
    "organizations": {
        "organization": VIEW,
        "site": VIEW,
        "conversion": VIEW,
        "resourceflow": VIEW,
        "flowcontaminant": VIEW,
        "resourcetype": VIEW,
        "currencyrate": VIEW,
        "wastecode": VIEW,
        "sector": VIEW,
    },
    "matching": {
        "match": VIEW,
        "matchcluster": VIEW,
        "matchdismissal": VIEW,
        "matchingrun": VIEW,
        "matchingrunpartition": VIEW,
        "matchingweights": VIEW,
    },
    "proposals": {"proposal": VIEW, "proposalterms": VIEW},
    "exchanges": {"delivery": VIEW, "declaration": VIEW, "exchangefactors": VIEW},
    "plans": {
        "plan": VIEW,
        "planpart": VIEW,
        "plannedexchange": VIEW,
        "plannedflow": VIEW,
        "planrule": VIEW,
        "planshare": VIEW,
        "planclosure": VIEW,
        "supposedsite": VIEW,
        "supposedflow": VIEW,
    },
}

# Why somebody cannot sign in, got no e-mail, or sees nothing new.
_SUPPORT: Rights = {
    "organizations": {
        "organization": VIEW,
        "membership": VIEW,
        "site": VIEW,
        "resourceflow": VIEW,
        "flowcontaminant": VIEW,
        "user": VIEW,
    },
    "matching": {"matchingrun": VIEW, "matchingrunpartition": VIEW, "rematchrequest": VIEW},
    "events": {"domainevent": VIEW, "eventdelivery": VIEW},
    "realtime": {"notification": VIEW, "readmark": VIEW},
    "mail": {"mail": VIEW, "mailpreference": VIEW},
    "callers": {"token": ("view", "delete")},
    "history": {"change": VIEW},
}

# What the system computes and records they only view, and act on through the admin's actions.
_FACILITATORS: Rights = {
    "organizations": {
        "organization": ALL,
        "acting": VIEW,
        "contact": VIEW,
        "disclosure": VIEW,
        "membership": ALL,
        "organizationmerge": VIEW,
        "site": ALL,
        "conversion": ALL,
        "resourceflow": ALL,
        "flowcontaminant": ALL,
        "flowconfirmation": VIEW,
        "qualityfinding": VIEW,
        "resourcetype": EDIT,
        "currencyrate": EDIT,
        "user": EDIT,
        "wastecode": ALL,
        "sector": ALL,
    },
    "matching": _ANALYSTS["matching"]
    | {
        "matchdismissal": ("view", "change", "delete"),
        "proposalevidence": VIEW,
        "rematchrequest": VIEW,
    },
    "proposals": {
        "proposal": VIEW,
        "attachment": VIEW,
        "attachmentdownload": VIEW,
        "proposalmessage": VIEW,
        "proposalterms": VIEW,
        "proposaltransition": VIEW,
        "proposalreminder": VIEW,
    },
    "exchanges": _ANALYSTS["exchanges"],
    "plans": _ANALYSTS["plans"],
    "webhooks": {"webhook": VIEW, "webhookdelivery": VIEW, "webhookattempt": VIEW},
    "imports": {"import": VIEW, "importrow": VIEW},
    "events": _SUPPORT["events"],
    "realtime": _SUPPORT["realtime"],
    "mail": _SUPPORT["mail"],
    "history": _SUPPORT["history"],
    "desk": {"bulkaction": VIEW},
}

# They decide about persons: roles and erasure are not permissions of rows, see the services.
_REGION_ADMINS: Rights = _FACILITATORS | {"callers": _SUPPORT["callers"]}

RIGHTS: dict[StaffRole, Rights] = {
    StaffRole.FACILITATOR: _FACILITATORS,
    StaffRole.REGION_ADMIN: _REGION_ADMINS,
    StaffRole.ANALYST: _ANALYSTS,
    StaffRole.SUPPORT: _SUPPORT,
}


def grant_permissions(app_config: AppConfig, using: str, **_: Any) -> None:
    """
    Give each group what it may do with the models of an app (a receiver of `post_migrate`).

    Adds what is missing and takes nothing away, so that a superuser's additions stay.
    """
    for role, rights in RIGHTS.items():
        models = rights.get(app_config.label)
        if not models:
            continue
        wanted = Q()
        for model, actions in models.items():
            wanted |= Q(
                content_type__model=model, codename__in=[f"{action}_{model}" for action in actions]
            )
        group, _created = Group.objects.using(using).get_or_create(name=role.value)
        permissions = Permission.objects.using(using).filter(
            wanted, content_type__app_label=app_config.label
        )
        group.permissions.add(*permissions)
