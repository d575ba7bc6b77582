"""Who changes things while everything falls over: through the web, and through the services."""

import json
import random
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import DatabaseError, close_old_connections, connection, transaction

from organizations import services
from organizations.models import ResourceFlow, User

PAUSE_S = 0.02


class _ChangeOfMind(Exception):
    pass


@dataclass
class Writer(threading.Thread):
    """
    Edits its own flows, one edit after the other, and notes what was confirmed to it.

    The name of a flow ends with the number of its last edit; an edit that was not confirmed may
    have been made or not.
    """

    user: User
    flow_ids: list
    seed: int
    confirmed: dict[Any, int] = field(default_factory=dict)
    edits: int = 0
    together: ClassVar[int] = 1
    rolled_back: int = 0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.chance = random.Random(self.seed)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        number = 0
        while not self.stopping.wait(PAUSE_S):
            number += 1
            flow_ids = self.chance.sample(self.flow_ids, self.together)
            amount = self.chance.randint(100, 5000)
            if self.edit(flow_ids, number, amount):
                self.confirmed |= dict.fromkeys(flow_ids, number)
                self.edits += len(flow_ids)

    def edit(self, flow_ids: list, number: int, amount: int) -> bool:
        """Change flows; returns whether that was confirmed."""
        raise NotImplementedError


class ServiceWriter(Writer):
    """Uses the services, for several flows at a time; a tenth of its edits is rolled back."""

    together = 3

    def edit(self, flow_ids: list, number: int, amount: int) -> bool:
        close_old_connections()
        is_unsure = self.chance.random() < 0.1
        try:
            with transaction.atomic():
                name = f"rolled back {number}" if is_unsure else f"edit {number}"
                for flow in ResourceFlow.objects.filter(pk__in=flow_ids):
                    services.update_flow(actor=self.user, flow=flow, name=name, amount=amount)
                if is_unsure:
                    raise _ChangeOfMind
        except _ChangeOfMind:
            self.rolled_back += 1
            return False
        except DatabaseError:
            connection.close()
            return False
        return True


@dataclass
class WebWriter(Writer):
    """Uses the API, with a token."""

    url: str = ""
    token: str = ""

    __hash__ = Writer.__hash__

    def edit(self, flow_ids: list, number: int, amount: int) -> bool:
        (flow_id,) = flow_ids
        body = {"name": f"edit {number}", "quantity": {"amount": amount}}
        request = urllib.request.Request(
            f"{self.url}/api/v1/resource-flows/{flow_id}",
            data=json.dumps(body).encode(),
            method="PATCH",
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False
