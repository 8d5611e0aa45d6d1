# make demo: a catalog of all three sources, searched on this machine.  make test: all that needs no browser.
.PHONY: demo serve-all test test-clients test-qgis lint bench samples clean
.DELETE_ON_ERROR:
bin := .venv/bin
ready := .venv/ready

demo: $(ready)
	@tools/install-postgis
	$(bin)/tercet demo $(ARGS)

# all that docker/compose.yaml starts, without an engine
PORT ?= 8080
serve-all: $(ready)
	@tools/install-postgis
	@tools/make-clients
	@tools/serve-all $(PORT)

# one worker more than there are cores: some tests wait for servers
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
test: lint
	@tools/install-postgis
	$(bin)/pytest -n $(WORKERS) --dist worksteal -m "not clients and not qgis" $(ARGS)
	tools/test-wheel

# the catalog in STAC Browser, in Debian's GDAL and before stac-api-validator, as far as they can be installed
test-clients: $(ready)
	@tools/install-postgis
	@tools/make-clients
	$(bin)/pytest -n 2 --dist loadfile -m clients tests/clients $(ARGS)

# the catalog in Debian's QGIS: half a gigabyte to install
test-qgis: $(ready)
	@tools/install-postgis
	@tools/make-clients qgis
	$(bin)/pytest -m qgis tests/clients $(ARGS)

lint: $(ready)
	$(bin)/ruff format --check .
	$(bin)/ruff check .
	$(bin)/mypy
	$(bin)/lint-imports

# one of benchmarks/: make bench BENCH=footprints
BENCH ?= harvest
bench: $(ready)
	@tools/install-postgis
	$(bin)/python benchmarks/$(BENCH).py $(ARGS)

# what becomes of recorded answers, file by file: make samples FOLDER=path
samples: $(ready)
	$(bin)/python -m tests.samples_table $(FOLDER)

# not the database: `tercet db destroy` removes that
clean:
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

$(ready): pyproject.toml tools/make-venv
	@tools/make-venv
	@touch $@
