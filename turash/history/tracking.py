"""Which tables have a history: said in migrations, held by triggers."""

from collections.abc import Sequence

from django.db import migrations

ALWAYS_HIDDEN = ("updated_at",)


def track(
    table: str,
    *,
    key: str = "id",
    organizations: Sequence[str] = (),
    hidden: Sequence[str] = (),
    secret: Sequence[str] = (),
) -> migrations.RunSQL:
    """
    Return the operation that gives a table a history.

    `organizations` are the columns of those concerned. A change of `hidden` columns is not written
    down; that of `secret` ones is, without the values.
    """
    arguments = ", ".join(
        f"'{','.join(names)}'"
        for names in ([key], organizations, [*ALWAYS_HIDDEN, *hidden], secret)
    )
    forward = f"""
CREATE TRIGGER history_of_additions AFTER INSERT ON {table}
REFERENCING NEW TABLE AS added FOR EACH STATEMENT
EXECUTE FUNCTION history_record_additions({arguments});

CREATE TRIGGER history_of_changes AFTER UPDATE ON {table}
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
EXECUTE FUNCTION history_record_change({arguments});

CREATE TRIGGER history_of_deletions AFTER DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION history_record_change({arguments});
"""
    backward = "".join(
        f"DROP TRIGGER history_of_{what} ON {table};\n"
        for what in ("additions", "changes", "deletions")
    )
    return migrations.RunSQL(forward, backward)
