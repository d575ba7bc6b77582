"""
What a file can bring in: its columns, how its rows are found again, checked and stored.

One engine for all kinds of rows, dry run and import: only the last step differs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from imports.columns import Column
from imports.models import Import, ImportKey, ImportRow
from organizations.models import Organization, User
from turash.spreadsheets import Cell

Outcome = ImportRow.Outcome


@dataclass(slots=True)
class Row:
    """A row of a file on its way: cells, values, the stored row it is about, what is wrong."""

    number: int
    cells: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)
    # What is stored under its key; None: it is new.
    stored: Any = None
    # The row as it is to be.
    wanted: Any = None
    changes: dict[str, list[Cell]] = field(default_factory=dict)
    title: str = ""

    def refuse(self, column: str, message: object) -> None:
        self.errors.append((column, str(message)))

    @property
    def outcome(self) -> Outcome:
        if self.errors:
            return Outcome.INVALID
        if self.stored is None:
            return Outcome.NEW
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED


@dataclass
class Context:
    """Whose import it is, and what it has learned; for one chunk of rows."""

    job: Import
    actor: User
    writes: bool
    decimal_comma: bool = False

    @cached_property
    def organization(self) -> Organization | None:
        return self.job.organization


class Resource:
    """A kind of rows; the methods below `examine` are what kinds differ in."""

    name: str
    label: Any
    about: Any = ""
    model: type[models.Model]
    columns: Sequence[Column]
    # Names that public files use for a column, and columns of theirs that are of no use here.
    aliases: Mapping[str, str] = {}
    ignored: frozenset[str] = frozenset()
    is_for_facilitators = False
    has_place = False
    # A file of another kind, which is taken as a whole.
    is_whole = False
    can_export = True

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def known_column(self, heading: str) -> str | None:
        """Return the column that a heading means; None: there is no such column."""
        name = heading.strip().lower().replace(" ", "_")
        name = self.aliases.get(name, name)
        return name if name in self.by_name else None

    def is_ignored(self, heading: str) -> bool:
        return heading.strip().lower().replace(" ", "_") in self.ignored

    # --- Who may ---------------------------------------------------------------------------

    def may_import(self, actor: User, organization: Organization | None) -> bool:
        """Whether somebody may bring such rows in, into an organization or any of theirs."""
        if actor.is_facilitator or self.is_for_facilitators:
            return actor.is_facilitator
        if organization is not None:
            return Organization.objects.editable_by(actor).filter(pk=organization.pk).exists()
        return Organization.objects.editable_by(actor).exists()

    # --- Reading ---------------------------------------------------------------------------

    def examine(self, context: Context, rows: Sequence[Row]) -> None:
        """Find out what becomes of rows; nothing is written, but what they name is noted."""
        for row in rows:
            self._read(context, row)
        self.resolve(context, rows)
        self._find_repetitions(context, rows)
        for row in rows:
            if not row.errors:
                self._compare(context, row)

    def _read(self, context: Context, row: Row) -> None:
        for name, text in row.cells.items():
            if not text:
                continue
            try:
                row.values[name] = self.by_name[name].read(
                    text, decimal_comma=context.decimal_comma
                )
            except ValueError as error:
                row.refuse(name, error)
        row.title = str(row.values.get("name") or row.values.get("code") or "")[:200]

    def _find_repetitions(self, context: Context, rows: Sequence[Row]) -> None:
        """A file that names something twice means one of them only; the first counts."""
        digests = {}
        for row in rows:
            if row.errors:
                continue
            key = self.key_of(row)
            digest = blake2b(repr(key).encode(), digest_size=8).digest()
            number = int.from_bytes(digest, "big", signed=True)
            earlier = digests.setdefault(number, row)
            if earlier is not row:
                self._refuse_repetition(row, earlier.number)
        known = ImportKey.objects.filter(job=context.job, digest__in=list(digests))
        for digest, number in known.values_list("digest", "number"):
            self._refuse_repetition(digests.pop(digest), number)
        ImportKey.objects.bulk_create(
            ImportKey(job=context.job, digest=digest, number=row.number)
            for digest, row in digests.items()
        )

    def _refuse_repetition(self, row: Row, earlier: int) -> None:
        row.refuse(
            "", _("Row %d is about the same; remove one of them or tell them apart.") % earlier
        )

    def _compare(self, context: Context, row: Row) -> None:
        """Make the row as it is to be, and tell in what it differs from what is stored."""
        is_new = row.stored is None
        wanted = self.model() if is_new else row.stored
        if is_new:
            for column in self.columns:
                if column.is_required and column.name not in row.values:
                    row.refuse(column.name, _("This is needed for a new row."))
            if row.errors:
                return
        before = {} if is_new else {name: self.by_name[name].tell(wanted) for name in row.cells}
        for name in row.cells:
            column = self.by_name[name]
            if not self.is_taken(name):
                continue
            column.put(wanted, row.values[name] if name in row.values else column.empty(wanted))
        self.complete(context, row, wanted)
        if not is_new:
            after = {name: self.by_name[name].tell(wanted) for name in row.cells}
            row.changes = {
                name: [before[name], after[name]]
                for name in row.cells
                if (before[name] or None) != (after[name] or None)
            }
            row.title = row.title or str(wanted)[:200]
        row.wanted = wanted
        if is_new or row.changes:
            self._check(row)

    def _check(self, row: Row) -> None:
        try:
            self.check(row)
        except ValidationError as error:
            self.take_errors(row, error)

    def take_errors(self, row: Row, error: ValidationError) -> None:
        """Note what a service would complain about, at the column that it speaks of."""
        if hasattr(error, "error_dict"):
            for name, messages in error.message_dict.items():
                column = self.column_of(name)
                for message in messages:
                    row.refuse(column, message)
            return
        for one in error.error_list:
            for message in one.messages:
                row.refuse(self.column_of(str(one.code or "")), message)

    def column_of(self, name: str) -> str:
        """Return the column of a field or of a violated constraint; empty: of the whole row."""
        if name in self.by_name:
            return name
        if name == NON_FIELD_ERRORS:
            return ""
        for column in self.columns:
            if column.attribute == name:
                return column.name
        # "organizations_resourceflow_amount_is_positive" speaks of the amount.
        rest = name.removeprefix(f"{self.model._meta.label_lower.replace('.', '_')}_")
        fitting = [column for column in self.by_name if rest.startswith(f"{column}_")]
        return max(fitting, key=len, default="")

    # --- Storing ---------------------------------------------------------------------------

    def store(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        """Write those that are new or changed; what is refused now is noted at its row."""
        chosen = [row for row in rows if row.outcome in (Outcome.NEW, Outcome.CHANGED)]
        if not chosen:
            return
        try:
            with transaction.atomic():
                self.write(context, chosen, announce=announce)
        except (DatabaseError, PermissionDenied, ValidationError):
            # One of them is the reason: which one, they tell by themselves.
            for row in chosen:
                self._store_alone(context, row, announce=announce)

    def _store_alone(self, context: Context, row: Row, *, announce: bool) -> None:
        try:
            with transaction.atomic():
                self.write(context, [row], announce=announce)
        except ValidationError as error:
            self.take_errors(row, error)
        except PermissionDenied as error:
            row.refuse("", error)
        except models.ProtectedError as error:
            row.refuse("", error.args[0])
        except DatabaseError as error:
            if not _is_refusal(error):
                raise
            row.refuse("", _("Somebody has changed what this row is about; import it again."))

    # --- What kinds differ in --------------------------------------------------------------

    def resolve(self, context: Context, rows: Sequence[Row]) -> None:
        """Find what rows refer to, and what is stored under their keys; in few questions."""
        raise NotImplementedError

    def key_of(self, row: Row) -> tuple:
        """Return what a row is about, so that a second one about the same is found."""
        raise NotImplementedError

    def is_taken(self, name: str) -> bool:
        """Whether a column is written into the row itself."""
        return True

    def complete(self, context: Context, row: Row, wanted: Any) -> None:
        """Set what follows from other columns."""

    def check(self, row: Row) -> None:
        """
        Check a row as its service would.

        :raises ValidationError: it would be refused.
        """
        raise NotImplementedError

    def write(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        """Store rows that are new or changed."""
        raise NotImplementedError

    # --- Export ----------------------------------------------------------------------------

    def visible(self, viewer: Any) -> Any:
        """Return the rows that somebody may export, as a QuerySet."""
        raise NotImplementedError

    def filtered(self, request: Any, queryset: Any) -> Any:
        """Apply the query parameters of the list."""
        return queryset

    def as_seen(self, viewer: Any, rows: Sequence[Any]) -> Iterable[Any]:
        """Return rows as the viewer may see them."""
        return rows

    def cells_of(self, row: Any) -> list[Cell]:
        return [column.tell(row) for column in self.columns]

    def place_of(self, row: Any) -> tuple[float, float] | None:
        """Longitude and latitude [degrees]."""
        return None


def _is_refusal(error: DatabaseError) -> bool:
    """Whether the database refuses the row; all else is its own trouble."""
    state = getattr(error.__cause__, "sqlstate", "") or ""
    return state.startswith(("22", "23"))


def one_by_one(rows: Sequence[Row]) -> Iterable[Row]:
    """Rows without errors so far."""
    return (row for row in rows if not row.errors)
