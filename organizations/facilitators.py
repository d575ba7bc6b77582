"""The group of those who look after Turash, and what they may do in the admin."""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from organizations.models.user import FACILITATORS

ALL = ("view", "add", "change", "delete")
# App → model → what facilitators may do. What the system computes and records they only view, and
# act on through the admin's actions. Who is staff is for superusers to say.
PERMISSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "organizations": {
        "organization": ALL,
        "contact": ("view",),
        "contactdisclosure": ("view",),
        "membership": ALL,
        "site": ALL,
        "conversion": ALL,
        "resourceflow": ALL,
        "flowcontaminant": ALL,
        "resourcetype": ("view", "add", "change"),
        "currencyrate": ("view", "add", "change"),
        "user": ("view", "add", "change"),
        "wastecode": ALL,
        "sector": ALL,
    },
    "matching": {
        "match": ("view",),
        "matchcluster": ("view",),
        "matchdismissal": ("view", "change", "delete"),
        "matchingrun": ("view",),
        "matchingrunpartition": ("view",),
        "matchingweights": ("view",),
        "proposalevidence": ("view",),
        "rematchrequest": ("view",),
    },
    "proposals": {
        "proposal": ("view",),
        "attachment": ("view",),
        "attachmentdownload": ("view",),
        "proposalmessage": ("view",),
        "proposalterms": ("view",),
        "proposaltransition": ("view",),
        "proposalreminder": ("view",),
    },
    "exchanges": {
        "delivery": ("view",),
        "declaration": ("view",),
        "exchangefactors": ("view",),
    },
    "plans": {
        "plan": ("view",),
        "planpart": ("view",),
        "plannedexchange": ("view",),
        "plannedflow": ("view",),
        "planrule": ("view",),
        "planshare": ("view",),
    },
    "webhooks": {
        "webhook": ("view",),
        "webhookdelivery": ("view",),
        "webhookattempt": ("view",),
    },
    "imports": {"import": ("view",), "importrow": ("view",)},
    "events": {"domainevent": ("view",), "eventdelivery": ("view",)},
    "realtime": {"notification": ("view",), "readmark": ("view",)},
    "mail": {"mail": ("view",), "mailpreference": ("view",)},
}


def grant_permissions(app_config: AppConfig, using: str, **_: Any) -> None:
    """
    Give the group what it may do with the models of an app (a receiver of `post_migrate`).

    Adds what is missing and takes nothing away, so that a superuser's additions stay.
    """
    models = PERMISSIONS.get(app_config.label)
    if not models:
        return
    wanted = Q()
    for model, actions in models.items():
        wanted |= Q(
            content_type__model=model, codename__in=[f"{action}_{model}" for action in actions]
        )
    group, _created = Group.objects.using(using).get_or_create(name=FACILITATORS)
    group.permissions.add(
        *Permission.objects.using(using).filter(wanted, content_type__app_label=app_config.label)
    )
