#!/bin/sh
# From a bare machine to one that can run Turash; quick when nothing is missing.
# Usage: setup.sh [--tests]   (with what only the tests need: a browser, linters)
set -eu
cd "$(dirname "$0")/../.."

wants_tests=no
[ "${1:-}" = "--tests" ] && wants_tests=yes
lock=requirements.lock
[ "$wants_tests" = yes ] && lock=requirements-dev.lock
python=.local/venv/bin/python

say() { printf '\033[1m%s\033[0m\n' "$*"; }

has_python() { python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; }
has_postgis() {
    ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 ||
        { command -v pg_config >/dev/null && [ -e "$(pg_config --sharedir)/extension/postgis.control" ]; }
}
has_library() { { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -q "$1"; }

# --- Packages of the system -------------------------------------------------------------------

packages=""
names=""
need() { packages="$packages $1"; names="$names
  - $2"; }
has_python || need "python3 python3-venv" "Python 3.11 or newer with venv"
has_postgres || need "postgresql-15" "PostgreSQL 15 or newer"
has_postgis || need "postgresql-15-postgis-3" "PostGIS 3.3 or newer"
has_library libgdal.so || need "libgdal32" "the GDAL library"
command -v redis-server >/dev/null || need "redis-server" "Redis 6 or newer"
command -v msgfmt >/dev/null || need "gettext" "GNU gettext"
if [ "$wants_tests" = yes ]; then
    command -v chromium >/dev/null || need "chromium" "Chromium (for the browser tests)"
    command -v curl >/dev/null || need "curl" "curl (for the examples of the documentation)"
    command -v jq >/dev/null || need "jq" "jq (for the examples of the documentation)"
    command -v openssl >/dev/null || need "openssl" "OpenSSL (for the examples of the documentation)"
fi

if [ -n "$packages" ]; then
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
    fi
    if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
        echo "Turash needs these on the machine, and cannot install them here (that takes apt" >&2
        echo "and root or sudo). Install them, then run the same command again:$names" >&2
        exit 1
    fi
    say "Installing$packages"
    # Our services are private ones: the packages must neither create nor start system-wide ones.
    created=""
    if ! has_postgres && [ ! -e /etc/postgresql-common/createcluster.d/turash.conf ]; then
        $as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" |
            $as_root tee /etc/postgresql-common/createcluster.d/turash.conf >/dev/null
        created=/etc/postgresql-common/createcluster.d/turash.conf
    fi
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' | $as_root tee /usr/sbin/policy-rc.d >/dev/null
        $as_root chmod 755 /usr/sbin/policy-rc.d
        created="$created /usr/sbin/policy-rc.d"
    fi
    had_redis=$(command -v redis-server || true)
    status=0
    $as_root apt-get update -qq || status=$?
    # shellcheck disable=SC2086  # a list of words
    [ $status != 0 ] || $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $packages >/dev/null || status=$?
    # shellcheck disable=SC2086
    [ -z "$created" ] || $as_root rm -f $created
    if [ -z "$had_redis" ] && [ -d /run/systemd/system ]; then
        $as_root systemctl disable -q redis-server || true
    fi
    if [ $status != 0 ]; then
        echo "apt-get failed. Install these, then run the same command again:$names" >&2
        exit 1
    fi
fi

# --- Python and front-end packages ------------------------------------------------------------

mkdir -p .local
# A virtual environment does not survive that its folder moves, or that its Python goes.
here=$(pwd -P)
if [ "$(cat .local/venv/turash-home 2>/dev/null)" != "$here" ] || ! "$python" -c "" 2>/dev/null; then
    say "Making the Python environment"
    rm -rf .local/venv
    python3 -m venv .local/venv
    printf '%s' "$here" >.local/venv/turash-home
fi

# stamped NAME FILE...: whether NAME was done with these very files.
stamped() { stamp=.local/venv/turash-$1; shift; [ "$(cat "$@" | cksum)" = "$(cat "$stamp" 2>/dev/null)" ]; }
stamp() { stamp=.local/venv/turash-$1; shift; cat "$@" | cksum >"$stamp"; }

# What the tests need includes what the rest needs.
if ! stamped packages requirements-setup.lock $lock &&
    ! stamped packages requirements-setup.lock requirements-dev.lock; then
    say "Installing Python packages"
    "$python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements-setup.lock
    # Compiled now, once: where Python is told to write no bytecode each process would do it again.
    "$python" -m uv pip install -q --python "$python" --compile-bytecode --require-hashes -r $lock
    stamp packages requirements-setup.lock $lock
fi

frontend=turash/local/frontend
frontend_files="$frontend/package-lock.json $frontend/__main__.py $frontend/land.py $frontend/cut_land.mjs"
# shellcheck disable=SC2086  # a list of files
if ! stamped frontend $frontend_files || [ ! -d .local/static/vendor ] || [ ! -e .local/land.mbtiles ]; then
    say "Fetching front-end packages, cutting the map"
    "$python" -m turash.local.frontend
    # shellcheck disable=SC2086
    stamp frontend $frontend_files
fi

places_files="turash/local/places/requirements.lock turash/local/places/__main__.py turash/places.py"
# shellcheck disable=SC2086
if ! stamped places $places_files || [ ! -e .local/places.sqlite3 ]; then
    say "Fetching the places of the world"
    "$python" -m turash.local.places
    # shellcheck disable=SC2086
    stamp places $places_files
fi

for catalogue in turash/locale/*/LC_MESSAGES/django.po; do
    [ -e "$catalogue" ] || continue
    compiled=${catalogue%.po}.mo
    if [ ! -e "$compiled" ] || [ -n "$(find "$catalogue" -newer "$compiled")" ]; then
        msgfmt -o "$compiled" "$catalogue"
    fi
done
