"""Tokens that django-rest-knox has kept so far go on working; its table goes."""

from django.db import migrations

TAKE_OVER = """
DO $$
BEGIN
    IF to_regclass('knox_authtoken') IS NOT NULL THEN
        INSERT INTO callers_token
            (prefix, digest, user_id, name, scope, created_at, expires_at, last_used_at)
        SELECT token_key, digest, user_id, '', 'write', created, expiry, NULL FROM knox_authtoken
        ON CONFLICT DO NOTHING;
        DROP TABLE knox_authtoken;
        DELETE FROM django_migrations WHERE app = 'knox';
    END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("callers", "0001_initial")]

    operations = [migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop)]
