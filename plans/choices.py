"""What a plan chooses from, in columns: by the hundred thousand, objects would take longer."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from psycopg import sql

from matching.engine import parameters as p
from matching.masking import shown_instead
from organizations.disclosure import Viewpoint, coarse
from organizations.models import FlowContaminant, ResourceFlow
from plans.models import Plan, PlannedExchange, PlannedFlow, PlanPart
from plans.sides import supposed_of

# By which a choice is made, as columns of PlannedExchange.
NUMBERS = (
    "distance_m", "most_per_year", "least_per_year", "eur_per_unit", "co2_t_per_unit",
    "fixed_eur_per_year", "investment_eur_per_unit", "fixed_investment_eur",
)  # fmt: skip
PRECISIONS = list(ResourceFlow.PrecisionLevel)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a flow beside its exchanges."""

    organization_id: UUID
    place: tuple[float, float]  # longitude and latitude [°]
    spread: float  # how far what it has left may be off, as a share
    contents: dict[str, float] = field(default_factory=dict)  # of contaminants [mg/kg]
    is_declared: bool = True


@dataclass
class Choices:
    """Exchanges, a row each; they come in the order of the flows' numbers."""

    output_ids: list[UUID] = field(default_factory=list)
    input_ids: list[UUID] = field(default_factory=list)
    transports: list[str] = field(default_factory=list)
    must_be: list[bool] = field(default_factory=list)
    is_mixed: list[bool] = field(default_factory=list)
    numbers: dict[str, np.ndarray] = field(
        default_factory=lambda: {name: np.zeros(0) for name in NUMBERS}
    )
    keys: list[int] = field(default_factory=list)  # primary keys, once they are stored

    def __len__(self) -> int:
        return len(self.output_ids)

    def __getattr__(self, name: str) -> np.ndarray:
        if name in NUMBERS:
            return self.numbers[name]
        raise AttributeError(name)

    def __add__(self, other: "Choices") -> "Choices":
        return Choices(
            self.output_ids + other.output_ids,
            self.input_ids + other.input_ids,
            self.transports + other.transports,
            self.must_be + other.must_be,
            self.is_mixed + other.is_mixed,
            {name: np.concatenate([self.numbers[name], other.numbers[name]]) for name in NUMBERS},
        )

    def facts(self, plan: Plan) -> dict[UUID, Facts]:
        """Return what is known of the flows, in two queries and one more for contaminants."""
        return facts_of(plan, {*self.output_ids, *self.input_ids})

    def store(
        self, plan: Plan, parts: Sequence[PlanPart | None], declared: AbstractSet[UUID]
    ) -> None:
        """Write a row for each exchange into the database, with the part that it belongs to."""
        columns = [
            "plan_id", "part_id", "declared_output_id", "supposed_output_id", "declared_input_id",
            "supposed_input_id", "transport", "must_be", "is_mixed", *NUMBERS, "is_contracted",
            *_ZEROS,
        ]  # fmt: skip
        numbers = zip(*(self.numbers[name].tolist() for name in NUMBERS), strict=True)
        rest = (False, *[0.0] * len(_ZEROS))
        rows = zip(
            parts, self.output_ids, self.input_ids, self.transports, self.must_be, self.is_mixed,
            numbers, strict=True,
        )  # fmt: skip
        with connection.cursor() as cursor, cursor.cursor.copy(_copy_into(columns)) as copy:
            for part, output_id, input_id, transport, must_be, is_mixed, values in rows:
                copy.write_row((
                    plan.pk, part and part.pk, *_either(output_id, declared),
                    *_either(input_id, declared), transport, must_be, is_mixed, *values, *rest,
                ))  # fmt: skip


_ZEROS = (
    "quantity_per_year", "avoided_purchase_eur_per_year", "avoided_disposal_eur_per_year",
    "savings_eur_per_year", "co2_avoided_t_per_year", "investment_eur",
)  # fmt: skip


def _copy_into(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(PlannedExchange._meta.db_table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )


def _either(key: UUID, declared: AbstractSet[UUID]) -> tuple[UUID | None, UUID | None]:
    return (key, None) if key in declared else (None, key)


def of_part(part: PlanPart) -> Choices:
    """Read the exchanges of a part."""
    names = [
        "pk", "declared_output", "supposed_output", "declared_input", "supposed_input",
        "transport", "must_be", "is_mixed", *NUMBERS,
    ]  # fmt: skip
    # As they were stored: in the order of the flows' numbers.
    rows = list(part.exchanges.order_by("pk").values_list(*names))
    numbers = np.array([row[8:] for row in rows], dtype=float).reshape(-1, len(NUMBERS))
    return Choices(
        [row[1] or row[2] for row in rows],
        [row[3] or row[4] for row in rows],
        [row[5] for row in rows],
        [row[6] for row in rows],
        [row[7] for row in rows],
        dict(zip(NUMBERS, numbers.T, strict=True)),
        [row[0] for row in rows],
    )


def facts_of(plan: Plan, keys: set[UUID]) -> dict[UUID, Facts]:
    """Return what its readers may know of some flows; contaminants where the plan mixes."""
    shown = shown_instead(Viewpoint(plan.readers), keys)
    contents: dict[UUID, dict[str, float]] = {}
    if plan.is_blended:
        stated = FlowContaminant.objects.filter(flow__in=keys)
        for key, substance, mg in stated.values_list("flow", "substance", "mg_per_kg"):
            contents.setdefault(key, {})[substance] = float(coarse(mg)) if key in shown else mg
    rows = ResourceFlow.objects.filter(pk__in=keys).with_coordinates()
    names = ("pk", "organization", "longitude", "latitude", "precision_level",
             "quantity_per_year", "reserved_per_year")  # fmt: skip
    found = {}
    for key, owner, longitude, latitude, precision, amount, reserved in rows.order_by().values_list(
        *names
    ):
        if key in shown:
            amount, reserved = shown[key].quantity_per_year, shown[key].reserved_per_year
        spread = _spread(precision, amount, reserved)
        found[key] = Facts(owner, (longitude, latitude), spread, contents.get(key, {}))
    for flow in supposed_of(plan):
        if flow.pk in keys:
            spread = _spread(flow.precision_level, flow.quantity_per_year, 0.0)
            found[flow.pk] = Facts(
                flow.site_id, flow.site.location.coords, spread, is_declared=False
            )
    return found


def _spread(precision: str, amount: float, reserved: float) -> float:
    """Of what is left: what is under contract is certain, and the rest is off by all the more."""
    share = float(p.PRECISION_SHARES[PRECISIONS.index(ResourceFlow.PrecisionLevel(precision))])
    left = amount - reserved
    return min(1.0, share * amount / left) if left > 0 else 0.0


def note(model: type[PlannedExchange | PlannedFlow], keys: list[Any], **columns: Any) -> None:
    """Write columns of many rows at once; each has a value for every key."""
    if not keys:
        return
    names = list(columns)
    kinds = {"keys": "bigint[]"} | dict.fromkeys(names, "float8[]")
    statement = sql.SQL(
        "UPDATE {table} SET {sets} FROM unnest({arrays}) AS new (id, {names})"
        " WHERE {table}.id = new.id"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        sets=sql.SQL(", ").join(
            sql.SQL("{0} = new.{0}").format(sql.Identifier(name)) for name in names
        ),
        arrays=sql.SQL(", ").join(sql.SQL(f"%s::{kind}") for kind in kinds.values()),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
    )
    with connection.cursor() as cursor:
        cursor.cursor.execute(statement, [keys, *(list(columns[name]) for name in names)])
