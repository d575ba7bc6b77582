# What one does with Turash; `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests demo run test bench bench-admin bench-api bench-events bench-imports bench-matching bench-pages bench-peers bench-plans bench-quality bench-tiles screenshots fuzz soak check format lock messages stop clean

PYTHON := .local/venv/bin/python
PACKAGES := turash organizations matching proposals exchanges plans webhooks imports maps

# Tests start dozens of processes: each would compile the project again where none may keep it.
test: export PYTHONDONTWRITEBYTECODE =

help: ## List what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## Install what is missing on this machine
	@sh turash/local/setup.sh

setup-tests:
	@sh turash/local/setup.sh --tests

demo: setup ## Start Turash with the demo region; Ctrl-C stops it
	@exec $(PYTHON) manage.py demo

test: setup-tests ## Run all tests, browser tests included
	@$(PYTHON) -m pytest --numprocesses auto --maxprocesses 4

bench: bench-admin bench-api bench-events bench-imports bench-matching bench-pages bench-peers bench-plans bench-quality bench-tiles ## Measure, each against a baseline of the same run

bench-admin: setup-tests ## Measure the admin's pages with a million flows in the database
	@$(PYTHON) -m tests.bench.admin

bench-api: setup-tests ## Measure the API with a million flows in the database
	@$(PYTHON) -m tests.bench.api

bench-events: setup-tests ## Measure events: publishing, throughput, latency, websockets, idle load
	@$(PYTHON) -m tests.bench.events
	@$(PYTHON) -m tests.bench.latency
	@$(PYTHON) -m tests.bench.sockets

bench-imports: setup-tests ## Measure files: a million rows looked at, a hundred thousand imported and exported
	@$(PYTHON) -m tests.bench.imports

bench-matching: setup-tests ## Measure matching: all at once, flow by flow, and from saving to the browser
	@$(PYTHON) -m tests.bench.matching
	@$(PYTHON) -m tests.bench.saving

bench-pages: setup-tests ## Measure people's pages with a million flows in the database, against an empty one
	@$(PYTHON) -m tests.bench.pages

bench-peers: setup-tests ## Compare a run of all matches with independent programs of equal result
	@$(PYTHON) -m tests.bench.peers

bench-plans: setup-tests ## Measure exchange plans: the best quantities, against other ways to find them
	@$(PYTHON) -m tests.bench.plans

bench-quality: setup-tests ## Measure how long it takes to look at the quality of data
	@$(PYTHON) -m tests.bench.quality

bench-tiles: setup-tests ## Measure the map with a million flows: tiles by zoom, features, areas
	@$(PYTHON) -m tests.bench.tiles

screenshots: setup-tests ## Take a picture of every page, in both themes, at three widths: screenshots/index.html
	@$(PYTHON) -m tests.screenshots

fuzz: setup-tests ## Send ten thousand requests at random to a running server, by the schema
	@$(PYTHON) -m tests.fuzz

soak: setup-tests ## Kill everything at random, 200 times, while events flow (half an hour)
	@$(PYTHON) -m tests.soak.storm --publisher queue
	@$(PYTHON) -m tests.soak.storm --publisher streams

check: setup-tests ## Lint, types, import contracts, migrations, deployment settings
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PYTHON) manage.py services start
	$(PYTHON) manage.py makemigrations --check --dry-run
	HTTPS=true ALLOWED_HOSTS=turash.example $(PYTHON) manage.py check --deploy --fail-level WARNING
	@find templates -name '*.html' -print0 | xargs -0 .local/venv/bin/djade --target-version 5.2 --check
	@for catalogue in turash/locale/*/LC_MESSAGES/django.po; do \
		msgfmt --check -o /dev/null $$catalogue; \
		test -z "$$(msgattrib --untranslated --no-obsolete $$catalogue; msgattrib --only-fuzzy --no-obsolete $$catalogue)" \
			|| { echo "$$catalogue: texts lack a translation"; exit 1; }; done
	@for script in turash/local/setup.sh .ci/run; do sh -n $$script; done

format: setup-tests ## Put code and templates into shape
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	@find templates -name '*.html' -print0 | xargs -0 .local/venv/bin/djade --target-version 5.2

lock: setup-tests ## Pin the newest packages that pyproject.toml allows
	$(PYTHON) -m turash.local.lock

messages: setup ## Collect the texts to translate
	$(PYTHON) manage.py makemessages -l ru -l tt --no-location --ignore .local

stop: ## Stop the private PostgreSQL and Redis
	@$(PYTHON) manage.py services stop

clean: stop ## Remove everything that set-up and demo have made
	rm -rf .local .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache screenshots
