"""The database of tests: what Django does to it for each test, in two statements."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.contrib.gis.db.backends.postgis.base import DatabaseWrapper as PostGISWrapper
from django.contrib.gis.db.backends.postgis.operations import PostGISOperations
from django.core.management.color import Style
from django.db.backends.postgresql.creation import DatabaseCreation as PostgreSQLCreation
from django.db.backends.utils import CursorWrapper

# Our tables; others belong to PostGIS, or say which migrations have been applied.
_TABLES = """
    SELECT oid::regclass::text, ARRAY(
        SELECT quote_ident(attname) FROM pg_attribute
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '')
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND oid <> 'django_migrations'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    ORDER BY 1"""


# Where a worker of xdist finds what another one has migrated.
_MIGRATED = "test_turash_migrated"
_ONE_AT_A_TIME = 4211


class DatabaseCreation(PostgreSQLCreation):
    def create_test_db(
        self,
        verbosity: int = 1,
        autoclobber: bool = False,
        serialize: bool = True,
        keepdb: bool = False,
    ) -> str:
        """Have the first worker of xdist migrate, and all others copy what it has got."""
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
        create = super().create_test_db
        if run is None or keepdb:
            return create(verbosity, autoclobber, serialize, keepdb)
        with self._alone() as cursor:
            cursor.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
                [_MIGRATED],
            )
            if cursor.fetchone() == (run,):
                self.connection.settings_dict["TEST"]["TEMPLATE"] = _MIGRATED
                return create(verbosity, autoclobber, serialize, keepdb)
            name = create(verbosity, autoclobber, serialize, keepdb)
            self._leave_unswept()
            self.connection.close()
            cursor.execute(f"DROP DATABASE IF EXISTS {_MIGRATED}")
            cursor.execute(f"CREATE DATABASE {_MIGRATED} TEMPLATE {name}")
            cursor.execute(f"COMMENT ON DATABASE {_MIGRATED} IS '{run}'")
        return name

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = super()._create_test_db(verbosity, autoclobber, keepdb)
        with self._nodb_cursor() as cursor:
            # Also on a server that was started as a durable one, by `make check` for example.
            cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        return name

    def _leave_unswept(self) -> None:
        """Each test leaves dead rows behind; the database goes before they are in the way."""
        with self.connection.cursor() as cursor:
            cursor.execute(_TABLES)
            for table, _ in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        super()._destroy_test_db(test_database_name, verbosity)
        with self._alone() as cursor:
            # Who comes later than the first one goes will migrate.
            cursor.execute(f"DROP DATABASE IF EXISTS {_MIGRATED}")

    @contextmanager
    def _alone(self) -> Iterator[CursorWrapper]:
        """Keep other workers out meanwhile; a cursor outside of the databases of tests."""
        with self._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
            yield cursor

    def serialize_db_to_string(self) -> str:
        """
        Copy the rows of all tables aside; return the statements that bring them back.

        Django would read them all, and save each as a model again: a third of a second a test.
        """
        statements = [_emptying(self.connection)]
        with self.connection.cursor() as cursor:
            # A database that was kept has one already.
            cursor.execute("DROP SCHEMA IF EXISTS aside CASCADE")
            cursor.execute("CREATE SCHEMA aside")
            cursor.execute(_TABLES)
            for table, columns in cursor.fetchall():
                cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
                if cursor.fetchone()[0]:
                    names = ", ".join(columns)
                    cursor.execute(f"CREATE TABLE aside.{table} AS SELECT {names} FROM {table}")
                    statements.append(
                        f"INSERT INTO {table} ({names}) SELECT {names} FROM aside.{table}"
                    )
        return ";\n".join(statements)

    def deserialize_db_from_string(self, data: str) -> None:
        self.connection.ops.execute_sql_flush([data])


class DatabaseOperations(PostGISOperations):
    def sql_flush(
        self,
        style: Style,
        tables: Collection[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Empty all tables: to delete a few rows takes less than to make new files for all."""
        assert not reset_sequences
        return [_emptying(self.connection)]


class DatabaseWrapper(PostGISWrapper):
    creation_class = DatabaseCreation
    ops_class = DatabaseOperations


def _emptying(connection: PostGISWrapper) -> str:
    """Return the statements that empty all tables, once nobody else is at work on them."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [table for table, _ in cursor.fetchall()]
    return ";\n".join(
        [
            f"LOCK TABLE {', '.join(tables)}",
            # Neither triggers nor foreign keys, as when tables are truncated.
            "SET LOCAL session_replication_role = replica",
            *(f"DELETE FROM {table}" for table in tables),
        ]
    )
